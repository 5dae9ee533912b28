"""The cause that the nodes of a cluster give: none in service, all draining, a partition lost, or too few."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts
from cluster_status.domain.status.cause import Cause

COUNT_FOR = timedelta(days=30)  # a node that is out of service for longer does not count for the share


def shortage(
    state: ClusterState, *, partition_is_lost: bool, degraded_below: int, at: datetime
) -> Cause | None:
    """Return the cause if nodes are listed; `degraded_below` is in percent."""
    nodes, counting = state.nodes, _counting(state, at)

    def cause_if(*, unknown: str) -> Cause | None:
        """Return the cause if the nodes of which nothing is known yet are in this group."""
        return _cause(
            _resolved(nodes, unknown),
            _resolved(counting, unknown),
            partition_is_lost=partition_is_lost,
            degraded_below=degraded_below,
        )

    cause = cause_if(unknown="unknown")
    if nodes.mostly_unknown or cause is not cause_if(unknown="idle"):
        return Cause.SCHEDULER_STARTING  # it depends on nodes that have not registered yet
    return cause


def _counting(state: ClusterState, at: datetime) -> NodeCounts:
    """Return the nodes that count for the share."""
    nodes = state.nodes if state.counting is None else state.counting
    long_out = sum(number for since, number in state.out_since if at - since >= COUNT_FOR)
    ignored = min(long_out, nodes.down)
    return replace(nodes, total=nodes.total - ignored, down=nodes.down - ignored)


def _resolved(nodes: NodeCounts, unknown: str) -> NodeCounts:
    """Move the unknown nodes; a state word that this version does not know never makes it worse."""
    nodes = replace(nodes, idle=nodes.idle + nodes.other, other=0)
    number, nodes = nodes.unknown, replace(nodes, unknown=0)
    return replace(nodes, **{unknown: getattr(nodes, unknown) + number})


def _cause(
    nodes: NodeCounts, counting: NodeCounts, *, partition_is_lost: bool, degraded_below: int
) -> Cause | None:
    if nodes.in_service == 0:
        of = counting if counting.total else nodes
        mostly = 0 < of.missing <= 2 * of.maintenance  # at any threshold, the rest would be an outage
        is_explained = mostly and _is_explained(of, degraded_below)
        return Cause.MAINTENANCE if is_explained else Cause.NO_NODES_IN_SERVICE
    if nodes.in_service == nodes.draining:
        return Cause.NODES_DRAINING
    if partition_is_lost:
        return Cause.PARTITION_DOWN
    if 100 * counting.in_service < degraded_below * counting.total:
        return Cause.MAINTENANCE if _is_explained(counting, degraded_below) else Cause.NODES_DOWN
    return None


def _is_explained(nodes: NodeCounts, degraded_below: int) -> bool:
    """Return whether maintenance explains the shortage: with its nodes there would be none."""
    return 100 * (nodes.in_service + nodes.maintenance) >= degraded_below * nodes.total
