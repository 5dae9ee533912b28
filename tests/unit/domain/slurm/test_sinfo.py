from collections.abc import Sequence
from pathlib import Path

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import NodeCounts, Partition
from cluster_status.domain.slurm.sinfo import parse
from cluster_status.errors import UnparsableError
from tests.unit.domain.build import counts

RECORDINGS = Path(__file__).parents[3] / "data" / "sinfo"
BOUNDARY = "f4a3e"
WHOLE = "debug*|up|30:00|8|idle"


def printed(
    by_partition: Sequence[str] = (), total: Sequence[str] | None = None, *, end: str = "\n"
) -> bytes:
    """Return what is printed, with boundaries; without a total, no partition shares a node with another."""
    if total is None:
        total = ["|".join(row.split("|")[3:]) for row in by_partition]
    return end.join([BOUNDARY, *by_partition, BOUNDARY, *total, BOUNDARY, ""]).encode()


def test_the_rows_of_a_partition_are_added_up() -> None:
    cluster_state = parse(
        printed(["debug*|up|30:00|3|idle", "debug*|up|30:00|2|mixed", "debug*|up|30:00|1|idle"]),
        BOUNDARY,
        PLAIN,
    )
    assert cluster_state.partitions == (
        Partition(
            "debug", default=True, availability="up", time_limit="30:00", nodes=counts(idle=4, allocated=2)
        ),
    )


def test_partitions_keep_the_order_in_which_slurm_lists_them() -> None:
    rows = ["z|up|30:00|1|idle", "a|up|30:00|1|idle", "z|up|30:00|1|down"]
    assert [partition.name for partition in parse(printed(rows), BOUNDARY, PLAIN).partitions] == [
        "z",
        "a",
    ]


def test_a_star_marks_the_default_partition_and_is_not_part_of_its_name() -> None:
    rows = ["a|up|30:00|1|idle", "b*|up|30:00|1|idle"]
    marked = {
        partition.name: partition.default for partition in parse(printed(rows), BOUNDARY, PLAIN).partitions
    }
    assert marked == {"a": False, "b": True}


def test_a_node_in_two_partitions_counts_once_in_the_cluster() -> None:
    rows = ["a|up|30:00|1|idle", "b|up|30:00|1|idle"]
    assert parse(printed(rows, ["1|idle"]), BOUNDARY, PLAIN).nodes == counts(idle=1)


@pytest.mark.parametrize("total", [[], ["0|n/a"]])
def test_a_partition_without_nodes_is_listed_without_an_unknown_state(total: list[str]) -> None:
    cluster_state = parse(printed(["empty|up|infinite|0|n/a"], total), BOUNDARY, PLAIN)
    assert cluster_state.partitions == (
        Partition("empty", default=False, availability="up", time_limit="infinite"),
    )
    assert (cluster_state.nodes, cluster_state.unknown_states) == (NodeCounts(), ())


def test_an_output_without_rows_lists_nothing() -> None:
    cluster_state = parse(printed(), BOUNDARY, PLAIN)
    assert (cluster_state.partitions, cluster_state.nodes) == ((), NodeCounts())


def test_an_unknown_state_counts_in_the_other_group_and_is_named_once() -> None:
    cluster_state = parse(
        printed(["a|up|30:00|2|quantum*", "b|up|30:00|2|quantum*"], ["2|quantum*", "1|idle"]),
        BOUNDARY,
        PLAIN,
    )
    assert cluster_state.nodes == counts(other=2, idle=1)
    assert cluster_state.unknown_states == ("quantum*",)


@pytest.mark.parametrize(
    "output",
    [
        b"Welcome!\nNo mining.\n" + printed([WHOLE], ["8|idle"]),
        printed([WHOLE], ["8|idle"]) + b"Goodbye\n\xff\x1b[0m",
        printed([WHOLE], ["8|idle"], end="\r\n"),
    ],
)
def test_what_the_login_prints_around_the_output_is_ignored(output: bytes) -> None:
    assert parse(output, BOUNDARY, PLAIN) == parse(printed([WHOLE], ["8|idle"]), BOUNDARY, PLAIN)


def test_names_from_the_cluster_are_cleaned_and_cut_off() -> None:
    [partition] = parse(printed([f"\x1b[31m{'é' * 500}*|u\tp|30:00|1|idle"]), BOUNDARY, PLAIN).partitions
    assert partition.name == f"{'é' * 99}…"
    assert partition.availability == "u p"


@pytest.mark.parametrize(
    "row",
    [
        "",
        "slurm_load_partitions: something new",
        "debug*|up|30:00|8",
        "debug*|up|30:00|8|idle|n[1-8]",
        "debug*|up|30:00||idle",
        "debug*|up|30:00|-1|idle",
        "debug*|up|30:00|+1|idle",
        "debug*|up|30:00|8.0|idle",
        "debug*|up|30:00| 8|idle",
        "debug*|up|30:00|٨|idle",
        "debug*|up|30:00|1_000|idle",
        "debug*|up|30:00|9999999999|idle",
        "debug*|up|30:00|8|",
        "|up|30:00|8|idle",
        "debug*||30:00|8|idle",
        "debug*|up||8|idle",
        "8|idle",
        "PARTITION|AVAIL|TIMELIMIT|NODES|STATE",
    ],
)
def test_a_row_of_another_format_is_an_error(row: str) -> None:
    with pytest.raises(UnparsableError, match="was expected"):
        parse(printed([WHOLE, row]), BOUNDARY, PLAIN)


@pytest.mark.parametrize("row", ["", "8", "idle", WHOLE, "|idle", "8|", "NODES|STATE", "eight|idle"])
def test_a_row_of_the_total_of_another_format_is_an_error(row: str) -> None:
    with pytest.raises(UnparsableError, match="was expected"):
        parse(printed([], ["8|idle", row]), BOUNDARY, PLAIN)


