"""A Slurm site whose commands are answered by a script, and what a probe finds there."""

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandError, CommandResult
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from tests.fakes.executor import Script, ScriptedExecutor

STATE_ONLY = SlurmQuery(maintenance=False)
FULL = SlurmQuery(details=True)
Output = str | CommandResult | CommandError


def site(  # noqa: PLR0913 - one for each command
    *,
    partitions: Output = "debug*|up|1-00:00:00|8|idle",
    with_hidden: Output = "debug*|up|1:00|8|idle\ngpu|up|1:00|2|down",
    total: Output = "8|idle",
    reservations: Output = "No reservations in the system",
    reasons: Output = "{}|2|2026-01-31T12:00:00|root|n[1-2]|fan",
    nodes: Output = "debug|n[1-8]",
    out_of_service: Output = "",
    jobs: Output = "debug|2|N/A|2026-01-31T12:00:00|Priority",
    configuration: Output = "PrivateData             = none",
    gpus: Output = "debug* 8 mixed gpu:a100:4 gpu:a100:1(IDX:0)",
) -> Script:
    """Answer each command with its output; `{}` in one is the boundary."""

    def answer(command: str) -> Output:
        boundary = command.split("'")[1].partition("|")[0] if " -R " in command else ""
        table = {
            " squeue ": jobs,
            " show config": configuration,
            " scontrol ": reservations,
            "%E": reasons,
            "%H": out_of_service,
            "%N": nodes,
            " -O ": gpus,
            " -a ": with_hidden,
            "%P": partitions,
            "%D": total,
        }
        output = next(output for word, output in table.items() if word in command)
        return output.replace("{}", boundary) if isinstance(output, str) else output

    return answer


def run(
    executor: ScriptedExecutor,
    query: SlurmQuery | None = None,
    *,
    seconds: float = 60,
    redaction: Redaction = PLAIN,
) -> ProbeResult:
    return SlurmProbe(executor, query or STATE_ONLY, redaction).probe(RememberedLogin, Deadline(seconds))


def state_of(script: Script, query: SlurmQuery | None = None) -> ClusterState:
    outcome = run(ScriptedExecutor(script), query).outcome
    assert isinstance(outcome, ClusterState), outcome
    return outcome


def failure_of(script: Script, query: SlurmQuery | None = None) -> tuple[Cause, str]:
    outcome = run(ScriptedExecutor(script), query).outcome
    assert isinstance(outcome, ProbeFailure), outcome
    return outcome.cause, outcome.detail


def boundary_of(executor: ScriptedExecutor) -> str:
    """Return the boundary of the last command line."""
    return executor.lines[-1].split()[3]
