"""Verdict on a probe result: first the cause, then the status that follows from it."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts
from cluster_status.domain.status.cause import CAUSES, RUNNER_OFFLINE, Cause, Status
from cluster_status.domain.status.partitions import PartitionReport
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult


class KnownServer(Struct, frozen=True):
    """What the history knows of this server."""

    reached: bool = False  # an earlier probe received its SSH banner
    scheduler_seen: bool = False  # sinfo worked before
    shell_seen: bool = False  # the login shell responded before
    nodes_seen: bool = False  # Slurm listed nodes before
    empty_is_usual: bool = False  # from time to time, Slurm lists no nodes
    partitions_seen: frozenset[str] = frozenset()  # those of the input that Slurm listed before
    logins_closed_too_long: bool = False  # to count as maintenance
    window: Window | None = None  # of a maintenance of all nodes, at the time of the probe


class Verdict(Struct, frozen=True):
    """Status and cause; `detail` and `remedy` are for the log and the summary of this run."""

    status: Status
    cause: Cause | None = None
    detail: str = ""
    remedy: str = ""
    cluster_state: ClusterState | None = None
    transient: bool = False  # see CauseInfo
    needs_confirmation: bool = False  # by another poll, also if the cause does not
    unsettled: bool = False  # its evidence is new in this poll: this poll confirms no change
    behind: Cause | None = None  # what failed in a maintenance
    partitions: PartitionReport | None = None  # None if Slurm listed none


def judge(result: ProbeResult, known: KnownServer, *, degraded_below: int) -> Verdict:
    """Return the verdict; `degraded_below` is the share of nodes in service, in percent."""
    if isinstance(result.outcome, ClusterState):
        outcome = result.outcome
        state = outcome.with_reserved_in_maintenance() if known.window else outcome
        verdict = _judge_state(state, known, degraded_below)
    else:
        verdict = _judge_failure(result.outcome, result, known)
    verdict = _planned(verdict) if known.window else verdict
    info = CAUSES[verdict.cause] if verdict.cause else None
    return replace(verdict, transient=verdict.transient or (info is not None and info.transient))


def cause_to_retry(result: ProbeResult, *, degraded_below: int) -> Cause | None:
    """Return the cause if a retry within the run may clear it, and a credential may be offered for that."""
    cause = judge(result, KnownServer(), degraded_below=degraded_below).cause
    return cause if cause and CAUSES[cause].retried and not result.login_spent else None


def _planned(verdict: Verdict) -> Verdict:
    """Return the verdict inside a maintenance window of all nodes.

    What is unknown for a reason of its own, such as a runner without a network, stays unknown.
    """
    info = CAUSES[verdict.cause] if verdict.cause else None
    if info is None or not info.planned or verdict.status is not info.status:
        return verdict
    return Verdict(
        Status.MAINTENANCE,
        Cause.MAINTENANCE,
        verdict.detail or info.clause,
        cluster_state=verdict.cluster_state,
        behind=verdict.cause,
        partitions=verdict.partitions,
    )


def _judge_state(state: ClusterState, known: KnownServer, degraded_below: int) -> Verdict:
    if state.login_only:
        return Verdict(Status.ONLINE, cluster_state=state)
    not_up = [*_gone(state.unmatched_patterns, known), *_not_up(state)]
    cause = _cause_of(state, known, not_up, degraded_below)
    if cause is None:
        return Verdict(Status.ONLINE, cluster_state=state)
    info = CAUSES[cause]
    detail = ", ".join(not_up) if cause is Cause.PARTITION_DOWN else ""
    remedy = info.remedy if info.status is Status.UNKNOWN else ""
    return Verdict(info.status, cause, detail, remedy, cluster_state=state)


def _judge_failure(failure: ProbeFailure, result: ProbeResult, known: KnownServer) -> Verdict:
    info = CAUSES[failure.cause]
    remedy = failure.remedy or info.remedy
    if failure.cause is Cause.NO_SCHEDULER and not known.scheduler_seen:
        detail = "sinfo not found, only the login is checked"
        return Verdict(Status.ONLINE, None, detail, remedy, ClusterState(login_only=True))
    gone = _gone(failure.partitions, known)
    if gone:
        return Verdict(CAUSES[Cause.PARTITION_DOWN].status, Cause.PARTITION_DOWN, ", ".join(gone))
    if not _worked_before(failure.cause, known):
        detail = _joined(failure.detail, "it has never worked for this account")
        return Verdict(Status.UNKNOWN, failure.cause, detail, remedy)
    if not info.network:
        is_over = failure.cause is Cause.LOGINS_CLOSED and known.logins_closed_too_long
        return Verdict(Status.UNKNOWN if is_over else info.status, failure.cause, failure.detail, remedy)
    return _judge_connection(failure, result, known)


def _judge_connection(failure: ProbeFailure, result: ProbeResult, known: KnownServer) -> Verdict:
    info = CAUSES[failure.cause]
    if failure.of_runner:
        return Verdict(Status.UNKNOWN, failure.cause, failure.detail, failure.remedy)
    if not result.runner_online:
        detail = _joined(failure.detail, "the runner could not reach any other host either")
        return Verdict(Status.UNKNOWN, failure.cause, detail, RUNNER_OFFLINE, transient=True)
    if not (known.reached or result.reached):
        detail = _joined(failure.detail, "no run has reached this server yet")
        return Verdict(Status.UNKNOWN, failure.cause, detail, failure.remedy or info.remedy)
    return Verdict(  # no remedy: no input can fix an outage
        info.status, failure.cause, failure.detail, needs_confirmation=failure.needs_confirmation
    )


def _worked_before(cause: Cause, known: KnownServer) -> bool:
    """Return whether what fails now has worked before; what never worked is a set-up problem."""
    if cause in {Cause.SCHEDULER_DOWN, Cause.SCHEDULER_TIMEOUT}:
        return known.scheduler_seen
    return known.shell_seen or cause is not Cause.SHELL_HANGS


def _joined(*details: str) -> str:
    return "; ".join(filter(None, details))


def _cause_of(
    state: ClusterState, known: KnownServer, not_up: Sequence[str], degraded_below: int
) -> Cause | None:
    # a state word that this version does not know never makes the verdict worse
    nodes = replace(state.nodes, idle=state.nodes.idle + state.nodes.other, other=0)
    if nodes.total == 0:
        if known.nodes_seen and not known.empty_is_usual:
            return Cause.NO_NODES_LISTED
        return Cause.PARTITION_DOWN if _gone(state.unmatched_patterns, known) else None
    cause = _deficit(nodes, not_up, degraded_below)
    heard_of = replace(nodes, idle=nodes.idle + nodes.unknown, unknown=0)
    if nodes.mostly_unknown or cause is not _deficit(heard_of, not_up, degraded_below):
        return Cause.SCHEDULER_STARTING  # the verdict depends on nodes that have not registered yet
    return cause


def _deficit(nodes: NodeCounts, not_up: Sequence[str], degraded_below: int) -> Cause | None:
    explained = 100 * (nodes.in_service + nodes.maintenance) >= degraded_below * nodes.total
    if nodes.in_service == 0:
        mostly = 2 * nodes.maintenance >= nodes.missing  # at any threshold, the rest would be an outage
        return Cause.MAINTENANCE if mostly and explained else Cause.NO_NODES_IN_SERVICE
    if nodes.in_service == nodes.draining:
        return Cause.NODES_DRAINING
    if not_up:
        return Cause.PARTITION_DOWN
    if 100 * nodes.in_service < degraded_below * nodes.total:
        return Cause.MAINTENANCE if explained else Cause.NODES_DOWN
    return None


def _not_up(state: ClusterState) -> list[str]:
    """Name the partitions that must be up and are not; others may be retired."""
    return [
        f"partition {partition.name} is {partition.availability}"
        for partition in state.partitions
        if (partition.default or partition.name in state.named) and partition.availability != "up"
    ]


def _gone(patterns: Sequence[str], known: KnownServer) -> list[str]:
    return [f"partition {name} is no longer listed" for name in patterns if name in known.partitions_seen]
