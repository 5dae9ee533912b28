from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from itertools import product
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.execution import CommandResult
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, NodeGroup
from cluster_status.domain.slurm.node_state import group_of
from cluster_status.domain.slurm.sinfo import parse
from cluster_status.domain.status.diagnosis import diagnose
from cluster_status.errors import UnparsableError
from tests.property.steady import steady
from tests.unit.domain.build import counts

BOUNDARY = "f4a3e"


Row: TypeAlias = tuple[str, int, str]
"""The name of a partition, a number of nodes, and their state."""


def output_of(rows: list[str]) -> bytes:
    """Return the output with its boundaries; no partition shares a node with another."""
    in_total = ["|".join(row.split("|")[3:]) for row in rows]
    return "\n".join([BOUNDARY, *rows, BOUNDARY, *in_total, BOUNDARY, ""]).encode()


ANY_ROW = st.binary(max_size=20) | st.text("a*|09-\x1b", max_size=20).map(str.encode)


@steady
@given(st.binary() | st.lists(ANY_ROW).map(lambda rows: b"\n".join([b"F", *rows, b"F", *rows[:1], b"F"])))
def test_any_bytes_are_a_cluster_state_or_unparsable(output: bytes) -> None:
    with suppress(UnparsableError):
        assert isinstance(parse(output, "F", PLAIN), ClusterState)


STATES = (
    "idle",
    "mixed$",
    "allocated",
    "reserved",
    "idle~",
    "draining",
    "maint",
    "down*",
    "unknown*",
    "quantum",
)


ROWS = st.lists(st.sampled_from([*product(("batch", "gpu", "long"), (0, 1, 10_000), STATES)]), max_size=12)


@steady
@given(ROWS)
def test_every_node_is_counted(rows: list[Row]) -> None:
    cluster_state = parse(
        output_of([f"{name}|up|30:00|{number}|{state}" for name, number, state in rows]),
        BOUNDARY,
        PLAIN,
    )
    names = dict.fromkeys(name for name, *_ in rows)
    expected = [tally(row for row in rows if row[0] == name) for name in names]
    assert [partition.nodes for partition in cluster_state.partitions] == expected
    assert cluster_state.nodes == tally(rows)
    for nodes in (cluster_state.nodes, *expected):
        assert sum(getattr(nodes, group) for group in NodeGroup) == nodes.total


def tally(rows: Iterable[Row]) -> NodeCounts:
    tallied: Counter[str] = Counter()
    for _, number, state in rows:
        tallied[group_of(state) or NodeGroup.OTHER] += number
    return counts(**tallied)


@steady
@given(st.integers(1, 255), st.binary(), st.binary())
def test_any_stderr_gives_a_printable_detail(exit_status: int, output: bytes, stderr: bytes) -> None:
    detail = diagnose(CommandResult(exit_status, output, stderr), BOUNDARY, PLAIN).detail
    assert len(detail) <= 300
    assert all(character.isprintable() for character in detail)
