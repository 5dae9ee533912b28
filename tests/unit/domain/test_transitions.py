from itertools import product

import pytest

from cluster_status.domain.cause import Status
from cluster_status.domain.transitions import TELLINGS, Telling

CONFIRMED = (Status.ONLINE, Status.DEGRADED, Status.MAINTENANCE, Status.OFFLINE)
CHANGES = [(before, after) for before, after in product(CONFIRMED, repeat=2) if before is not after]


def test_the_table_is_total() -> None:
    assert {(before, after) for before, row in TELLINGS.items() for after in row} == {
        *product((None, *CONFIRMED), CONFIRMED)
    }


@pytest.mark.parametrize("status", CONFIRMED)
def test_nothing_is_told_while_nothing_changes(status: Status) -> None:
    assert TELLINGS[status][status] is None


@pytest.mark.parametrize("status", CONFIRMED)
def test_the_first_status_ever_is_told_as_the_first(status: Status) -> None:
    assert TELLINGS[None][status] is Telling.FIRST


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_every_change_is_told(before: Status, after: Status) -> None:
    partly_back = before in {Status.MAINTENANCE, Status.OFFLINE}
    expected = {
        Status.ONLINE: Telling.RECOVERY,
        Status.DEGRADED: Telling.PARTLY_BACK if partly_back else Telling.IMPAIRED,
        Status.MAINTENANCE: Telling.MAINTENANCE,
        Status.OFFLINE: Telling.OUTAGE,
    }
    assert TELLINGS[before][after] is expected[after]


def test_what_is_no_change_of_status_is_not_in_the_table() -> None:
    in_table = {telling for row in TELLINGS.values() for telling in row.values() if telling}
    assert set(Telling) - in_table == {Telling.BLIND, Telling.SIGHTED, Telling.COMING, Telling.REPEAT}
