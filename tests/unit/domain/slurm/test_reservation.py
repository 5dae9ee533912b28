from collections.abc import Mapping
from datetime import timedelta

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.slurm.reservation import in_partitions, last_instant, parse
from tests.unit.domain.build import NOON, noon_plus

# as Slurm 22.05 prints it
LINE = (
    "ReservationName={name} StartTime={begin} EndTime={end} Duration=02:00:00 Nodes={nodes} NodeCnt=4"
    " CoreCnt=16 Features=(null) PartitionName={partition} Flags={flags} TRES=cpu=16 Users={users}"
    " Groups=(null) Accounts={accounts} Licenses=(null) State=INACTIVE BurstBuffer=(null) Watts=n/a"
    " MaxStartDelay=(null)"
)
NODES = frozenset({"n1", "n2", "n3", "n4"})
GPU, DEBUG = frozenset({"n3", "n4", "n5"}), frozenset({"n1", "n2"})


def line(**changes: str) -> str:
    given = {
        "name": "cooling",
        "begin": "2026-01-31T12:00:00",
        "end": "2026-01-31T14:00:00",
        "nodes": "n[1-4]",
        "partition": "(null)",
        "flags": "MAINT,IGNORE_JOBS,SPEC_NODES",
        "users": "root",
        "accounts": "(null)",
    }
    return LINE.format(**{**given, **changes})


def read(*lines: str) -> list[Reservation]:
    listing = parse(list(lines), PLAIN)
    assert listing.error == ""
    return [one.reservation for one in listing.listed]


def test_a_maintenance_reservation_has_its_times_and_nodes() -> None:
    assert read(line()) == [Reservation("cooling", NOON, noon_plus(120), 4, NODES)]


@pytest.mark.parametrize(
    "flags", ["IGNORE_JOBS", "", "MAINT,TIME_FLOAT", "SPEC_NODES", "ALL_NODES,TIME_FLOAT", "PART_NODES"]
)
def test_reservations_for_other_purposes_are_left_out(flags: str) -> None:
    assert read(line(flags=flags)) == []


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"users": "root,daemon"}, 0),
        ({"users": "jdoe"}, 0),
        ({"users": "(null)", "accounts": "physics"}, 0),
        ({"accounts": "root"}, 0),
        ({"users": "root,daemon", "flags": "MAINT,ALL_NODES"}, 1),
    ],
)
def test_all_nodes_for_root_alone_are_maintenance(changes: dict[str, str], count: int) -> None:
    found = read(line(**{"flags": "SPEC_NODES,ALL_NODES", **changes}))
    assert [one.all_nodes for one in found] == [True] * count


@pytest.mark.parametrize("flag", ["HOURLY", "DAILY", "WEEKDAY", "WEEKEND", "WEEKLY"])
def test_a_reservation_with_such_a_flag_recurs(flag: str) -> None:
    assert [one.recurring for one in read(line(flags=f"MAINT,{flag},SPEC_NODES"), line())] == [True, False]


@pytest.mark.parametrize(
    ("end", "is_open"),
    [("2027-01-31T12:00:00", True), ("2027-01-31T12:00:01", False), ("2028-01-31T12:00:00", False)],
)
def test_a_reservation_of_365_days_has_no_end(end: str, *, is_open: bool) -> None:
    [found] = read(line(end=end))
    assert (found.end is None) is is_open
    assert last_instant(found) >= NOON + timedelta(days=365)


@pytest.mark.parametrize("nodes", ["(null)", "n[1-", "n[1-999999]"])
def test_names_of_nodes_that_cannot_be_read_are_left_out(nodes: str) -> None:
    [found] = read(line(nodes=nodes))
    assert (found.nodes, found.node_names) == (4, frozenset())


def test_the_name_and_the_comment_of_a_reservation_can_contain_anything() -> None:
    [found] = read(line(name="a b\x1b[1m EndTime=never") + " Comment=until EndTime=never Flags=DAILY")
    assert found.name == "a b EndTime=never"
    assert (found.end, found.recurring) == (noon_plus(120), False)


# What cannot be read


def test_no_reservations_are_no_error() -> None:
    assert read("No reservations in the system") == []


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], "scontrol printed nothing"),
        (["", " "], "scontrol printed nothing"),
        (["", "not\x1b allowed", "x"], "scontrol printed 'not allowed'"),
        (["Flags=MAINT"], "scontrol printed 'Flags=MAINT'"),
    ],
)
def test_another_output_is_an_error(lines: list[str], error: str) -> None:
    assert parse(lines, PLAIN).error == error


