"""What is asked of Slurm once a session is logged in: what counts first, then what is only good to know."""

import secrets

import paramiko
from msgspec.structs import replace

from cluster_status.adapters.ssh.command import run
from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.domain.slurm import sinfo
from cluster_status.domain.slurm.cluster_state import ClusterState, Details
from cluster_status.domain.slurm.commands import TOTAL, WITH_HIDDEN, Command, answers, command
from cluster_status.domain.slurm.details import detail_commands
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure
from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError

_DETAILS_SECONDS = 10.0  # for all of them
_DETAIL_BYTES = 1_000_000  # for each


def inquire(
    transport: paramiko.Transport, partition_filter: PartitionFilter, seconds: float, whole: Deadline
) -> ClusterState | ProbeFailure:
    """Return what Slurm lists, `seconds` at the most for it; raise Stopped if that comes to nothing."""
    limit = Deadline(seconds, within=whole)
    boundary = secrets.token_hex(16)
    try:
        if partition_filter.patterns:
            return _list_chosen(transport, partition_filter, limit, boundary)
        return sinfo.parse(_answer(transport, sinfo.command(boundary), limit, boundary), boundary)
    except UnparsableError as error:
        return ProbeFailure(Cause.UNPARSABLE, str(error))


def ask_for_details(
    transport: paramiko.Transport,
    partition_filter: PartitionFilter,
    cluster_state: ClusterState,
    seconds: float,
    whole: Deadline,
) -> Details:
    """Return what can be had; a question without a good answer in time costs nothing but its own."""
    limit = Deadline(min(seconds, _DETAILS_SECONDS), within=whole)
    boundary = secrets.token_hex(16)
    details = Details()
    names = [partition.name for partition in cluster_state.partitions]
    for question, read in detail_commands(partition_filter, names, boundary):
        if limit.passed:
            break
        lines = _lines(transport, question, limit, boundary)
        details = read(details, lines) if lines is not None else details
    return details


def _list_chosen(
    transport: paramiko.Transport, partition_filter: PartitionFilter, limit: Deadline, boundary: str
) -> ClusterState:
    """Ask for all partitions, then for the nodes in those that were chosen, each node once."""
    output = _answer(transport, command(boundary, WITH_HIDDEN), limit, boundary)
    listed = sinfo.parse_partitions(answers(output, boundary, 1)[0])
    chosen = listed.chosen(partition_filter)
    names = list(chosen.by_name)
    if not names:
        shown = ", ".join(map(clean, listed.by_name)) or "none"
        wanted = ", ".join(partition_filter.patterns)
        raise ProbeFailed(
            Cause.NO_SUCH_PARTITION, clean(f"'{wanted}' chooses none of the partitions: {shown}")
        )
    output = _answer(transport, command(boundary, TOTAL.of(names)), limit, boundary)
    cluster_state = sinfo.add_total(chosen, answers(output, boundary, 1)[0])
    return replace(
        cluster_state,
        named=partition_filter.named,
        unmatched_patterns=partition_filter.unmatched_patterns(listed.by_name),
    )


def _answer(transport: paramiko.Transport, line: str, limit: Deadline, boundary: str) -> bytes:
    answer = run(transport, line, limit)
    if answer.exit_status != 0:
        found = sinfo.diagnose(answer.exit_status, answer.output, answer.stderr, boundary)
        raise ProbeFailed(found.cause, found.detail, remedy=found.remedy)
    return answer.output


def _lines(
    transport: paramiko.Transport, question: Command, limit: Deadline, boundary: str
) -> list[str] | None:
    try:
        answer = run(transport, command(boundary, question), limit, output_limit=_DETAIL_BYTES)
        return answers(answer.output, boundary, 1)[0] if answer.exit_status == 0 else None
    except (ProbeFailed, UnparsableError):
        return None