@pytest.mark.parametrize("row", ["debug*|down|30:00|1|down", "debug*|up|31:00|1|down"])
def test_a_partition_with_two_values_of_a_property_is_an_error(row: str) -> None:
    with pytest.raises(UnparsableError, match="different properties"):
        parse(printed([WHOLE, row]), BOUNDARY, PLAIN)


@pytest.mark.parametrize("kept", range(3))
def test_an_output_that_was_cut_off_is_an_error(kept: int) -> None:
    cut = b"\n".join(printed([WHOLE], ["8|idle"]).splitlines()[: 2 * kept])
    with pytest.raises(UnparsableError, match="incomplete"):
        parse(cut, BOUNDARY, PLAIN)


def test_a_boundary_within_an_output_is_an_error() -> None:
    with pytest.raises(UnparsableError):
        parse(printed([WHOLE, BOUNDARY], ["8|idle"]), BOUNDARY, PLAIN)


def test_an_error_quotes_the_line_cleaned_and_cut_off() -> None:
    with pytest.raises(UnparsableError) as error:
        parse(printed(["a|b\x1b[2J\u202e" + "c" * 100_000]), BOUNDARY, PLAIN)
    assert "'a|b ccc" in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("total", [[], ["0|n/a"]])
def test_nodes_in_a_partition_and_none_in_the_cluster_are_an_error(total: list[str]) -> None:
    with pytest.raises(UnparsableError, match="8 nodes in partitions, but 0 in the whole cluster"):
        parse(printed([WHOLE], total), BOUNDARY, PLAIN)


@pytest.mark.parametrize("by_partition", [[], ["empty|up|infinite|0|n/a"]])
def test_nodes_in_the_cluster_and_none_in_a_partition_are_an_error(by_partition: list[str]) -> None:
    with pytest.raises(UnparsableError, match="0 nodes in partitions, but 8 in the whole cluster"):
        parse(printed(by_partition, ["8|idle"]), BOUNDARY, PLAIN)


@pytest.mark.parametrize("number", [7, 9])
def test_a_node_may_join_or_leave_between_the_two_commands(number: int) -> None:
    assert parse(printed([WHOLE], [f"{number}|idle"]), BOUNDARY, PLAIN).nodes == counts(idle=number)


# Recorded outputs


@pytest.mark.parametrize(
    ("recording", "nodes", "debug"),
    [
        ("all-idle", counts(idle=8), counts(idle=8)),
        (
            "jobs-and-reservations",
            counts(allocated=1, reserved=2, draining=1, maintenance=2, down=2),
            counts(allocated=1, reserved=2, draining=1, maintenance=2, down=2),
        ),
        ("node-not-responding", counts(idle=7, down=1), counts(idle=7, down=1)),
        ("odd-reasons", counts(idle=1, down=7), counts(idle=1, down=7)),
        (
            "power",
            counts(idle=5, allocated=3, powered_down=4, down=4, unknown=3),
            counts(idle=5, allocated=1, powered_down=2),
        ),
        ("invalid-and-unknown", counts(down=12, unknown=3), counts(down=8)),
    ],
)
def test_a_recorded_output_lists_the_nodes_that_were_there(
    recording: str, nodes: NodeCounts, debug: NodeCounts
) -> None:
    cluster_state = parse((RECORDINGS / f"{recording}.txt").read_bytes(), "recorded", PLAIN)
    assert (cluster_state.nodes, cluster_state.unknown_states) == (nodes, ())
    assert cluster_state.partitions[0] == Partition(
        "debug", default=True, availability="up", time_limit="1-00:00:00", nodes=debug
    )


@pytest.mark.parametrize(
    "recording", ["all-idle", "jobs-and-reservations", "node-not-responding", "odd-reasons"]
)
def test_a_recorded_output_lists_each_partition_as_it_was(recording: str) -> None:
    cluster_state = parse((RECORDINGS / f"{recording}.txt").read_bytes(), "recorded", PLAIN)
    listed = {
        one.name: (one.availability, one.time_limit, one.nodes.total) for one in cluster_state.partitions
    }
    assert listed == {
        "debug": ("up", "1-00:00:00", 8),
        "short": ("up", "30:00", 4),
        "long": ("up", "infinite", 4),
        "p_down": ("down", "infinite", 2),
        "p_drain": ("drain", "infinite", 2),
        "p_inact": ("inactive", "infinite", 2),
        "empty": ("up", "infinite", 0),
        "rootonly": ("up", "infinite", 1),
    }


def test_every_recording_is_tested() -> None:
    assert {file.stem for file in RECORDINGS.glob("*.txt")} == {
        "all-idle",
        "invalid-and-unknown",
        "jobs-and-reservations",
        "node-not-responding",
        "odd-reasons",
        "power",
    }


# Limits


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([f"p{number}|up|30:00|1|idle" for number in range(2_001)], "more than 2000 partitions"),
        (["p|up|30:00|1|idle"] * 10_001, "10001 rows"),
    ],
    ids=["partitions", "rows"],
)
def test_more_rows_or_partitions_than_any_cluster_has_are_an_error(rows: list[str], message: str) -> None:
    with pytest.raises(UnparsableError, match=message):
        parse(printed(rows), BOUNDARY, PLAIN)


def test_of_many_unknown_states_twenty_are_named_and_all_are_counted() -> None:
    cluster_state = parse(printed([f"p|up|30:00|1|state{number}" for number in range(100)]), BOUNDARY, PLAIN)
    assert cluster_state.unknown_states == tuple(f"state{number}" for number in range(20))
    assert cluster_state.nodes.other == 100
