"""Verdict on a probe result: first the cause, then the status that follows from it."""

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult


class KnownServer(Struct, frozen=True):
    """What the history knows of this server."""

    reached: bool = False  # an earlier probe received its SSH banner
    scheduler_seen: bool = False  # sinfo was found before
    logins_closed_too_long: bool = False  # to be maintenance


class Verdict(Struct, frozen=True):
    """Status and cause; `detail` and `remedy` are for the log and the summary of this run."""

    status: Status
    cause: Cause | None = None
    detail: str = ""
    remedy: str = ""
    cluster_state: ClusterState | None = None


def judge(result: ProbeResult, known: KnownServer, *, degraded_below: int) -> Verdict:
    """Return the verdict; `degraded_below` is the share of nodes in service, in percent."""
    if isinstance(result.outcome, ClusterState):
        cause = _cause_of(result.outcome, degraded_below)
        status = CAUSES[cause].status if cause else Status.ONLINE
        detail = ", ".join(_not_up(result.outcome)) if cause is Cause.PARTITION_DOWN else ""
        return Verdict(status, cause, detail, cluster_state=result.outcome)
    return _judge_failure(result.outcome, result, known)


def cause_to_retry(result: ProbeResult, *, degraded_below: int) -> Cause | None:
    """Return the cause if a retry within the run may clear it, and a credential may be offered for that."""
    cause = judge(result, KnownServer(), degraded_below=degraded_below).cause
    return cause if cause and CAUSES[cause].retried and not result.login_spent else None


def _judge_failure(failure: ProbeFailure, result: ProbeResult, known: KnownServer) -> Verdict:
    info = CAUSES[failure.cause]
    verdict = Verdict(info.status, failure.cause, failure.detail, failure.remedy or info.remedy)
    if failure.cause is Cause.NO_SCHEDULER and not known.scheduler_seen:
        return Verdict(
            Status.ONLINE,
            detail="sinfo not found, only the login is checked",
            cluster_state=ClusterState(),
        )
    if failure.cause is Cause.LOGINS_CLOSED and known.logins_closed_too_long:
        return replace(verdict, status=Status.UNKNOWN)
    if not info.network:
        return verdict
    if not result.runner_online:
        detail = _joined(failure.detail, "the runner could not reach any other host either")
        return Verdict(Status.UNKNOWN, failure.cause, detail, "Check the network of the runner.")
    if not (known.reached or result.reached):
        detail = _joined(failure.detail, "no run has reached this server yet")
        return Verdict(Status.UNKNOWN, failure.cause, detail, info.remedy)
    return Verdict(info.status, failure.cause, failure.detail)  # down: no input can fix that


def _joined(*details: str) -> str:
    return "; ".join(filter(None, details))


def _cause_of(cluster_state: ClusterState, degraded_below: int) -> Cause | None:
    nodes = cluster_state.nodes
    if nodes.total == 0:
        return None
    cause = _deficit(cluster_state, nodes, degraded_below)
    heard_of = replace(nodes, idle=nodes.idle + nodes.unknown, unknown=0)
    if nodes.mostly_unknown or cause is not _deficit(cluster_state, heard_of, degraded_below):
        return Cause.SCHEDULER_STARTING  # the verdict depends on nodes that have not registered yet
    return cause


def _deficit(cluster_state: ClusterState, nodes: NodeCounts, degraded_below: int) -> Cause | None:
    explained = 100 * (nodes.in_service + nodes.maintenance) >= degraded_below * nodes.total
    if nodes.in_service == 0:
        mostly = 2 * nodes.maintenance >= nodes.missing  # at any threshold, the rest would be an outage
        return Cause.MAINTENANCE if mostly and explained else Cause.NO_NODES_IN_SERVICE
    if nodes.in_service == nodes.draining:
        return Cause.NODES_DRAINING
    if _not_up(cluster_state):
        return Cause.PARTITION_DOWN
    if 100 * nodes.in_service < degraded_below * nodes.total:
        return Cause.MAINTENANCE if explained else Cause.NODES_DOWN
    return None


def _not_up(cluster_state: ClusterState) -> list[str]:
    """Name the partitions that must be up and are not; others may be retired."""
    return [
        f"partition {partition.name} is {partition.availability}"
        for partition in cluster_state.partitions
        if (partition.default or partition.name in cluster_state.named) and partition.availability != "up"
    ]
