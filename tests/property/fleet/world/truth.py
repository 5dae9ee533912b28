"""What is really the case at a cluster: the model reads it, the product gets what a probe sees."""

from enum import IntEnum

from msgspec import Struct

from cluster_status.domain.slurm.cluster_state import NodeGroup
from cluster_status.domain.status.cause import Cause

MINUTE, HOUR, DAY = 60, 3_600, 86_400  # all times are Unix times, in seconds


class Condition(IntEnum):
    """What can be true of a node, the strongest first: Slurm prints the strongest one."""

    UNREGISTERED = 0
    DOWN = 1
    DRAINED = 2
    REBOOTING = 3
    DRAINING = 4
    IN_MAINTENANCE = 5
    HELD = 6  # in a reservation without the flag MAINT
    ASLEEP = 7
    BUSY = 8


GROUP_OF = {
    Condition.UNREGISTERED: NodeGroup.UNKNOWN,
    Condition.DOWN: NodeGroup.DOWN,
    Condition.DRAINED: NodeGroup.DOWN,
    Condition.REBOOTING: NodeGroup.MAINTENANCE,
    Condition.DRAINING: NodeGroup.DRAINING,
    Condition.IN_MAINTENANCE: NodeGroup.MAINTENANCE,
    Condition.HELD: NodeGroup.RESERVED,
    Condition.ASLEEP: NodeGroup.POWERED_DOWN,
    Condition.BUSY: NodeGroup.ALLOCATED,
}


class Partition(Struct, frozen=True):
    name: str
    nodes: frozenset[str]
    limit_hours: int | None = 24  # None: no limit
    default: bool = False
    named: bool = False  # by the input `partitions`
    availability: str = "up"


class Reservation(Struct, frozen=True):
    """`maintenance` is the number of the maintenance that it belongs to; 0 for those that are never news."""

    name: str
    begin: int
    end: int | None  # None: open
    nodes: frozenset[str]
    maintenance: int = 0
    recurring: bool = False
    all_nodes: bool = False


class Truth(Struct, frozen=True):
    """The state at one moment; `version` changes with it.

    `failure` is what ends a check; None if Slurm lists the rest. `out_since` has the nodes that are out of
    service.
    """

    version: int
    failure: Cause | None
    partitions: tuple[Partition, ...]
    groups: dict[str, NodeGroup]
    out_since: dict[str, int]
    reservations: tuple[Reservation, ...]
