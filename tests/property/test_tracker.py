from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.notification.event import TRANSITIONS, Event
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.tracker import UNKNOWN_POLLS_BEFORE_NOTIFICATION
from cluster_status.domain.status.verdict import Verdict
from tests.property import draw
from tests.property.steady import steady_courses
from tests.unit.domain.build import NOON, noon_plus
from tests.unit.domain.course import course, events_of

POLLS_TO_CONFIRM = st.integers(1, 4)


@steady_courses
@given(draw.courses(), POLLS_TO_CONFIRM)
def test_the_status_changes_exactly_when_enough_polls_agree(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    confirmed: Verdict | None = None  # the last one with the confirmed status
    latest: Status | None = None
    agreeing = unknown = 0  # polls in a row
    for step, verdict in zip(course(*verdicts, confirm_after=confirm_after), verdicts, strict=True):
        if verdict.status is Status.UNKNOWN:
            unknown += 1
            agreeing = 0 if unknown == UNKNOWN_POLLS_BEFORE_NOTIFICATION else agreeing
        else:
            agreeing = agreeing + 1 if verdict.status is latest else 1
            latest, unknown = verdict.status, 0
            is_same = confirmed is not None and confirmed.status is verdict.status
            if is_same or agreeing >= (confirm_after if needs_confirmation(confirmed, verdict) else 1):
                confirmed = verdict
        assert step.after.status is (confirmed.status if confirmed else None)


def needs_confirmation(confirmed: Verdict | None, verdict: Verdict) -> bool:
    if verdict.cause and CAUSES[verdict.cause].needs_confirmation:
        return True
    to_few = confirmed is not None and verdict.cause is Cause.NODES_DOWN
    from_few = confirmed is not None and confirmed.cause is Cause.NODES_DOWN
    return to_few or (from_few and verdict.cause in {None, Cause.MAINTENANCE})


@steady_courses
@given(draw.courses(), POLLS_TO_CONFIRM)
def test_a_change_is_an_event_only_in_the_poll_that_confirms_it(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    changes = {event for row in TRANSITIONS.values() for event in row.values() if event}
    for step in course(*verdicts, confirm_after=confirm_after):
        if step.after.status and step.changed:
            assert step.event is TRANSITIONS[step.before.status][step.after.status]
        else:
            assert step.event not in changes


@steady_courses
@given(draw.courses(), POLLS_TO_CONFIRM)
def test_an_unknown_status_never_changes_the_confirmed_one(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    steps = course(*verdicts, confirm_after=confirm_after)
    for step, verdict in zip(steps, verdicts, strict=True):
        assert verdict.status is not Status.UNKNOWN or step.after.confirmed == step.before.confirmed


@steady_courses
@given(draw.courses(), POLLS_TO_CONFIRM)
def test_the_monitor_is_lost_only_after_three_unknown_polls_in_a_row(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    for number, step in enumerate(course(*verdicts, confirm_after=confirm_after), 1):
        if step.event is Event.MONITOR_LOST:
            latest = [verdict.status for verdict in verdicts[:number][-3:]]
            assert latest == [Status.UNKNOWN] * 3


@steady_courses
@given(draw.courses(), POLLS_TO_CONFIRM)
def test_the_monitor_is_lost_once_until_the_next_event(verdicts: list[Verdict], confirm_after: int) -> None:
    lost = False
    for event in filter(None, events_of(*verdicts, confirm_after=confirm_after)):
        assert not (event is Event.MONITOR_LOST and lost)
        assert not (event is Event.MONITOR_RESTORED and not lost)
        lost = event is Event.MONITOR_LOST


@steady_courses
@given(draw.courses(), POLLS_TO_CONFIRM)
def test_a_status_is_never_unknown_and_never_begins_in_the_future(
    verdicts: list[Verdict], confirm_after: int
) -> None:
    for minute, step in enumerate(course(*verdicts, confirm_after=confirm_after)):
        for period in filter(None, (step.after.confirmed, step.after.pending)):
            assert period.status is not Status.UNKNOWN
            assert NOON <= period.since <= noon_plus(minute)