@pytest.mark.parametrize(
    "changes",
    [{"begin": "Unknown"}, {"end": "2026-01-31T12:00:00"}, {"end": "n/a"}, {"end": "31/01-14:00:00"}],
)
def test_a_maintenance_without_readable_times_is_an_error_and_the_others_are_listed(
    changes: dict[str, str],
) -> None:
    listing = parse([line(**changes), line()], PLAIN)
    assert listing.error.startswith("scontrol printed 'StartTime=")
    assert "cooling" not in listing.error
    assert [one.reservation.name for one in listing.listed] == ["cooling"]


@pytest.mark.parametrize("last", ["StartTime=2026", "PartitionName=(null) ", "Flags=MAI"])
def test_a_reservation_that_is_cut_off_is_an_error_and_the_others_are_listed(last: str) -> None:
    whole = line(name="fire-alarm")
    listing = parse([line(), whole[: whole.index(last) + len(last)]], PLAIN)
    assert listing.error == "scontrol printed a part of a reservation"
    assert [one.reservation.name for one in listing.listed] == ["cooling"]


def test_another_reservation_without_readable_times_is_no_error() -> None:
    assert read(line(flags="SPEC_NODES", begin="Unknown")) == []


@pytest.mark.parametrize("said", ["", "Warning: maintenance", "Flags=MAINT"])
def test_lines_between_reservations_are_left_out(said: str) -> None:
    assert len(read(said, line())) == 1


# The nodes in some partitions


def within(
    *lines: str, nodes: Mapping[str, frozenset[str]], chosen: tuple[str, ...] = ()
) -> list[tuple[int, frozenset[str]]]:
    found = in_partitions(parse(list(lines), PLAIN).listed, nodes, chosen=chosen, total=3)
    return [(one.nodes, one.node_names) for one in found]


def test_a_reservation_has_its_nodes_in_these_partitions() -> None:
    assert within(line(), nodes={"gpu": GPU}) == [(2, frozenset({"n3", "n4"}))]
    assert within(line(), nodes={"gpu": GPU, "debug": DEBUG}) == [(4, NODES)]


def test_a_reservation_without_nodes_in_these_partitions_is_left_out() -> None:
    assert within(line(nodes="n[6-9]"), line(flags="MAINT,ALL_NODES", nodes="n6"), nodes={"gpu": GPU}) == []


def test_a_reservation_of_a_hidden_partition_counts_by_its_nodes() -> None:
    assert within(line(partition="hidden"), nodes={"debug": DEBUG}) == [(2, DEBUG)]


@pytest.mark.parametrize("nodes", [{}, {"gpu": frozenset[str]()}], ids=["not read", "no nodes"])
def test_without_names_a_reservation_has_all_of_its_nodes(nodes: Mapping[str, frozenset[str]]) -> None:
    assert within(line(partition="hidden"), nodes=nodes) == [(4, NODES)]


def test_names_of_a_reservation_that_are_missing_are_not_needed_without_chosen_partitions() -> None:
    assert within(line(nodes="(null)"), nodes={"gpu": GPU}) == [(4, frozenset())]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"partition": "gpu"}, [(4, NODES)]),
        ({"partition": "debug"}, []),
        ({}, []),
        ({"flags": "MAINT,ALL_NODES"}, [(3, frozenset())]),
    ],
)
def test_without_names_a_reservation_has_to_be_for_a_chosen_partition_or_all_nodes(
    changes: dict[str, str], found: list[tuple[int, frozenset[str]]]
) -> None:
    assert within(line(**changes), nodes={}, chosen=("gpu",)) == found


def test_reservations_are_sorted_earliest_first() -> None:
    lines = [
        line(begin="2026-01-31T13:00:00", name="c"),
        line(end="2027-01-31T12:00:00", name="b"),
        line(name="a"),
    ]
    found = in_partitions(parse(lines, PLAIN).listed, {}, chosen=(), total=4)
    assert [one.name for one in found] == ["a", "b", "c"]


def test_reservations_with_the_same_nodes_share_one_set() -> None:
    found = in_partitions(parse([line(), line(name="power")], PLAIN).listed, {"gpu": GPU}, chosen=(), total=4)
    assert found[0].node_names is found[1].node_names
