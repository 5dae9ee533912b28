"""Which Slurm commands are run, in which order: first the state of the cluster, then the details."""

import secrets

from msgspec.structs import replace

from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandError, Limits
from cluster_status.domain.slurm import drain_reason, gpu, reservation, sinfo
from cluster_status.domain.slurm.cluster_state import ClusterState, Details
from cluster_status.domain.slurm.commands import (
    DRAIN_REASONS,
    DRAIN_REASONS_WITH_NAMES,
    GPUS,
    PARTITIONS,
    RESERVATIONS,
    TOTAL,
    WITH_HIDDEN,
    Command,
    command_line,
    split_outputs,
)
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.diagnosis import diagnose, diagnose_error
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError
from cluster_status.ports import Executor

_STDOUT_BYTES = 2_000_000  # 5,000 nodes in 200 partitions take 16,000
_DETAIL_BYTES = 1_000_000  # for each command
_STDERR_BYTES = 200_000
_DETAILS_SECONDS = 10.0  # for all commands together


class Conversation:
    """Some commands that share a deadline and a boundary."""

    def __init__(self, executor: Executor, deadline: Deadline, *, stdout_bytes: int = _STDOUT_BYTES) -> None:
        self.boundary = secrets.token_hex(16)
        self._executor = executor
        self._deadline = deadline
        self._stdout_bytes = stdout_bytes

    def run(self, *commands: Command) -> bytes:
        """Return what the login and the commands printed; raise ProbeFailed if one fails."""
        limits = Limits(self._deadline.left, self._stdout_bytes, _STDERR_BYTES)
        try:
            result = self._executor.run(command_line(self.boundary, *commands), limits)
        except CommandError as error:
            raise ProbeFailed(diagnose_error(error, seconds=self._deadline.seconds)) from None
        if result.exit_status != 0:
            raise ProbeFailed(diagnose(result, self.boundary))
        return result.stdout

    def lines(self, command: Command) -> list[str]:
        """Return the lines that one command printed; raise ProbeFailed or UnparsableError."""
        return split_outputs(self.run(command), self.boundary, 1)[0]

    def optional_lines(self, command: Command) -> list[str]:
        """Return the lines that one command printed; none if it fails or no time is left."""
        if self._deadline.passed:
            return []
        try:
            return self.lines(command)
        except (ProbeFailed, UnparsableError):
            return []


def query_state(executor: Executor, query: SlurmQuery, deadline: Deadline) -> ClusterState:
    """Return what Slurm lists; raise ProbeFailed if it lists nothing within the query's timeout."""
    conversation = Conversation(executor, deadline.part(query.timeout_seconds))
    try:
        if query.partitions:
            return _query_chosen(conversation, query.partitions)
        return sinfo.parse(conversation.run(PARTITIONS, TOTAL), conversation.boundary)
    except UnparsableError as error:
        raise ProbeFailed(ProbeFailure(Cause.UNPARSABLE, str(error))) from None


def query_details(executor: Executor, query: SlurmQuery, state: ClusterState, deadline: Deadline) -> Details:
    """Return the details that can be read in time. A command that fails leaves only its own part empty."""
    limit = deadline.part(min(query.timeout_seconds, _DETAILS_SECONDS))
    conversation = Conversation(executor, limit, stdout_bytes=_DETAIL_BYTES)
    names = [partition.name for partition in state.partitions]
    chosen = names if query.partitions else []
    reasons = DRAIN_REASONS_WITH_NAMES if query.node_names else DRAIN_REASONS
    # the most important ones first
    reservation_lines = conversation.optional_lines(RESERVATIONS)
    reason_lines = conversation.optional_lines(reasons.of(chosen))
    gpu_lines = conversation.optional_lines(GPUS.of(chosen))
    return Details(
        gpus=gpu.parse(gpu_lines),
        drain_reasons=drain_reason.parse(reason_lines, conversation.boundary, with_names=query.node_names),
        reservations=reservation.parse(reservation_lines, names),
    )


def _query_chosen(conversation: Conversation, partitions: PartitionFilter) -> ClusterState:
    """List all partitions, then the nodes of the chosen ones, each node once."""
    listed = sinfo.parse_partitions(conversation.lines(WITH_HIDDEN))
    chosen = listed.chosen(partitions)
    names = list(chosen.by_name)
    if not names:
        raise ProbeFailed(_no_such_partition(partitions, list(listed.by_name)))
    return replace(
        sinfo.add_total(chosen, conversation.lines(TOTAL.of(names))),
        named=partitions.named,
        unmatched_patterns=partitions.unmatched_patterns(listed.by_name),
    )


def _no_such_partition(partitions: PartitionFilter, listed: list[str]) -> ProbeFailure:
    patterns, names = ", ".join(partitions.patterns), ", ".join(map(clean, listed)) or "none"
    detail = clean(f"'{patterns}' matches none of the listed partitions: {names}")
    return ProbeFailure(Cause.NO_SUCH_PARTITION, detail)
