"""What reservations take together: all nodes, a part of them, or few."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Self

from msgspec import Struct

from cluster_status.domain.maintenance.window import MOST_JOB_HOURS
from cluster_status.domain.slurm import time_limit
from cluster_status.domain.slurm.cluster_state import ClusterState, Reservation
from cluster_status.domain.text import clean

_ALL_PERCENT = 90
_PART_PERCENT = 10
_NAME_BYTES = 64  # that may be stored
_MOST_PARTITIONS = 10
_HOUR = 3_600


class Scope(Enum):
    ALL_NODES = "all nodes, or 90 % of them"
    PART = "10 % of the nodes, or 90 % of a partition"
    FEW = "few nodes"


class NodeSet(Struct, frozen=True):
    """Nodes as bits of an integer, and the number of nodes whose names are not known."""

    named: int = 0
    unnamed: int = 0

    def __or__(self, other: "NodeSet") -> "NodeSet":
        return NodeSet(self.named | other.named, self.unnamed + other.unnamed)


class Cluster(Struct, frozen=True):
    """The nodes of a cluster and of its partitions; `total` counts those in `counting`: they count."""

    reserved: dict[frozenset[str], int]  # by the names of the nodes
    partitions: dict[str, int]  # nodes by name, the smallest partition first
    job_hours: dict[str, int]
    total: int
    counting: int

    @classmethod
    def of(cls, state: ClusterState, reservations: Sequence[Reservation]) -> Self:
        listed = state.partition_nodes.values() or [one.node_names for one in reservations]
        bits = {name: 1 << place for place, name in enumerate(sorted(frozenset().union(*listed)))}
        sets = {one.node_names for one in reservations}
        partitions = {name: _bits(nodes, bits) for name, nodes in state.partition_nodes.items()}
        counting = 0
        for name in (state.counted if state.counting else ()) or partitions:
            counting |= partitions.get(name, 0)
        return cls(
            {names: _bits(names, bits) for names in sets},
            dict(sorted(partitions.items(), key=lambda item: (item[1].bit_count(), item[0]))),
            {one.name: _hours(one.time_limit) for one in state.partitions},
            (state.counting or state.nodes).total,
            counting or (1 << len(bits)) - 1,
        )

    def nodes_of(self, reservation: Reservation) -> NodeSet:
        if reservation.node_names:
            return NodeSet(self.reserved[reservation.node_names])
        return NodeSet(unnamed=self.total if reservation.all_nodes else reservation.nodes)

    def count(self, nodes: NodeSet) -> int:
        return min(self.total, nodes.named.bit_count() + nodes.unnamed)

    def scope(self, nodes: NodeSet) -> Scope:
        counting = self.count(NodeSet(nodes.named & self.counting, nodes.unnamed))
        share = 100 * counting // self.total if self.total else 0
        if share >= _ALL_PERCENT:
            return Scope.ALL_NODES
        return Scope.PART if share >= _PART_PERCENT or any(self._taken_by(nodes)) else Scope.FEW

    def partitions_in(self, nodes: NodeSet) -> tuple[str, ...]:
        """Name the partitions that lose at least 90 % of their nodes, the smallest first."""
        return tuple(name for name in self._taken_by(nodes) if _is_storable(name))[:_MOST_PARTITIONS]

    def _taken_by(self, nodes: NodeSet) -> Iterator[str]:
        for name, all_ in self.partitions.items():
            if all_ and 100 * (nodes.named & all_).bit_count() >= _ALL_PERCENT * all_.bit_count():
                yield name

    def job_hours_of(self, nodes: NodeSet) -> int:
        """Return the longest time limit of the partitions with one of these nodes."""
        names = [name for name, all_ in self.partitions.items() if nodes.unnamed or all_ & nodes.named]
        return max((self.job_hours.get(name, 0) for name in names or self.job_hours), default=0)


def _bits(names: Iterable[str], bits: dict[str, int]) -> int:
    """Return the nodes as bits; those of no listed partition do not count."""
    return sum(bits.get(name, 0) for name in names)


def _hours(limit: str) -> int:
    """Return the hours of a time limit, rounded up."""
    if limit == time_limit.INFINITE:
        return MOST_JOB_HOURS
    length = time_limit.length(limit)
    return min(MOST_JOB_HOURS, -int(-length.total_seconds() // _HOUR)) if length else 0


def _is_storable(name: str) -> bool:
    return len(name.encode()) <= _NAME_BYTES and clean(name) == name
