"""Verdict on a probe result: first the cause, then the status that follows from it."""

from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import CAUSES, RUNNER_OFFLINE, Cause, Status
from cluster_status.domain.status.partitions.detail import detail_of
from cluster_status.domain.status.partitions.report import report_on
from cluster_status.domain.status.partitions.state import PartitionMemory, PartitionReport
from cluster_status.domain.status.partitions.tracker import PollConditions
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.domain.status.shortage import shortage
from cluster_status.domain.status.site_checks.report import CheckMemory, SiteCheckReport, report_on_checks
from cluster_status.domain.status.site_checks.result import failing

_NO_SLURM_HERE = (
    "Run the program on a login node. If this is one, add the directory of sinfo to PATH in the profile of "
    "the account: see docs/login.md."
)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class KnownServer(Struct, frozen=True):
    """What the history knows of this server."""

    reached: bool = False  # an earlier probe received its SSH banner
    scheduler_seen: bool = False  # sinfo worked before
    shell_seen: bool = False  # the login shell responded before
    nodes_seen: bool = False  # Slurm listed nodes before
    empty_is_usual: bool = False  # from time to time, Slurm lists no nodes
    partitions_seen: frozenset[str] = frozenset()  # those of the input that Slurm listed before
    partitions: PartitionMemory = PartitionMemory()
    interrupted: bool = False  # since the partitions were listed: nothing that is not confirmed survives
    after_gap: bool = False  # since they were listed, or the clock was set back
    logins_closed_too_long: bool = False  # to count as maintenance
    site_checks: CheckMemory = {}
    checks_interrupted: bool = False  # since the last poll
    window: Window | None = None  # of a maintenance of all nodes, at the time of the probe


class Verdict(Struct, frozen=True):
    """Status and cause; `detail` and `remedy` are for the log and the summary of this run.

    With `unconfirmed`, the status follows from a loss or a return of a partition that is not confirmed. Where
    that changes the cause only, `confirmed_cause` is the one without it.
    """

    status: Status
    cause: Cause | None = None
    detail: str = ""
    remedy: str = ""
    cluster_state: ClusterState | None = None
    transient: bool = False  # see CauseInfo
    needs_confirmation: bool = False  # by another poll, also if the cause does not
    unconfirmed: bool = False  # this poll confirms no change
    confirmed_cause: Cause | None = None  # if it is another one
    underlying_cause: Cause | None = None  # what failed in a maintenance
    partitions: PartitionReport | None = None  # None if Slurm listed none
    site_checks: SiteCheckReport | None = None  # None if this poll says nothing about them

    @property
    def confirming_cause(self) -> Cause | None:
        """The cause that can confirm a change."""
        return self.confirmed_cause or self.cause

    @property
    def in_service(self) -> int | None:
        """The number of nodes in service; None if Slurm listed none."""
        state = self.cluster_state
        return None if state is None or state.login_only else state.nodes.in_service


class Criteria(Struct, frozen=True, kw_only=True):
    """What a poll is judged by; `degraded_below` is the share of nodes in service, in percent."""

    at: datetime
    degraded_below: int
    confirm_after: int  # polls


def judge(result: ProbeResult, known: KnownServer, criteria: Criteria) -> Verdict:
    if isinstance(result.outcome, ClusterState):
        outcome = result.outcome
        state = outcome.with_reserved_in_maintenance() if known.window else outcome
        verdict = _judge_state(state, known, criteria)
    else:
        verdict = _judge_failure(result.outcome, result, known, criteria)
    verdict = _with_site_checks(verdict, result, known)
    verdict = _planned(verdict) if known.window else verdict
    info = CAUSES[verdict.cause] if verdict.cause else None
    return replace(verdict, transient=verdict.transient or (info is not None and info.transient))


def cause_to_retry(result: ProbeResult, *, degraded_below: int) -> Cause | None:
    """Return the cause if a retry within the run may clear it, and a credential may be offered for that.

    All nodes count for it, even those that have been out of service for long.
    """
    criteria = Criteria(at=_EARLIEST, degraded_below=degraded_below, confirm_after=1)
    cause = judge(result, KnownServer(), criteria).cause
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
        underlying_cause=verdict.cause,
        partitions=verdict.partitions,
        site_checks=verdict.site_checks,
    )


