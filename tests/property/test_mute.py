"""In a mute, a channel gets nothing. After it, the channel knows the status."""

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.status.cause import Cause, Status
from tests.property.draw import checked
from tests.property.steady import steady_courses
from tests.unit.domain.build import Setup, delivered, failed, listed, noon_plus, pending, step

POLLS = st.sampled_from(
    (
        listed(idle=4),
        listed(idle=1, down=3),
        checked(listed(idle=4), "/scratch"),
        checked(listed(idle=4)),
        listed(maintenance=4),
        failed(Cause.REFUSED),
        failed(Cause.SINFO_FAILED),
        failed(Cause.SCHEDULER_DOWN),
    )
)
MOST = 30


@steady_courses
@given(st.lists(POLLS, min_size=5, max_size=MOST), st.integers(0, MOST), st.integers(1, MOST))
def test_after_a_mute_a_channel_knows_the_status(results: list[object], begin: int, length: int) -> None:
    history, known = History(), None
    was_lost = False
    for number, result in enumerate(results):
        is_muted = begin <= number < begin + length
        until = noon_plus(5 * (begin + length)) if is_muted else None
        setup = Setup(mute=MuteRequest(until))
        history = step(history, result, noon_plus(5 * number), setup=setup)  # type: ignore[arg-type]
        if history.mute:
            assert all(one.at < history.mute.since for one in pending(history))
            continue
        for one in pending(history):
            was_lost = one.event is Event.MONITOR_LOST
            known = one.period.status if one.period else known
            history = delivered(history, one)
        tracker, damping = history.tracker, history.outbox.channel("discord").damping
        is_known = history.record.polls[-1].status is not Status.UNKNOWN
        if is_known and not was_lost and damping.unstable_since is None:
            assert known == tracker.status
