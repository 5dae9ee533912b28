"""The problem of a partition, as one poll finds it."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, Partition
from cluster_status.domain.status.partitions.state import Problem

_NOT_UP = frozenset({"down", "drain", "inactive"})  # a word that this version does not know is no problem


class Finding(Struct, frozen=True):
    """`availability` is Slurm's word if the partition is not up."""

    problem: Problem | None = None
    availability: str = ""


def finding_of(partition: Partition, *, is_reserved: bool = False) -> Finding | None:
    """Return what this poll found; None without nodes, or if it depends on nodes whose state is not known.

    `is_reserved` says that all its nodes are reserved for maintenance. Slurm still lists a node that is down
    as down.
    """
    nodes = partition.nodes
    open_ = nodes.unknown + nodes.other
    known = replace(nodes, unknown=0, other=0)
    availability = partition.availability if _is_not_up(partition) else ""
    at_best = _problem(replace(known, idle=known.idle + open_), availability, is_reserved=is_reserved)
    at_worst = _problem(replace(known, down=known.down + open_), availability, is_reserved=is_reserved)
    if nodes.total == 0 or at_best is not at_worst:
        return None
    return Finding(at_best, availability)


def reserved_at(state: ClusterState, at: datetime) -> frozenset[str]:
    """Return the names of the partitions whose nodes are all reserved for maintenance at this time."""
    listed = state.maintenance.reservations if state.maintenance else ()
    running = [one for one in listed if one.begin <= at and (one.end is None or at < one.end)]
    if any(one.all_nodes for one in running):
        return frozenset(one.name for one in state.partitions)
    reserved = frozenset[str]().union(*(one.node_names for one in running))
    return frozenset(name for name, nodes in state.partition_nodes.items() if nodes and nodes <= reserved)


def out_of_service(state: ClusterState) -> list[Partition]:
    """Return the partitions in which no new job can run, in maintenance or not."""
    return [one for one in state.partitions if (found := finding_of(one)) and found.problem]


def none_is_up(state: ClusterState) -> bool:
    return state.nodes.total > 0 and bool(state.partitions) and all(map(_is_not_up, state.partitions))


def all_are_out(state: ClusterState) -> bool:
    """Return whether no partition is of use: no node is in service, all drain, or no partition is up."""
    nodes = state.nodes
    return nodes.in_service + nodes.unknown + nodes.other == nodes.draining or none_is_up(state)


def _is_not_up(partition: Partition) -> bool:
    return partition.availability in _NOT_UP


def _problem(nodes: NodeCounts, availability: str, *, is_reserved: bool) -> Problem | None:
    if nodes.maintenance == nodes.total or (is_reserved and nodes.in_service == 0):
        return Problem.MAINTENANCE
    if availability:
        return Problem.NOT_UP
    if nodes.in_service == 0:
        return Problem.NO_NODES
    return Problem.DRAINING if nodes.in_service == nodes.draining else None