def _with_site_checks(verdict: Verdict, result: ProbeResult, known: KnownServer) -> Verdict:
    """Return the verdict with the site checks. A failing one makes a cluster degraded that is online.

    While the status is unknown, no failure of a check begins or ends.
    """
    if verdict.status is Status.UNKNOWN or result.site_checks is None:
        return verdict
    report = report_on_checks(
        known.site_checks,
        result.site_checks.results,
        interrupted=known.checks_interrupted,
        key_is_restricted=result.site_checks.key_is_restricted,
    )
    verdict = replace(verdict, site_checks=report)
    if report.cause is None or verdict.status not in {Status.ONLINE, Status.DEGRADED}:
        return verdict
    if verdict.status is Status.DEGRADED:
        is_sure = not verdict.unconfirmed and not (verdict.cause and CAUSES[verdict.cause].by_share)
        if is_sure or report.confirmed_cause is None:
            return verdict
        return replace(verdict, unconfirmed=False, confirmed_cause=report.confirmed_cause)
    # a partition whose return is not confirmed
    lost = Cause.PARTITION_DOWN if verdict.unconfirmed else None
    confirmed = report.confirmed_cause or lost
    return replace(
        verdict,
        status=Status.DEGRADED,
        cause=report.cause,
        detail=_joined(verdict.detail, *(f"{one.name}: {one.output}" for one in failing(report.results))),
        unconfirmed=confirmed is None,
        confirmed_cause=confirmed if confirmed is not report.cause else None,
    )


def _judge_state(state: ClusterState, known: KnownServer, criteria: Criteria) -> Verdict:
    if state.login_only:
        return Verdict(Status.ONLINE, cluster_state=state)
    report = _report(state, known, criteria)
    cause = _cause_of(state, known, criteria, partition_is_lost=bool(report.found))
    status = _status_of(cause)
    if status is Status.UNKNOWN:
        remedy = CAUSES[cause].remedy if cause else ""
        return Verdict(status, cause, remedy=remedy, cluster_state=state)
    confirmed = _cause_of(state, known, criteria, partition_is_lost=report.is_lost)
    return Verdict(
        status,
        cause,
        detail=detail_of(report.found, state) if cause is Cause.PARTITION_DOWN else "",
        cluster_state=state,
        unconfirmed=_status_of(confirmed) is not status,
        confirmed_cause=confirmed if _status_of(confirmed) is status and confirmed is not cause else None,
        partitions=report,
    )


def _report(state: ClusterState, known: KnownServer, criteria: Criteria) -> PartitionReport:
    missing = [name for name in state.unmatched_patterns if name in known.partitions_seen]
    poll = PollConditions(
        criteria.at,
        criteria.confirm_after,
        interrupted=known.interrupted,
        after_gap=known.after_gap,
        all_reserved=known.window is not None and known.window.planned,
    )
    return report_on(known.partitions, state, missing, poll)


def _cause_of(
    state: ClusterState, known: KnownServer, criteria: Criteria, *, partition_is_lost: bool
) -> Cause | None:
    if state.nodes.total == 0:
        if known.nodes_seen and not known.empty_is_usual:
            return Cause.NO_NODES_LISTED
        return Cause.PARTITION_DOWN if partition_is_lost else None
    return shortage(
        state, partition_is_lost=partition_is_lost, degraded_below=criteria.degraded_below, at=criteria.at
    )


def _status_of(cause: Cause | None) -> Status:
    return CAUSES[cause].status if cause else Status.ONLINE


def _judge_failure(
    failure: ProbeFailure, result: ProbeResult, known: KnownServer, criteria: Criteria
) -> Verdict:
    info = CAUSES[failure.cause]
    remedy = failure.remedy or info.remedy
    if failure.cause is Cause.NO_SCHEDULER and not known.scheduler_seen:
        if result.local:  # nothing else shows that this machine belongs to a cluster
            return Verdict(Status.UNKNOWN, failure.cause, failure.detail, _NO_SLURM_HERE)
        detail = "sinfo not found, so Slurm is not checked"
        return Verdict(Status.ONLINE, None, detail, remedy, ClusterState(login_only=True))
    if known.partitions_seen.intersection(failure.partitions):
        none = ClusterState(patterns=failure.partitions, unmatched_patterns=failure.partitions)
        report = _report(none, known, criteria)
        detail = detail_of(report.found, none)
        return Verdict(_status_of(Cause.PARTITION_DOWN), Cause.PARTITION_DOWN, detail, partitions=report)
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
