"""Two channels with different policies, each compared with itself as the only channel."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.outbox import Outbox
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.probe_result import ProbeResult
from tests.property import draw
from tests.property.steady import steady
from tests.unit.domain.build import NOON, Setup, history, step

many = settings(steady, max_examples=100)


class Round(NamedTuple):
    """A poll, and the outcomes of attempts to send to the first and to the second channel."""

    result: ProbeResult
    minutes: int
    outcomes: tuple[list[str], list[str]]


ATTEMPTS = st.lists(st.sampled_from(draw.OUTCOMES), max_size=3)
ROUNDS = st.lists(
    st.builds(
        Round,
        st.sampled_from(draw.RESULTS),
        st.sampled_from([0, 5, 90, -3, -90]),
        st.tuples(ATTEMPTS, ATTEMPTS),
    ),
    min_size=5,
    max_size=40,
)
PAIRS = st.tuples(draw.policies("ops"), draw.policies("users")).filter(
    lambda pair: (pair[0].always, pair[0].live) != (pair[1].always, pair[1].live)
)


class Course:
    """A history with some of the channels."""

    def __init__(self, *policies: ChannelPolicy) -> None:
        self.setup = Setup(channels=policies)
        self.history: History = history()

    def play(self, policies: tuple[ChannelPolicy, ...], one: Round, at: datetime) -> None:
        self.history = step(self.history, one.result, at, setup=self.setup)
        for policy, outcomes in zip(policies, one.outcomes, strict=True):
            for outcome in outcomes if policy in self.setup.channels else ():
                self.history = draw.attempted(self.history, policy, outcome, at)

    @property
    def without_outbox(self) -> History:
        return replace(self.history, outbox=Outbox())


@many
@given(PAIRS, ROUNDS)
def test_a_channel_never_changes_the_state_of_another_one(
    policies: tuple[ChannelPolicy, ChannelPolicy], rounds: list[Round]
) -> None:
    both, alone = Course(*policies), [Course(policy) for policy in policies]
    at = NOON
    for one in rounds:
        at += timedelta(minutes=one.minutes)
        for course in (both, *alone):
            course.play(policies, one, at)
        for policy, course in zip(policies, alone, strict=True):
            state = course.history.outbox.channel(policy.id)
            assert both.history.outbox.channel(policy.id) == state
            assert both.without_outbox == course.without_outbox


@many
@given(draw.policies("ops"), draw.policies("users"), ROUNDS, ROUNDS)
def test_adding_and_removing_a_channel_does_not_change_the_other_one(
    kept: ChannelPolicy, other: ChannelPolicy, first: list[Round], then: list[Round]
) -> None:
    alone, changing = Course(kept), Course(kept)
    at = NOON
    for rounds, setup in ((first, Setup(channels=(other, kept))), (then, Setup(channels=(kept,)))):
        changing.setup = setup
        for one in rounds:
            at += timedelta(minutes=one.minutes)
            for course in (alone, changing):
                course.play((kept, other), one, at)
    assert changing.history.outbox.channel(kept.id) == alone.history.outbox.channel(kept.id)
