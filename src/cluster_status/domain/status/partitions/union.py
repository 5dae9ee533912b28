"""Changes of several partitions that are one event, although one poll confirms only some of them."""

from collections import defaultdict
from collections.abc import Mapping

from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.partitions.problem import finding_of
from cluster_status.domain.status.partitions.state import LOSSES, PartitionState, PartitionStatus, Problem
from cluster_status.domain.status.partitions.tracker import status_for

_IN_SERVICE, _LOST = PartitionStatus.IN_SERVICE, PartitionStatus.LOST

_States = Mapping[str, PartitionState]


def with_shared_nodes(before: _States, after: _States, state: ClusterState) -> dict[str, PartitionState]:
    """Confirm a pending change of partitions that share nodes with one of which it is confirmed.

    The return of a usual one confirms nothing: it is quiet, and does not wait for a second poll.
    """
    nodes, nothing = state.partition_nodes, frozenset[str]()
    confirmed: dict[Problem | None, set[str]] = defaultdict(set)  # nodes
    for name, one in after.items():
        was = before[name].status if name in before else one.status
        if one.status is not was is not PartitionStatus.USUAL and one.status is status_for(one.problem):
            confirmed[one.problem] |= nodes.get(name, nothing)
    states = dict(after)
    for partition in state.partitions if confirmed else ():
        pending = after.get(partition.name, PartitionState())
        is_found = finding_of(partition) is not None and pending.problem is not Problem.NOT_UP
        shared = nodes.get(partition.name, nothing) & confirmed.get(pending.problem, set())
        if pending.polls and is_found and shared:
            states[partition.name] = replace(pending, status=status_for(pending.problem), polls=0)
    return states


def with_last_returns(before: _States, after: _States) -> dict[str, PartitionState]:
    """Delay the returns of the last partitions that are lost until all of them are confirmed."""
    is_one_pending = any(one.status is _LOST and one.problem not in LOSSES for one in after.values())
    if not is_one_pending or any(one.is_out for one in after.values()):
        return dict(after)
    returned = {
        name: replace(one, status=_LOST, polls=1)
        for name, one in after.items()
        if name in before and before[name].status is _LOST and one.status is _IN_SERVICE
    }
    return {**after, **returned}
