from itertools import product

import pytest

from cluster_status.domain.notification.event import TRANSITIONS, Event, event_between
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.status.verdict import Verdict
from tests.unit.domain.build import ONLINE, period, verdict_of
from tests.unit.domain.course import events_of

TIMEOUT = verdict_of(Cause.TIMEOUT)
REFUSED = verdict_of(Cause.REFUSED)
UNKNOWN = verdict_of(Cause.HOST_KEY)
CONFIRMED = (Status.ONLINE, Status.DEGRADED, Status.MAINTENANCE, Status.OFFLINE)
CAUSES_OF_UNKNOWN = [cause for cause, info in CAUSES.items() if info.status is Status.UNKNOWN]


# Changes of the status


def test_the_table_of_transitions_is_total() -> None:
    pairs = {(before, after) for before, row in TRANSITIONS.items() for after in row}
    assert pairs == {*product((None, *CONFIRMED), CONFIRMED)}


@pytest.mark.parametrize(("before", "after"), [*product(CONFIRMED, repeat=2)])
def test_each_change_has_the_event_of_its_direction(before: Status, after: Status) -> None:
    was_down = before in {Status.MAINTENANCE, Status.OFFLINE}
    expected = {
        Status.ONLINE: Event.RECOVERY,
        Status.DEGRADED: Event.PARTIAL_RECOVERY if was_down else Event.DEGRADED,
        Status.MAINTENANCE: Event.MAINTENANCE_STARTED,
        Status.OFFLINE: Event.OUTAGE,
    }
    assert TRANSITIONS[before][after] is (None if before is after else expected[after])


@pytest.mark.parametrize("status", CONFIRMED)
def test_the_first_status_is_the_initial_event(status: Status) -> None:
    assert event_between(StatusTracker(), StatusTracker(period(status))) is Event.INITIAL


@pytest.mark.parametrize("status", CONFIRMED)
def test_the_first_known_status_after_one_of_a_later_version_is_the_initial_event(status: Status) -> None:
    later = StatusTracker(period(Status("paused")))
    assert event_between(later, StatusTracker(period(status))) is Event.INITIAL


def test_an_event_occurs_in_the_poll_that_confirms_the_change() -> None:
    assert events_of(ONLINE, TIMEOUT, TIMEOUT, TIMEOUT, ONLINE) == [
        Event.INITIAL,
        None,
        Event.OUTAGE,
        None,
        Event.RECOVERY,
    ]


def test_a_new_cause_of_the_same_status_is_no_event() -> None:
    assert events_of(REFUSED, TIMEOUT, verdict_of(Cause.DNS), REFUSED)[1:] == [None] * 3


# An unknown status


@pytest.mark.parametrize("cause", CAUSES_OF_UNKNOWN)
def test_the_monitor_is_lost_once_by_three_unknown_polls_in_a_row(cause: Cause) -> None:
    events = [Event.INITIAL, None, None, Event.MONITOR_LOST, *[None] * 6]
    assert events_of(ONLINE, *[verdict_of(cause)] * 9) == events


def test_the_cause_of_unknown_polls_may_change() -> None:
    assert events_of(ONLINE, *map(verdict_of, CAUSES_OF_UNKNOWN))[3] is Event.MONITOR_LOST


def test_the_monitor_is_not_lost_before_the_first_status() -> None:
    assert set(events_of(*[UNKNOWN] * 9)) == {None}


@pytest.mark.parametrize("known", [ONLINE, TIMEOUT])
def test_one_known_poll_restarts_the_count_of_unknown_polls(known: Verdict) -> None:
    assert Event.MONITOR_LOST not in events_of(ONLINE, UNKNOWN, UNKNOWN, known, UNKNOWN, UNKNOWN)


def test_the_monitor_is_restored_once_and_only_if_it_was_lost() -> None:
    assert events_of(ONLINE, *[UNKNOWN] * 3, ONLINE, ONLINE)[4:] == [Event.MONITOR_RESTORED, None]
    assert events_of(ONLINE, *[UNKNOWN] * 2, ONLINE)[-1] is None


def test_a_change_of_the_status_replaces_the_restored_monitor() -> None:
    assert events_of(ONLINE, *[UNKNOWN] * 3, REFUSED, ONLINE)[4:] == [Event.OUTAGE, Event.RECOVERY]


def test_a_pending_status_does_not_restore_the_monitor() -> None:
    events = events_of(ONLINE, *[UNKNOWN] * 3, TIMEOUT, *[UNKNOWN] * 3, ONLINE)
    assert events[4:] == [None, None, None, None, Event.MONITOR_RESTORED]


def test_the_monitor_can_be_lost_again() -> None:
    assert events_of(ONLINE, *[UNKNOWN] * 3, ONLINE, *[UNKNOWN] * 3)[-1] is Event.MONITOR_LOST
