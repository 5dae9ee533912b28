"""A cluster as Slurm lists it: partitions, and their nodes by group."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import asdict, replace


class NodeGroup(StrEnum):
    """What a node can be used for. Every node is in exactly one group."""

    IDLE = "idle"
    ALLOCATED = "allocated"
    RESERVED = "reserved"  # planned, reserved or blocked: other jobs cannot use it
    POWERED_DOWN = "powered_down"  # powers up on demand
    DRAINING = "draining"  # jobs still run, no new ones start
    MAINTENANCE = "maintenance"  # in a MAINT reservation, or rebooting
    DOWN = "down"
    UNKNOWN = "unknown"  # the node has not registered with the controller
    OTHER = "other"  # a state that has no effect on the verdict, or a word that this version does not know


IN_SERVICE = frozenset(
    {NodeGroup.IDLE, NodeGroup.ALLOCATED, NodeGroup.RESERVED, NodeGroup.POWERED_DOWN, NodeGroup.DRAINING}
)


class NodeCounts(Struct, frozen=True):
    """Number of nodes, in total and by group."""

    total: int = 0
    idle: int = 0
    allocated: int = 0
    reserved: int = 0
    powered_down: int = 0
    draining: int = 0
    maintenance: int = 0
    down: int = 0
    unknown: int = 0
    other: int = 0

    def plus(self, group: NodeGroup, nodes: int) -> Self:
        counts = asdict(self)
        counts["total"] += nodes
        counts[group] += nodes
        return type(self)(**counts)

    def with_reserved_in_maintenance(self) -> Self:
        """Return the counts in a reservation of all nodes, in which other jobs cannot run."""
        return replace(self, maintenance=self.maintenance + self.reserved, reserved=0)

    @property
    def in_service(self) -> int:
        """Nodes that work. A fully allocated cluster is healthy."""
        return sum(getattr(self, group) for group in IN_SERVICE)

    @property
    def missing(self) -> int:
        return self.total - self.in_service

    @property
    def mostly_unknown(self) -> bool:
        """Whether the controller has just started and does not know its nodes yet."""
        return 2 * self.unknown > self.total


class Partition(Struct, frozen=True):
    """One partition. A node counts in each of its partitions."""

    name: str
    default: bool
    availability: str  # up, down, drain, inactive
    time_limit: str  # as Slurm prints it: 30:00, 1-00:00:00, infinite
    nodes: NodeCounts = NodeCounts()

    @property
    def is_up(self) -> bool:
        return self.availability == "up"

    def plus(self, group: NodeGroup, nodes: int) -> Self:
        return replace(self, nodes=self.nodes.plus(group, nodes))


class Gpus(Struct, frozen=True):
    """The GPUs of one type in one partition; `type` is empty if Slurm names none."""

    type: str
    total: int
    idle: int | None  # None if Slurm does not print it


class DrainReason(Struct, frozen=True):
    """Why nodes were taken out of service; `node_names` and `set_by` only if the query asks for them."""

    reason: str
    since: datetime | None
    nodes: int
    node_names: str = ""
    set_by: str = ""
    partitions: frozenset[str] = frozenset()  # names of those that the nodes are in; empty if not known


class Reservation(Struct, frozen=True):
    """A maintenance reservation, active or in the future.

    `nodes` is the number of its nodes in the listed partitions. `node_names` are never stored; they are
    empty if they could not be read.
    """

    name: str
    begin: datetime
    end: datetime | None  # None: open
    nodes: int
    node_names: frozenset[str] = frozenset()
    recurring: bool = False
    all_nodes: bool = False  # it reserves all nodes of the cluster


class MaintenanceListing(Struct, frozen=True):
    """The maintenance reservations that Slurm lists, or why they could not be read."""

    reservations: tuple[Reservation, ...] = ()  # earliest first
    error: str = ""  # cleaned


class Pending(Struct, frozen=True):
    """Jobs that wait for nodes, the nodes that they ask for, and since when the oldest one waits."""

    jobs: int = 0
    nodes: int = 0
    oldest: datetime | None = None

    def plus(self, other: "Pending") -> "Pending":
        oldest = min(filter(None, (self.oldest, other.oldest)), default=None)
        return Pending(self.jobs + other.jobs, self.nodes + other.nodes, oldest)


class Details(Struct, frozen=True):
    """What Slurm lists beyond partitions and nodes; empty where it could not be read."""

    gpus: dict[str, tuple[Gpus, ...]] = {}  # by partition name
    drain_reasons: tuple[DrainReason, ...] = ()  # newest first
    unreadable_gpus: dict[str, int] = {}  # nodes whose GPUs could not be read, by partition name
    pending: dict[str, Pending] = {}  # by partition name, also those without pending jobs


class ClusterState(Struct, frozen=True):
    """What Slurm listed in one probe.

    `nodes` counts each node once. It is not the sum of the partitions, because they can share nodes.
    `unknown_states` are state words that this version does not know. With a partition filter, only the
    chosen partitions are listed: `named` are its plain names, `patterns` all of them, `unmatched_patterns`
    those without a match. `ignored_clusters` is the SLURM_CLUSTERS of the account, if the query ignores it.
    With `login_only`, Slurm was not queried, or not found.

    `maintenance` is None if it was not asked for. `partition_nodes` are the names of the nodes of each listed
    partition; they are never stored, and empty if not read. `counting` are the nodes that count for the share
    in service, those of the partitions `counted`; None: all nodes. `out_since` are groups of these nodes that
    are out of service: since when, and how many. `slurm_names` are the names in Slurm of partitions whose
    name is not shown as it is.
    """

    partitions: tuple[Partition, ...] = ()
    nodes: NodeCounts = NodeCounts()
    unknown_states: tuple[str, ...] = ()
    details: Details | None = None
    named: tuple[str, ...] = ()
    unmatched_patterns: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    ignored_clusters: str = ""
    login_only: bool = False
    maintenance: MaintenanceListing | None = None
    partition_nodes: dict[str, frozenset[str]] = {}
    counting: NodeCounts | None = None
    counted: tuple[str, ...] = ()
    out_since: tuple[tuple[datetime, int], ...] = ()
    slurm_names: dict[str, str] = {}

    def slurm_name(self, shown: str) -> str:
        """Return the name in Slurm of a partition by the name that is shown."""
        return self.slurm_names.get(shown, shown)

    def with_reserved_in_maintenance(self) -> Self:
        """Return the state inside a reservation of all nodes, which may be for root alone."""
        return replace(
            self,
            nodes=self.nodes.with_reserved_in_maintenance(),
            counting=self.counting and self.counting.with_reserved_in_maintenance(),
            partitions=tuple(
                replace(one, nodes=one.nodes.with_reserved_in_maintenance()) for one in self.partitions
            ),
        )
