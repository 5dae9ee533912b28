from collections.abc import Sequence
from itertools import takewhile

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.notification.transitions import TRANSITIONS, Event
from cluster_status.domain.status.cause import CAUSES, Status
from cluster_status.domain.status.verdict import Verdict
from tests.property import draw
from tests.property.steady import steady_courses
from tests.unit.domain.build import NOON, noon_plus
from tests.unit.domain.course import course, told


@steady_courses
@given(draw.courses(), st.integers(1, 4))
def test_the_status_changes_exactly_when_enough_polls_agree(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    believed: Status | None = None
    for number, step in enumerate(course(*verdicts, confirm_after=confirm_after), 1):
        latest = verdicts[number - 1]
        needed = confirm_after if latest.cause and CAUSES[latest.cause].needs_confirmation else 1
        if latest.status is not Status.UNKNOWN and agreeing(verdicts[:number]) >= needed:
            believed = latest.status
        assert step.statuses[1] is believed


def agreeing(verdicts: Sequence[Verdict]) -> int:
    """Count the latest polls that saw the same status, not minding those that could not tell."""
    told = [verdict.status for verdict in verdicts if verdict.status is not Status.UNKNOWN]
    return len(list(takewhile(lambda status: status is told[-1], reversed(told))))


@steady_courses
@given(draw.courses(), st.integers(1, 4))
def test_a_change_is_told_in_the_poll_that_confirms_it_and_nowhere_else(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    changes = {event for row in TRANSITIONS.values() for event in row.values() if event}
    for step in course(*verdicts, confirm_after=confirm_after):
        before, after = step.statuses
        if after and step.changed:
            assert step.event is TRANSITIONS[before][after]
        else:
            assert step.event not in changes


@steady_courses
@given(draw.courses(), st.integers(1, 4))
def test_not_to_know_never_changes_the_status(verdicts: list[Verdict], confirm_after: int) -> None:
    steps = course(*verdicts, confirm_after=confirm_after)
    in_unknown = [
        step for step, verdict in zip(steps, verdicts, strict=True) if verdict.status is Status.UNKNOWN
    ]
    assert [step for step in in_unknown if step.after.confirmed != step.before.confirmed] == []


@steady_courses
@given(draw.courses(), st.integers(1, 4))
def test_not_to_know_is_told_only_after_three_polls_in_a_row(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    for number, step in enumerate(course(*verdicts, confirm_after=confirm_after), 1):
        if step.event is Event.MONITOR_LOST:
            latest = [verdict.status for verdict in verdicts[:number][-3:]]
            assert latest == [Status.UNKNOWN] * 3


@steady_courses
@given(draw.courses(), st.integers(1, 4))
def test_not_to_know_is_told_once_until_its_end_was_told(verdicts: list[Verdict], confirm_after: int) -> None:
    blind = False
    for event in filter(None, told(*verdicts, confirm_after=confirm_after)):
        assert not (event is Event.MONITOR_LOST and blind)
        assert not (event is Event.MONITOR_RESTORED and not blind)
        blind = event is Event.MONITOR_LOST


@steady_courses
@given(draw.courses(), st.integers(1, 4))
def test_the_status_is_never_unknown_and_never_begins_later_than_now(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    for minute, step in enumerate(course(*verdicts, confirm_after=confirm_after)):
        for held in filter(None, (step.after.confirmed, step.after.pending)):
            assert held.status is not Status.UNKNOWN
            assert NOON <= held.since <= noon_plus(minute)
