"""What the product's probe brings back from a cluster in this state."""

from datetime import UTC, datetime

from cluster_status.domain.slurm import cluster_state as slurm
from cluster_status.domain.slurm.cluster_state import ClusterState, MaintenanceListing, NodeCounts, NodeGroup
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from tests.property.fleet.world.faults import OUTAGES
from tests.property.fleet.world.runs import Run
from tests.property.fleet.world.truth import Partition, Reservation, Truth

_AT_THE_LOGIN = frozenset({Cause.LOGINS_CLOSED})
_BEFORE_THE_LOGIN = frozenset({*OUTAGES, Cause.HOST_KEY, Cause.JUMP_HOST})


class FleetProbe:
    """Keeps the last state, because it rarely changes from poll to poll."""

    def __init__(self) -> None:
        self._key: object = None
        self._state = ClusterState()

    def probe(self, run: Run, truth: Truth, usual: tuple[str, ...] | None) -> ProbeResult:
        """Return the result; `usual` are the partitions whose nodes do not count; None at the first poll."""
        if not run.online:
            return ProbeResult(outcome=ProbeFailure(Cause.TIMEOUT), runner_online=False)
        if truth.failure in _BEFORE_THE_LOGIN:
            return ProbeResult(outcome=ProbeFailure(truth.failure), reached=truth.failure is Cause.HOST_KEY)
        if truth.failure in _AT_THE_LOGIN:
            return ProbeResult(outcome=ProbeFailure(truth.failure), reached=True, credential_offered=True)
        return ProbeResult(
            outcome=ProbeFailure(truth.failure) if truth.failure else self._listed(truth, usual),
            reached=True,
            credential_offered=True,
            logged_in=True,
        )

    def _listed(self, truth: Truth, usual: tuple[str, ...] | None) -> ClusterState:
        if usual is None:
            usual = tuple(one.name for one in truth.partitions if _is_out(one, truth))
        key = truth.version, usual
        if key != self._key:
            self._key, self._state = key, cluster_state(truth, usual)
        return self._state


def cluster_state(truth: Truth, usual: tuple[str, ...]) -> ClusterState:
    everything = frozenset(truth.groups)
    counted = [one for one in truth.partitions if one.name not in usual]
    counting = frozenset[str]().union(*(one.nodes for one in counted))
    out = [(since, node) for node, since in truth.out_since.items() if node in counting]
    return ClusterState(
        partitions=tuple(_partition(one, truth) for one in truth.partitions),
        nodes=_counts(everything, truth),
        named=tuple(one.name for one in truth.partitions if one.named),
        patterns=tuple(one.name for one in truth.partitions if one.named),
        maintenance=MaintenanceListing(
            tuple(sorted((_reservation(one) for one in truth.reservations), key=lambda one: one.begin))
        ),
        partition_nodes={one.name: one.nodes for one in truth.partitions},
        counting=None if counting == everything else _counts(counting, truth),
        counted=() if counting == everything else tuple(one.name for one in counted),
        out_since=tuple((_instant(since), 1) for since, _ in sorted(out)),
    )


def _is_out(one: Partition, truth: Truth) -> bool:
    return one.availability != "up" or not any(truth.groups[node] in slurm.IN_SERVICE for node in one.nodes)


def _partition(one: Partition, truth: Truth) -> slurm.Partition:
    limit = (
        "infinite" if one.limit_hours is None else f"{one.limit_hours // 24}-{one.limit_hours % 24:02}:00:00"
    )
    return slurm.Partition(one.name, one.default, one.availability, limit, _counts(one.nodes, truth))


def _counts(nodes: frozenset[str], truth: Truth) -> NodeCounts:
    numbers = dict.fromkeys(NodeGroup, 0)
    for node in nodes:
        numbers[truth.groups[node]] += 1
    return NodeCounts(total=len(nodes), **{group.value: number for group, number in numbers.items()})


def _reservation(one: Reservation) -> slurm.Reservation:
    return slurm.Reservation(
        name=one.name,
        begin=_instant(one.begin),
        end=None if one.end is None else _instant(one.end),
        nodes=len(one.nodes),
        node_names=one.nodes,
        recurring=one.recurring,
        all_nodes=one.all_nodes,
    )


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
