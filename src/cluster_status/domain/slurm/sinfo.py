"""Reads the output of sinfo: the partitions, and the nodes of the whole cluster.

Without a partition filter both commands run at once. With one, the first output shows which partitions
exist, and the second command asks for the nodes of those that the filter chooses.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, NodeGroup, Partition
from cluster_status.domain.slurm.commands import split_outputs
from cluster_status.domain.slurm.node_state import group_of
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.time_limit import INFINITE
from cluster_status.errors import UnparsableError

_DEFAULT_MARK = "*"
_NO_NODES = "n/a"
_NAME_LIMIT = 100
# Several times what the largest sites have. Without limits, log, outputs and memory could be flooded.
_ROW_LIMIT = 10_000
_PARTITION_LIMIT = 2_000
_UNKNOWN_STATES_LIMIT = 20
_COUNT = re.compile(r"[0-9]{1,9}")


def parse(output: bytes, boundary: str, redaction: Redaction) -> ClusterState:
    """Read the output of PARTITIONS and TOTAL.

    Raises UnparsableError, which quotes the line, for any line of another format: skipping it could report
    a wrong state.
    """
    by_partition, total = split_outputs(output, boundary, 2, redaction)
    return add_total(parse_partitions(by_partition, redaction), total, redaction)


class Partitions(Struct, frozen=True):
    """The partitions by name as Slurm has it, and the state words that this version does not know."""

    by_name: Mapping[str, Partition]
    unknown_states: tuple[str, ...] = ()

    def chosen(self, partition_filter: PartitionFilter) -> "Partitions":
        return Partitions({name: self.by_name[name] for name in partition_filter.choose(self.by_name)})


def parse_partitions(lines: list[str], redaction: Redaction) -> Partitions:
    """Read the output of PARTITIONS or WITH_HIDDEN."""
    unknown_states: dict[str, None] = {}
    partitions: dict[str, Partition] = {}
    for row in _rows(lines, "name|availability|time limit|nodes|state", redaction):
        _add(partitions, row, redaction)
        _collect_unknown_state(unknown_states, row, redaction)
    return Partitions(partitions, tuple(unknown_states))


def add_total(partitions: Partitions, total: list[str], redaction: Redaction) -> ClusterState:
    """Add the output of TOTAL for these partitions."""
    unknown_states = dict.fromkeys(partitions.unknown_states)
    nodes = NodeCounts()
    for row in _rows(total, "nodes|state", redaction):
        nodes = nodes.plus(row.group, row.nodes)
        _collect_unknown_state(unknown_states, row, redaction)
    listed = sum(partition.nodes.total for partition in partitions.by_name.values())
    if (listed == 0) is not (nodes.total == 0):  # a few nodes may join or leave between the two commands
        raise UnparsableError(
            f"sinfo lists {listed} nodes in partitions, but {nodes.total} in the whole cluster"
        )
    return ClusterState(
        tuple(partitions.by_name.values()),
        nodes,
        tuple(unknown_states),
        slurm_names={one.name: name for name, one in partitions.by_name.items() if one.name != name},
    )


def partition_name(marked: str, redaction: Redaction) -> str:
    """Return the name to show for a partition as sinfo prints it."""
    return redaction.clean_name(marked.removesuffix(_DEFAULT_MARK), limit=_NAME_LIMIT)


class _Row(Struct, frozen=True):
    line: str
    partition: tuple[str, ...]  # name, availability, time limit; empty in the output of TOTAL
    nodes: int
    state: str
    known_group: NodeGroup | None

    @property
    def group(self) -> NodeGroup:
        return self.known_group or NodeGroup.OTHER


def _rows(lines: list[str], shape: str, redaction: Redaction) -> Iterator[_Row]:
    if len(lines) > _ROW_LIMIT:
        raise UnparsableError(f"sinfo printed {len(lines)} rows of {shape}; the limit is {_ROW_LIMIT}")
    for line in lines:
        *partition, count, state = fields = (
            line.split("|") if line.count("|") == shape.count("|") else ["", ""]
        )
        if not (all(fields) and _COUNT.fullmatch(count)):
            raise UnparsableError(f"sinfo printed '{redaction.clean(line)}' where {shape} was expected")
        yield _Row(line, tuple(partition), int(count), state, group_of(state))


def _add(partitions: dict[str, Partition], row: _Row, redaction: Redaction) -> None:
    marked, availability, time_limit = row.partition
    name = marked.removesuffix(_DEFAULT_MARK)
    known = partitions.get(name)
    listed = Partition(
        name=partition_name(marked, redaction),
        default=marked != name,
        availability=redaction.clean_name(availability, limit=_NAME_LIMIT),
        time_limit=time_limit
        if time_limit == INFINITE
        else redaction.clean_name(time_limit, limit=_NAME_LIMIT),
        nodes=known.nodes if known else NodeCounts(),
    )
    if known not in {None, listed}:
        raise UnparsableError(
            f"sinfo lists a partition with different properties in '{redaction.clean(row.line)}'"
        )
    partitions[name] = listed.plus(row.group, row.nodes)
    if len(partitions) > _PARTITION_LIMIT:
        raise UnparsableError(f"sinfo lists more than {_PARTITION_LIMIT} partitions")


def _collect_unknown_state(unknown_states: dict[str, None], row: _Row, redaction: Redaction) -> None:
    if row.known_group is None and row.state != _NO_NODES and len(unknown_states) < _UNKNOWN_STATES_LIMIT:
        unknown_states[redaction.clean_name(row.state)] = None
