"""What one poll could see, and what a listing says of partitions and of the share of nodes."""

from enum import StrEnum
from functools import cached_property

from msgspec import Struct

from cluster_status.domain.slurm.cluster_state import NodeGroup
from cluster_status.domain.status.cause import Cause
from tests.property.fleet.world.runs import Run
from tests.property.fleet.world.truth import DAY, HOUR, Partition, Truth

DEGRADED_BELOW = 0.5  # the default of the input
LONG_OUT = 30 * DAY
_UNSURE = HOUR  # the documents do not say to the minute when a node has been out for long
_SERVING = frozenset(
    {NodeGroup.IDLE, NodeGroup.ALLOCATED, NodeGroup.RESERVED, NodeGroup.POWERED_DOWN, NodeGroup.DRAINING}
)


class Loss(StrEnum):
    """Why no new job can start in a partition."""

    NOT_UP = "not up"
    NO_NODES = "no node in service"
    DRAINING = "all nodes drain"
    MAINTENANCE = "in maintenance"


class Share(Struct, frozen=True):
    """The part of the nodes that count that is in service, and that is so or in maintenance."""

    serving: float
    explained: float


class Listing:
    """What Slurm lists in one state of the cluster; it is read once, and used until the state changes."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._shares: dict[object, list[Share]] = {}
        self._losses = {one.name: _loss(one, truth) for one in truth.partitions}
        groups = list(truth.groups.values())
        self.total = len(groups)
        self.held = groups.count(NodeGroup.RESERVED)
        self.in_maintenance = groups.count(NodeGroup.MAINTENANCE)
        self.is_starting = 2 * groups.count(NodeGroup.UNKNOWN) > self.total
        serving = [group for group in groups if group in _SERVING]
        self.serving = len(serving)
        self.drains = bool(serving) and all(group is NodeGroup.DRAINING for group in serving)

    @cached_property
    def nodes(self) -> frozenset[str]:
        return frozenset(self._truth.groups)

    def loss(self, partition: Partition, at: int) -> Loss | None:
        loss, is_maintenance = self._losses[partition.name]
        if loss is None or is_maintenance is None:
            return loss
        is_reserved = partition.nodes <= _reserved(self._truth, at)
        return Loss.MAINTENANCE if is_maintenance or is_reserved else loss

    def shares(self, second: int, *not_counted: frozenset[str]) -> list[Share]:
        """Return the share without each of these sets, just before and after nodes are long out."""
        key = second // HOUR, not_counted
        if key not in self._shares:
            self._shares = {
                key: [
                    self._share(nodes, second - LONG_OUT + slack)
                    for nodes in dict.fromkeys(not_counted)
                    for slack in (-_UNSURE, _UNSURE)
                ]
            }
        return self._shares[key]

    def _share(self, not_counted: frozenset[str], long_out_before: int) -> Share:
        out = self._truth.out_since
        counting = [
            group
            for node, group in self._truth.groups.items()
            if node not in not_counted and out.get(node, long_out_before) >= long_out_before
        ]
        if not counting:
            return Share(1, 1)
        serving = sum(group in _SERVING for group in counting)
        explained = serving + counting.count(NodeGroup.MAINTENANCE)
        return Share(serving / len(counting), explained / len(counting))


def _loss(partition: Partition, truth: Truth) -> tuple[Loss | None, bool | None]:
    """Return the loss, and whether all nodes are in maintenance; None if it is certain that they are not."""
    groups = [truth.groups[node] for node in partition.nodes]
    serving = [group for group in groups if group in _SERVING]
    is_maintenance = None if serving else all(group is NodeGroup.MAINTENANCE for group in groups)
    if partition.availability != "up":
        return Loss.NOT_UP, is_maintenance
    if not serving:
        return Loss.NO_NODES, is_maintenance
    return (Loss.DRAINING if all(group is NodeGroup.DRAINING for group in serving) else None), None


def _reserved(truth: Truth, at: int) -> frozenset[str]:
    running = (one for one in truth.reservations if one.begin <= at and (one.end is None or at < one.end))
    return frozenset[str]().union(*(one.nodes for one in running))


class Reading(Struct, frozen=True):
    """`at` is the time of the runner's clock. `lists` says that Slurm listed the nodes, and knew them."""

    at: int
    second: int
    truth: Truth
    listing: Listing
    failure: Cause | None
    lists: bool
    online: bool


class Reader:
    """Keeps the last listing."""

    def __init__(self) -> None:
        self._version = -1
        self._listing: Listing | None = None

    def read(self, run: Run, truth: Truth) -> Reading:
        if self._listing is None or truth.version != self._version:
            self._version, self._listing = truth.version, Listing(truth)
        lists = run.online and truth.failure is None and not self._listing.is_starting
        return Reading(run.clock, run.second, truth, self._listing, truth.failure, lists, run.online)
