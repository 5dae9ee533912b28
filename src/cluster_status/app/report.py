"""What a run shows for itself: annotations, outputs and a summary."""

from collections.abc import Sequence

from msgspec import json
from msgspec.structs import asdict

from cluster_status.app.plan import Plan
from cluster_status.domain.history.history import History, has_changed
from cluster_status.domain.notification.message import describe
from cluster_status.domain.slurm.cluster_state import ClusterState, Partition
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.gaps import Gap
from cluster_status.errors import ClusterStatusError
from cluster_status.ports import Level, Runner
from cluster_status.render.phrases import duration, instant, utc
from cluster_status.render.summary import summarise

OUTPUTS = {
    "status": "What this poll saw: `online`, `degraded`, `maintenance`, `offline` or `unknown`.",
    "previous-status": "The confirmed status before this poll; empty at first.",
    "changed": "`true` in the run that confirms a change of the status, else `false`.",
    "cause": "Why it is not online, as one word such as `refused`; empty when online.",
    "since": "When the confirmed status was first seen: ISO 8601, UTC.",
    "message": "What this poll saw, in one line, whether it was told or not.",
    "partitions": "JSON list of the partitions with their nodes by state.",
    "history-path": "Path of the history file, relative to the workspace.",
}

_LEVELS = {Status.UNKNOWN: Level.ERROR, Status.ONLINE: Level.NOTICE}


def annotate(runner: Runner, plan: Plan, verdict: Verdict, result: ProbeResult) -> None:
    """Put what was seen where it catches the eye: an error only where we cannot tell."""
    if verdict.cause or verdict.detail:
        detail = f" ({verdict.detail})" if verdict.detail else ""
        text = f"{describe(verdict, plan.message_options.cluster_name)}{detail}. {verdict.remedy}"
        runner.annotate(_LEVELS.get(verdict.status, Level.WARNING), text.rstrip())
    if verdict.cluster_state and verdict.cluster_state.unknown_states:
        words = ", ".join(verdict.cluster_state.unknown_states)
        runner.annotate(Level.WARNING, f"Node states this version does not know, counted as unknown: {words}")
    if verdict.cluster_state and verdict.cluster_state.unmatched_patterns:
        names = ", ".join(verdict.cluster_state.unmatched_patterns)
        runner.annotate(Level.WARNING, f"partitions: Slurm lists none of this name: {names}")
    if result.line_to_pin:
        text = "The host key is not pinned. Make sure that it is the right one, then set cluster-host-key to:"
        runner.annotate(Level.WARNING, f"{text} {result.line_to_pin}")


def warn_of_gap(runner: Runner, gap: Gap) -> None:
    """Say that nobody watched: the channel is not to be bothered with what may be the trigger's fault."""
    length = duration(gap.end - gap.begin)
    runner.annotate(
        Level.WARNING,
        f"No poll for {length}, since {instant(gap.begin)}: {gap.missed} were missed. "
        "Check what starts this workflow.",
    )


def report_error(runner: Runner, error: ClusterStatusError) -> None:
    runner.annotate(Level.ERROR, f"{str(error).rstrip('.')}. {error.remedy}".rstrip())


def publish(  # noqa: PLR0913 - one argument a source of the outputs
    runner: Runner,
    plan: Plan,
    verdict: Verdict,
    *,
    before: History | None = None,
    after: History | None = None,
    history_path: str = "",
) -> None:
    """Publish outputs and summary; `before` and `after` are the history around this poll, if it has one."""
    name = plan.message_options.cluster_name
    previous = before.tracker.confirmed if before else None
    confirmed = after.tracker.confirmed if after else None
    changed = before is not None and after is not None and has_changed(before, after)
    outputs = {
        "status": verdict.status.value,
        "previous-status": previous.status.value if previous else "",
        "changed": "true" if changed else "false",
        "cause": verdict.cause.value if verdict.cause else "",
        "since": utc(confirmed.since).isoformat().replace("+00:00", "Z") if confirmed else "",
        "message": describe(verdict, name),
        "partitions": json.encode(_partitions(verdict.cluster_state)).decode(),
        "history-path": history_path,
    }
    runner.publish(outputs, summarise(verdict, name, after))


def _partitions(cluster_state: ClusterState | None) -> Sequence[Partition] | list[dict[str, object]]:
    """Return the partitions for the output, with their GPUs where those were asked for."""
    if cluster_state is None or cluster_state.details is None:
        return cluster_state.partitions if cluster_state else ()
    gpus = cluster_state.details.gpus
    return [
        asdict(partition) | {"gpus": gpus.get(partition.name, ())} for partition in cluster_state.partitions
    ]
