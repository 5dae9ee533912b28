from itertools import product

import pytest

from cluster_status.domain.notification.transitions import TRANSITIONS, Event
from cluster_status.domain.status.cause import Status

CONFIRMED = (Status.ONLINE, Status.DEGRADED, Status.MAINTENANCE, Status.OFFLINE)
CHANGES = [(before, after) for before, after in product(CONFIRMED, repeat=2) if before is not after]


def test_the_table_is_total() -> None:
    assert {(before, after) for before, row in TRANSITIONS.items() for after in row} == {
        *product((None, *CONFIRMED), CONFIRMED)
    }


@pytest.mark.parametrize("status", CONFIRMED)
def test_nothing_is_told_while_nothing_changes(status: Status) -> None:
    assert TRANSITIONS[status][status] is None


@pytest.mark.parametrize("status", CONFIRMED)
def test_the_first_status_ever_is_told_as_the_first(status: Status) -> None:
    assert TRANSITIONS[None][status] is Event.INITIAL


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_every_change_is_told(before: Status, after: Status) -> None:
    partly_back = before in {Status.MAINTENANCE, Status.OFFLINE}
    expected = {
        Status.ONLINE: Event.RECOVERY,
        Status.DEGRADED: Event.PARTIAL_RECOVERY if partly_back else Event.DEGRADED,
        Status.MAINTENANCE: Event.MAINTENANCE_STARTED,
        Status.OFFLINE: Event.OUTAGE,
    }
    assert TRANSITIONS[before][after] is expected[after]


def test_what_is_no_change_of_status_is_not_in_the_table() -> None:
    in_table = {event for row in TRANSITIONS.values() for event in row.values() if event}
    assert set(Event) - in_table == {
        Event.MONITOR_LOST,
        Event.MONITOR_RESTORED,
        Event.MAINTENANCE_SCHEDULED,
        Event.REMINDER,
    }
