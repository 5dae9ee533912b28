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


class Verdict(Struct, frozen=True):
    """Status and cause; `detail` and `remedy` are for the log and the summary of this run."""

    status: Status
    cause: Cause | None = None
    detail: str = ""
    remedy: str = ""
    cluster_state: ClusterState | None = None
    transient: bool = False  # see CauseInfo
    needs_confirmation: bool = False  # by another poll, also if the cause does not


def judge(result: ProbeResult, known: KnownServer, *, degraded_below: int) -> Verdict:
    """Return the verdict; `degraded_below` is the share of nodes in service, in percent."""
    if isinstance(result.outcome, ClusterState):
        cause = _cause_of(result.outcome, degraded_below)
        status = CAUSES[cause].status if cause else Status.ONLINE
        detail = ", ".join(_not_up(result.outcome)) if cause is Cause.PARTITION_DOWN else ""
        transient = cause is not None and CAUSES[cause].transient
        return Verdict(status, cause, detail, cluster_state=result.outcome, transient=transient)
    return _judge_failure(result.outcome, result, known)


def cause_to_retry(result: ProbeResult, *, degraded_below: int) -> Cause | None:
    """Return the cause if a retry within the run may clear it; a credential is not offered twice."""
    cause = judge(result, KnownServer(), degraded_below=degraded_below).cause
    login_is_spent = result.credential_offered and not result.logged_in
    return cause if cause and CAUSES[cause].retried and not login_is_spent else None


def _judge_failure(failure: ProbeFailure, result: ProbeResult, known: KnownServer) -> Verdict:
    info = CAUSES[failure.cause]
    remedy = failure.remedy or info.remedy
    verdict = Verdict(info.status, failure.cause, failure.detail, remedy, transient=info.transient)
    if failure.cause is Cause.NO_SCHEDULER and not known.scheduler_seen:
        return Verdict(
            Status.ONLINE,
            detail="sinfo not found, only the login is checked",
            cluster_state=ClusterState(),
        )
    if not info.network:
        return verdict
    if failure.of_runner:
        return Verdict(Status.UNKNOWN, failure.cause, failure.detail, failure.remedy)
    if not result.runner_online:
        detail = _joined(failure.detail, "the runner could not reach any other host either")
        remedy = "Check the network of the runner."
        return Verdict(Status.UNKNOWN, failure.cause, detail, remedy, transient=True)
    if not (known.reached or result.reached):
        detail = _joined(failure.detail, "no run has reached this server yet")
        return Verdict(Status.UNKNOWN, failure.cause, detail, failure.remedy or info.remedy)
    return Verdict(  # down: no input can fix that
        info.status, failure.cause, failure.detail, needs_confirmation=failure.needs_confirmation
    )


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
