"""A cluster as Slurm lists it: partitions, and their nodes in buckets."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import asdict, replace


class Bucket(StrEnum):
    """What a node is good for at the moment; every node is in exactly one."""

    FREE = "free"
    BUSY = "busy"
    HELD = "held"  # planned, reserved, blocked: somebody's already
    POWER_SAVED = "power_saved"  # wakes up on demand
    DRAINING = "draining"  # jobs still run, no new ones start
    MAINTENANCE = "maintenance"  # in a MAINT reservation, or rebooting
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


IN_SERVICE = frozenset({Bucket.FREE, Bucket.BUSY, Bucket.HELD, Bucket.POWER_SAVED, Bucket.DRAINING})


class NodeCounts(Struct, frozen=True):
    """How many nodes there are, in all and by bucket."""

    total: int = 0
    free: int = 0
    busy: int = 0
    held: int = 0
    power_saved: int = 0
    draining: int = 0
    maintenance: int = 0
    unavailable: int = 0
    unknown: int = 0

    def plus(self, bucket: Bucket, nodes: int) -> Self:
        counts = asdict(self)
        counts["total"] += nodes
        counts[bucket] += nodes
        return type(self)(**counts)

    @property
    def in_service(self) -> int:
        """Only this share is judged: a cluster that is fully allocated is healthy."""
        return sum(getattr(self, bucket) for bucket in IN_SERVICE)

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

    def plus(self, bucket: Bucket, nodes: int) -> Self:
        return replace(self, nodes=self.nodes.plus(bucket, nodes))


class Gpus(Struct, frozen=True):
    """The GPUs of one type in one partition; `type` is empty where Slurm names none."""

    type: str
    total: int
    free: int | None  # None where Slurm does not tell


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


class Listing(Struct, frozen=True):
    """What one look at Slurm listed.

    `nodes` is the cluster's own total, in which each node counts once: partitions share nodes, so that
    adding them up would not give it. `unrecognised` has the state words this version does not know.
    Where the user chose partitions, they alone are here; `named` has those he named, and `unmatched` the
    names and patterns that chose none.
    """

    partitions: tuple[Partition, ...] = ()
    nodes: NodeCounts = NodeCounts()
    unrecognised: tuple[str, ...] = ()
    details: Details | None = None
    named: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
