"""The report of a run: annotations, outputs and a summary."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import json
from msgspec.structs import asdict, replace

from cluster_status.app.cluster import Channel, Tools
from cluster_status.app.poll import PollResult
from cluster_status.domain.history.servers import ServerMismatch
from cluster_status.domain.notification.content.description import describe
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import RUNNER_OFFLINE, Status
from cluster_status.domain.status.partitions.state import PartitionReport, PartitionState
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.severity import rank
from cluster_status.domain.status.site_checks.report import SiteCheckReport
from cluster_status.domain.status.verdict import Verdict
from cluster_status.errors import ClusterStatusError, DeliveryError, HistoryError
from cluster_status.ports import Level, Runner
from cluster_status.render.overview import ClusterRow, headline
from cluster_status.render.phrases import duration, instant, utc
from cluster_status.render.record import uptime_of_month
from cluster_status.render.summary import Summary, overview, summary_of, without_maintenance

OUTPUTS = {
    "status": "Status that this poll found: `online`, `degraded`, `maintenance`, `offline` or `unknown`; "
    "the most severe one if a run checks several clusters.",
    "previous-status": "Confirmed status before this poll. Empty in the first poll.",
    "changed": "`true` if this poll confirms a change of the status, otherwise `false`.",
    "cause": "Cause of a status other than `online`, such as `refused`. Empty if the status is `online`.",
    "since": "Start of the confirmed status, as an ISO 8601 time in UTC.",
    "message": "Result of this poll in one line, also if no message is sent.",
    "partitions": "JSON list of the partitions with their numbers of nodes by group, and their problems.",
    "clusters": "JSON object by cluster name: `status`, `previous_status`, `changed`, `cause`, `since`, "
    "`message` and `nodes` of each.",
    "site-changed": "`true` if the status page is worth publishing: what it says has changed in this poll "
    "or in the one before, or this poll is the first one of an hour. Otherwise `false`.",
    "history-path": "Path of the history file, relative to the workspace.",
}

_UNRESTRICTED = (
    "The input checks runs commands with a credential that allows any other command too. A restricted key "
    "allows only them: see docs/checks.md."
)
_NAMES = 20
_LEVELS = {
    Status.UNKNOWN: Level.ERROR,
    Status.DEGRADED: Level.WARNING,
    Status.MAINTENANCE: Level.WARNING,
    Status.OFFLINE: Level.WARNING,
}  # online: a notice, or a warning if there is a remedy


def annotations(
    poll: PollResult, *, several: bool, remembers_key: bool = True
) -> Iterator[tuple[Level, str]]:
    """Yield what needs attention; with `several` clusters, each line has a name.

    A check does not remember the host key: `remembers_key` is false.
    """
    verdict, prefix = poll.verdict, f"{poll.cluster}: " if several else ""
    if poll.is_explained:
        detail = f" ({verdict.detail})" if verdict.detail else ""
        text = f"{describe(verdict, poll.cluster)}{detail}. {verdict.remedy}"
        level = Level.WARNING if verdict.remedy else Level.NOTICE
        yield _LEVELS.get(verdict.status, level), text.rstrip()
    for warning in (*_warnings_of_name(poll), *_warnings_of(verdict.cluster_state), *poll.result.warnings):
        yield Level.WARNING, f"{prefix}{warning}"
    for warning in _warnings_of_checks(verdict.site_checks):
        yield Level.WARNING, f"{prefix}{warning}"
    if verdict.site_checks and _is_unrestricted(poll):
        yield Level.NOTICE, f"{prefix}{_UNRESTRICTED}"
    for notice in (*_notices_of_name(poll), *poll.result.notices):
        yield Level.NOTICE, f"{prefix}{notice}"
    if poll.maintenance_error:
        yield Level.NOTICE, f"{prefix}{without_maintenance(poll.maintenance_error)}"
    if poll.result.line_to_pin:
        key = "host-key of this cluster" if several else "cluster-host-key"
        text = _warning_of_unpinned(poll.result, key, remembers_key=remembers_key)
        yield Level.WARNING, f"{prefix}{text}"


def annotate_gap(runner: Runner, polls: Sequence[PollResult]) -> None:
    """Warn once of polls that did not run. Channels are not notified: the trigger may be at fault."""
    gaps = {poll.cluster: poll.gap for poll in polls if poll.gap}
    longest = max(gaps.values(), key=lambda gap: gap.end - gap.begin, default=None)
    if longest is None:
        return
    of = f" of {len(gaps)} clusters" if len(gaps) > 1 else f" of {next(iter(gaps))}"
    runner.annotate(
        Level.WARNING,
        f"No poll{of if len(polls) > 1 else ''} for {duration(longest.end - longest.begin)} since "
        f"{instant(longest.begin)}, missed polls: {longest.missed}. Check the trigger of this workflow.",
    )


def _warnings_of_checks(report: SiteCheckReport | None) -> Iterator[str]:
    """Warn of checks that could not run, together if it is for the same reason."""
    names_by_reason: dict[str, list[str]] = {}
    for one in report.results if report else ():
        if one.not_run:
            names_by_reason.setdefault(one.not_run, []).append(one.name)
    for reason, names in names_by_reason.items():
        yield f"Site checks that could not run, which changes no status: {', '.join(names)} ({reason})"


def _is_unrestricted(poll: PollResult) -> bool:
    """Return whether the credential allows other commands than the checks, over SSH."""
    report = poll.verdict.site_checks
    has_commands = report is not None and any(not one.is_path for one in report.results)
    return has_commands and report is not None and report.key_is_restricted is False and not poll.result.local


def _warnings_of_name(poll: PollResult) -> Iterator[str]:
    if poll.mismatch is ServerMismatch.FIRST_POLL:
        yield (
            f"The history of '{poll.cluster}' is of another server. This poll notifies nothing and changes "
            "no status. The next poll of this server continues the history. If the other server is another "
            "cluster, give each its own cluster-name."
        )


def _notices_of_name(poll: PollResult) -> Iterator[str]:
    if poll.other_spelling:
        yield (
            f"The poll before had the cluster-name '{poll.other_spelling}'. Names that differ only in case "
            "share one history. Give another cluster a name that differs in letters or digits."
        )


def _warnings_of(state: ClusterState | None) -> Iterator[str]:
    if state and state.unknown_states:
        states = ", ".join(state.unknown_states)
        yield f"Node states that this version does not know: {states}. Update the action."
    if state and state.unmatched_patterns:
        names = ", ".join(state.unmatched_patterns)
        yield f"Partitions not found, check the input partitions: {names}"
    if state and state.ignored_clusters:
        yield (
            f"The account sets SLURM_CLUSTERS to {state.ignored_clusters}, but this poll queried the cluster "
            "of the head node. Set slurm-cluster to the name of the cluster to check."
        )


def _warning_of_unpinned(result: ProbeResult, key: str, *, remembers_key: bool) -> str:
    shown = f" {result.host_key.fingerprint}" if result.host_key else ""
    what = f"The SSH host key{shown} is not pinned."
    if not remembers_key and result.credential_offered:
        what = (
            f"The check offered a credential to a server that was not verified: the SSH host key{shown} is "
            "not pinned, and a check remembers none."
        )
    return f"{what} Verify the key, then set {key} to this line, in quotes: {result.line_to_pin}"


def offline_runner(polls: Sequence[PollResult]) -> str:
    """Return what to say once of all clusters that were not reached by a runner without network, or ""."""
    names = [one.cluster for one in polls if one.runner_is_offline]
    if not names:
        return ""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    which = "any cluster" if len(names) == len(polls) else f"{', '.join(names[:_NAMES])}{more}"
    return f"The runner could not reach {which}, and could not reach any other host either. {RUNNER_OFFLINE}"


def report_crash(runner: Runner, work: str, error: Exception) -> None:
    """Name the work that failed, without the text of the exception, which may contain a secret."""
    runner.annotate(Level.ERROR, f"{work} failed with an unexpected {type(error).__name__}.")


def report_error(runner: Runner, error: ClusterStatusError, prefix: str = "") -> None:
    runner.annotate(Level.ERROR, f"{prefix}{str(error).rstrip('.')}. {error.remedy}".rstrip())


def conflict_error(cluster_name: str) -> HistoryError:
    """Return the error of a poll whose history two servers share."""
    return HistoryError(
        f"The cluster-name '{cluster_name}' is used for two servers, which share one history. This poll "
        "notified nothing and changed no status.",
        remedy="Give each cluster its own cluster-name. If only one server is polled from now on, its polls "
        "continue the history after 24 hours. To end this at once, set another history-name (or "
        "history-path, for a file).",
    )


def report_delivery_errors(
    runner: Runner, errors: Iterable[tuple[Channel, DeliveryError]], *, several: bool
) -> None:
    """Report each error of a channel once, with the id of the channel if there are `several`."""
    distinct = {(channel.id, str(error)): error for channel, error in errors}
    for (channel_id, _), error in distinct.items():
        report_error(runner, error, f"Channel {channel_id}: " if several else "")


def publish(
    tools: Tools,
    polls: Sequence[PollResult],
    *,
    several: bool,
    history_path: str = "",
    site_changed: bool = False,
) -> bool:
    """Publish the outputs and a summary for each cluster; `several` of them share one run.

    Returns whether later steps can read the outputs.
    """
    each = {poll.cluster: _outputs_of(poll) for poll in polls}
    worst = min(polls, key=_severity)
    not_online = _not_online(polls)
    rows = [_row(poll, tools.page_of(poll.cluster)) for poll in polls]
    outputs = {
        "status": worst.verdict.status.value,
        "previous-status": "",
        "changed": _boolean(any(poll.changed for poll in polls)),
        "cause": "",
        "since": "",
        "message": "; ".join([headline(rows), *(describe(one.verdict, one.cluster) for one in not_online)]),
        "partitions": "[]",
        "clusters": json.encode(each).decode(),
        "site-changed": _boolean(site_changed),
        "history-path": history_path,
    }
    if not several:
        only = each[worst.cluster]
        outputs |= {
            "previous-status": str(only["previous_status"]),
            "cause": str(only["cause"]),
            "since": str(only["since"]),
            "message": str(only["message"]),
            "partitions": json.encode(_partitions(worst.verdict)).decode(),
        }
    first = [overview(rows, offline_runner(polls), page=tools.site_url)] if several else []
    shown = [poll for poll in not_online if not poll.runner_is_offline] if several else polls
    return tools.runner.publish(outputs, [*first, *(_summary(poll, tools) for poll in shown)])


def _not_online(polls: Sequence[PollResult]) -> list[PollResult]:
    """Return the polls that did not find a cluster online, the most severe status first."""
    return [poll for poll in sorted(polls, key=_severity) if poll.verdict.status is not Status.ONLINE]


def _summary(poll: PollResult, tools: Tools) -> Summary:
    summary = summary_of(poll.verdict, poll.cluster, poll.after, poll.current_plan, poll.at)
    return replace(summary, page=tools.page_of(poll.cluster))


def _severity(poll: PollResult) -> int:
    return rank(poll.verdict.status)


def _row(poll: PollResult, page: str) -> ClusterRow:
    state = poll.verdict.cluster_state
    confirmed = poll.after.tracker.confirmed if poll.after else None
    return ClusterRow(
        poll.cluster,
        poll.verdict.status,
        f"{state.nodes.in_service} of {state.nodes.total}" if state and state.nodes.total else "",
        uptime_of_month(poll.after) if poll.after else "",
        instant(confirmed.since) if confirmed and confirmed.status is poll.verdict.status else "",
        poll.context.plan.notice,
        poll.current_plan.windows,
        page,
    )


def _outputs_of(poll: PollResult) -> dict[str, object]:
    verdict, state = poll.verdict, poll.verdict.cluster_state
    confirmed = poll.after.tracker.confirmed if poll.after else None
    return {
        "status": verdict.status.value,
        "previous_status": poll.previous_status.value if poll.previous_status else "",
        "changed": poll.changed,
        "cause": verdict.cause.value if verdict.cause else "",
        "since": utc(confirmed.since).isoformat().replace("+00:00", "Z") if confirmed else "",
        "message": describe(verdict, poll.cluster),
        "nodes": state.nodes if state else None,
    }


def _boolean(value: bool) -> str:  # noqa: FBT001 - it formats one
    return "true" if value else "false"


def _partitions(verdict: Verdict) -> list[dict[str, object]]:
    """Return the partitions for the output, with their GPUs if they were requested."""
    state, report = verdict.cluster_state, verdict.partitions or PartitionReport()
    gpus = state.details.gpus if state and state.details else None
    return [
        asdict(partition)
        | {
            "problem": report.states.get(partition.name, PartitionState()).problem,
            "usual": partition.name in report.usual,
        }
        | ({} if gpus is None else {"gpus": gpus.get(partition.name, ())})
        for partition in (state.partitions if state else ())
    ]
