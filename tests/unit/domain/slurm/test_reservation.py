from datetime import timedelta

import pytest

from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.slurm.reservation import coming, current, parse
from tests.unit.domain.build import NOON, noon_plus, reserved

# as Slurm 22.05 prints it
LINE = (
    "ReservationName={name} StartTime={begin} EndTime={end} Duration=02:00:00 Nodes=n[1-4] NodeCnt=4"
    " CoreCnt=16 Features=(null) PartitionName={partition} Flags={flags} TRES=cpu=16 Users=root"
    " Groups=(null) Accounts=(null) Licenses=(null) State=INACTIVE BurstBuffer=(null) Watts=n/a"
    " MaxStartDelay=(null)"
)


def line(**changes: str) -> str:
    given = {
        "name": "cooling",
        "begin": "2026-01-31T12:00:00",
        "end": "2026-01-31T14:00:00",
        "partition": "(null)",
        "flags": "MAINT,IGNORE_JOBS,SPEC_NODES",
    }
    return LINE.format(**{**given, **changes})


def test_maintenance_reservations_are_sorted_earliest_first() -> None:
    later = line(begin="2026-01-31T13:00:00", name="power")
    assert parse([later, line()], []) == (
        Reservation("cooling", NOON, noon_plus(120), 4),
        Reservation("power", noon_plus(60), noon_plus(120), 4),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": "IGNORE_JOBS"},
        {"flags": ""},
        {"flags": "MAINT,TIME_FLOAT"},
        {"begin": "Unknown"},
        {"end": "2026-01-31T12:00:00"},
        {"end": "n/a"},
        {"partition": "debug"},
    ],
)
def test_reservations_of_other_flags_partitions_or_unknown_times_are_left_out(
    changes: dict[str, str],
) -> None:
    assert parse([line(**changes)], ["batch"]) == ()


def test_a_reservation_for_a_listed_partition_is_included() -> None:
    assert len(parse([line(partition="batch")], ["batch"])) == 1


@pytest.mark.parametrize("said", ["", "No reservations in the system", "ReservationName=x", "Flags=MAINT"])
def test_lines_of_another_format_are_left_out(said: str) -> None:
    assert parse([said, line()], []) == (reserved(NOON),)


def test_the_name_of_a_reservation_can_contain_anything() -> None:
    [found] = parse([line(name="a b\x1b[1m EndTime=never")], [])
    assert found.name == "a b [1m EndTime=never"


def test_of_several_active_reservations_the_largest_is_current() -> None:
    small, large, over = reserved(NOON, nodes=1), reserved(NOON, nodes=9), reserved(NOON, hours=0.5, nodes=99)
    assert current([small, large, over], noon_plus(30)) == large
    assert current([small, large, over], noon_plus(120)) is None


@pytest.mark.parametrize(("minutes", "is_coming"), [(-1, False), (0, True), (1_439, True), (1_440, False)])
def test_a_reservation_is_coming_from_a_day_before_until_it_begins(minutes: int, *, is_coming: bool) -> None:
    tomorrow = reserved(NOON + timedelta(days=1))
    assert (coming([tomorrow], noon_plus(minutes), notified=()) == tomorrow) is is_coming


def test_reservations_at_the_same_times_count_as_one_with_all_nodes() -> None:
    together = [reserved(noon_plus(60), nodes=3), reserved(noon_plus(60), name="power", nodes=5)]
    found = coming(together, NOON, notified=())
    assert found
    assert found.nodes == 8
