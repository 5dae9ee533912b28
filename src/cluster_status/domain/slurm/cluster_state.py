"""A cluster as Slurm lists it: partitions, and their nodes in buckets."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import asdict, replace


class NodeGroup(StrEnum):
    """What a node can be used for now. Every node is in exactly one group."""

    IDLE = "idle"
    ALLOCATED = "allocated"
    RESERVED = "reserved"  # planned, reserved or blocked: no other job can have it
    POWERED_DOWN = "powered_down"  # powers up on demand
    DRAINING = "draining"  # jobs still run, no new ones start
    MAINTENANCE = "maintenance"  # in a MAINT reservation, or rebooting
    DOWN = "down"
    UNKNOWN = "unknown"


IN_SERVICE = frozenset(
    {NodeGroup.IDLE, NodeGroup.ALLOCATED, NodeGroup.RESERVED, NodeGroup.POWERED_DOWN, NodeGroup.DRAINING}
)


class NodeCounts(Struct, frozen=True):
    """How many nodes there are, in all and by bucket."""

    total: int = 0
    idle: int = 0
    allocated: int = 0
    reserved: int = 0
    powered_down: int = 0
    draining: int = 0
    maintenance: int = 0
    down: int = 0
    unknown: int = 0

    def plus(self, group: NodeGroup, nodes: int) -> Self:
        counts = asdict(self)
        counts["total"] += nodes
        counts[group] += nodes
        return type(self)(**counts)

    @property
    def in_service(self) -> int:
        """Only this share is judged: a cluster that is fully allocated is healthy."""
        return sum(getattr(self, group) for group in IN_SERVICE)

    @property
    def missing(self) -> int:
        return self.total - self.in_service

    @property
    def mostly_unknown(self) -> bool:
        """The controller has just started, and has not heard of its nodes yet."""
        return 2 * self.unknown > self.total


class Partition(Struct, frozen=True):
    """One partition; a node counts in each partition it belongs to."""

    name: str
    default: bool
    availability: str  # up, down, drain, inactive
    time_limit: str  # as Slurm writes it: 30:00, 1-00:00:00, infinite
    nodes: NodeCounts = NodeCounts()

    def plus(self, group: NodeGroup, nodes: int) -> Self:
        return replace(self, nodes=self.nodes.plus(group, nodes))


class Gpus(Struct, frozen=True):
    """The GPUs of one type in one partition; `type` is empty where Slurm names none."""

    type: str
    total: int
    idle: int | None  # None where Slurm does not tell


class DrainReason(Struct, frozen=True):
    """Why an administrator took nodes out of service; `node_names` and `set_by` only where they are shown."""

    reason: str
    since: datetime | None
    nodes: int
    node_names: str = ""
    set_by: str = ""


class Reservation(Struct, frozen=True):
    """A maintenance reservation, now or to come."""

    name: str
    begin: datetime
    end: datetime
    nodes: int


class Details(Struct, frozen=True):
    """What else Slurm tells where it is asked for more; whatever could not be had is empty."""

    gpus: dict[str, tuple[Gpus, ...]] = {}  # by name of the partition
    drain_reasons: tuple[DrainReason, ...] = ()  # newest first
    reservations: tuple[Reservation, ...] = ()  # earliest first


class ClusterState(Struct, frozen=True):
    """What one look at Slurm listed.

    `nodes` is the cluster's own total, in which each node counts once: partitions share nodes, so that
    adding them up would not give it. `unrecognised` has the state words this version does not know.
    Where the user chose partitions, they alone are here; `named` has those he named, and `unmatched` the
    names and patterns that chose none.
    """

    partitions: tuple[Partition, ...] = ()
    nodes: NodeCounts = NodeCounts()
    unknown_states: tuple[str, ...] = ()
    details: Details | None = None
    named: tuple[str, ...] = ()
    unmatched_patterns: tuple[str, ...] = ()
