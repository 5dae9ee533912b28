"""Annotations, outputs and summary of a run."""

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
    "status": "Result of this poll: `online`, `degraded`, `maintenance`, `offline` or `unknown`.",
    "previous-status": "Confirmed status before this poll; empty in the first poll.",
    "changed": "`true` in the run that confirms a change of the status, else `false`.",
    "cause": "Cause if the cluster is not online, as a key such as `refused`; empty if it is online.",
    "since": "Begin of the confirmed status, as ISO 8601 in UTC.",
    "message": "Result of this poll in one line, also if no message was sent.",
    "partitions": "JSON list of the partitions with the number of nodes in each group.",
    "history-path": "Path of the history file, relative to the workspace.",
}

_LEVELS = {Status.UNKNOWN: Level.ERROR, Status.ONLINE: Level.NOTICE}


def annotate(runner: Runner, plan: Plan, verdict: Verdict, result: ProbeResult) -> None:
    """Annotate the run with the verdict, as an error only if the status is unknown."""
    if verdict.cause or verdict.detail:
        detail = f" ({verdict.detail})" if verdict.detail else ""
        text = f"{describe(verdict, plan.message_options.cluster_name)}{detail}. {verdict.remedy}"
        runner.annotate(_LEVELS.get(verdict.status, Level.WARNING), text.rstrip())
    if verdict.cluster_state and verdict.cluster_state.unknown_states:
        states = ", ".join(verdict.cluster_state.unknown_states)
        runner.annotate(Level.WARNING, f"Unknown node states, counted as unknown nodes: {states}")
    if verdict.cluster_state and verdict.cluster_state.unmatched_patterns:
        names = ", ".join(verdict.cluster_state.unmatched_patterns)
        runner.annotate(Level.WARNING, f"Partitions not found, check the input partitions: {names}")
    if result.line_to_pin:
        text = "The SSH host key is not pinned. Verify the key, then set cluster-host-key to this line:"
        runner.annotate(Level.WARNING, f"{text} {result.line_to_pin}")


def warn_of_gap(runner: Runner, gap: Gap) -> None:
    """Annotate the run with the gap. The channel is not notified: the trigger may be at fault."""
    length = duration(gap.end - gap.begin)
    runner.annotate(
        Level.WARNING,
        f"No poll for {length} since {instant(gap.begin)}, missed polls: {gap.missed}. "
        "Check the trigger of this workflow.",
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
    """Publish outputs and summary; `before` and `after` are the history around this poll, if there is one."""
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
    """Return the partitions for the output, with their GPUs if they were requested."""
    if cluster_state is None or cluster_state.details is None:
        return cluster_state.partitions if cluster_state else ()
    gpus = cluster_state.details.gpus
    return [
        asdict(partition) | {"gpus": gpus.get(partition.name, ())} for partition in cluster_state.partitions
    ]
