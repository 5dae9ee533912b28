"""Which Slurm commands are run, in which order: first the state of the cluster, then the details."""

import secrets
from collections.abc import Collection

from msgspec.structs import replace

from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandError, CommandResult, Limits
from cluster_status.domain.slurm import drain_reason, gpu, reservation, sinfo
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, MaintenanceListing
from cluster_status.domain.slurm.commands import (
    DRAIN_REASONS,
    DRAIN_REASONS_WITH_NAMES,
    GPUS,
    PARTITIONS,
    RESERVATIONS,
    TOTAL,
    WITH_HIDDEN,
    Command,
    account_clusters,
    command_line,
    has_begun,
    have_ended,
    split_outputs,
)
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.diagnosis import (
    diagnose,
    diagnose_error,
    diagnose_shell,
    diagnose_slurm,
)
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError
from cluster_status.ports import Executor

_STDOUT_BYTES = 2_000_000  # 5,000 nodes in 200 partitions take 16,000
_DETAIL_BYTES = 1_000_000  # for each command
_STDERR_BYTES = 200_000
_DETAILS_SECONDS = 10.0  # for all commands together
_RESERVED_SHARE = 0.2  # of that time, for each command that follows


class Conversation:
    """Some commands that share a deadline, a boundary and the kind of shell."""

    def __init__(
        self,
        executor: Executor,
        deadline: Deadline,
        *,
        login_shell: bool = False,
        stdout_bytes: int = _STDOUT_BYTES,
    ) -> None:
        self.boundary = secrets.token_hex(16)
        self._executor = executor
        self._deadline = deadline
        self._login_shell = login_shell
        self._stdout_bytes = stdout_bytes

    def run(
        self, *commands: Command, clusters: bool = False, deadline: Deadline | None = None
    ) -> CommandResult:
        """Return what the login and the commands printed; raise ProbeFailed if one fails."""
        deadline = deadline or self._deadline
        limits = Limits(deadline.left, self._stdout_bytes, _STDERR_BYTES)
        line = command_line(self.boundary, *commands, login_shell=self._login_shell, clusters=clusters)
        try:
            result = self._executor.run(line, limits)
        except CommandError as error:
            raise ProbeFailed(diagnose_error(error, self.boundary, seconds=deadline.seconds)) from None
        # a restricted shell, or a locked key of an earlier version, refuses to print SLURM_CLUSTERS
        if result.exit_status != 0 and not (
            clusters and have_ended(result.stdout, self.boundary, len(commands))
        ):
            raise ProbeFailed(diagnose(result, self.boundary))
        if not has_begun(result.stdout, self.boundary):
            raise ProbeFailed(diagnose_shell(result))
        return result

    def lines(self, command: Command, *, deadline: Deadline | None = None) -> list[str]:
        """Return the lines that one command printed; raise ProbeFailed or UnparsableError."""
        return split_outputs(self.run(command, deadline=deadline).stdout, self.boundary, 1)[0]

    def optional_lines(self, command: Command, *, reserve: float) -> list[str]:
        """Return the lines that one command printed; none if it fails or no time is left.

        `reserve` is the time in seconds that is left to the commands after it.
        """
        deadline = self._deadline.part(self._deadline.left - reserve)
        if deadline.passed:
            return []
        try:
            return self.lines(command, deadline=deadline)
        except (ProbeFailed, UnparsableError):
            return []


def query_state(
    executor: Executor, query: SlurmQuery, deadline: Deadline, *, login_shell: bool = False
) -> ClusterState:
    """Return what Slurm lists; raise ProbeFailed if it lists nothing within the deadline."""
    conversation = Conversation(executor, deadline, login_shell=login_shell)
    try:
        if query.login_only:
            conversation.run()
            return ClusterState(login_only=True)
        if query.partitions:
            return _query_chosen(conversation, query)
        return _query_all(conversation, query)
    except UnparsableError as error:
        raise ProbeFailed(ProbeFailure(Cause.UNPARSABLE, str(error))) from None


def query_details(
    executor: Executor,
    query: SlurmQuery,
    state: ClusterState,
    deadline: Deadline,
    *,
    login_shell: bool = False,
) -> tuple[Details, MaintenanceListing]:
    """Return the details that can be read in time. A command that fails leaves only its own part empty."""
    limit = deadline.part(min(query.timeout_seconds, _DETAILS_SECONDS))
    conversation = Conversation(executor, limit, login_shell=login_shell, stdout_bytes=_DETAIL_BYTES)
    names = [partition.name for partition in state.partitions]
    chosen = names if query.partitions else []
    reasons = DRAIN_REASONS_WITH_NAMES if query.node_names else DRAIN_REASONS
    # the most important ones first; one that hangs leaves time for the others
    share = _RESERVED_SHARE * limit.seconds
    reservation_lines = conversation.optional_lines(RESERVATIONS.on(query.cluster), reserve=2 * share)
    reason_lines = conversation.optional_lines(reasons.on(query.cluster).of(chosen), reserve=share)
    gpu_lines = conversation.optional_lines(GPUS.on(query.cluster).of(chosen), reserve=0)
    gpus, unreadable_gpus = gpu.parse(gpu_lines)
    reasons_found = drain_reason.parse(reason_lines, conversation.boundary, with_names=query.node_names)
    return (
        Details(gpus=gpus, unreadable_gpus=unreadable_gpus, drain_reasons=reasons_found),
        MaintenanceListing(reservation.parse(reservation_lines, names)),
    )


def _query_all(conversation: Conversation, query: SlurmQuery) -> ClusterState:
    commands = PARTITIONS.on(query.cluster), TOTAL.on(query.cluster)
    result = conversation.run(*commands, clusters=not query.cluster)
    state = sinfo.parse(result.stdout, conversation.boundary)
    _check_listed(state.partitions, result, conversation)
    return replace(state, ignored_clusters=_ignored_clusters(result, conversation, query))


def _query_chosen(conversation: Conversation, query: SlurmQuery) -> ClusterState:
    """List all partitions, then the nodes of the chosen ones, each node once."""
    result = conversation.run(WITH_HIDDEN.on(query.cluster), clusters=not query.cluster)
    listed = sinfo.parse_partitions(split_outputs(result.stdout, conversation.boundary, 1)[0])
    _check_listed(listed.by_name, result, conversation)
    chosen = listed.chosen(query.partitions)
    names = list(chosen.by_name)
    if not names:
        raise ProbeFailed(_no_such_partition(query.partitions, list(listed.by_name)))
    return replace(
        sinfo.add_total(chosen, conversation.lines(TOTAL.on(query.cluster).of(names))),
        named=query.partitions.named,
        patterns=query.partitions.patterns,
        unmatched_patterns=query.partitions.unmatched_patterns(listed.by_name),
        ignored_clusters=_ignored_clusters(result, conversation, query),
    )


def _check_listed(listed: Collection[object], result: CommandResult, conversation: Conversation) -> None:
    """Raise ProbeFailed if sinfo lists no partition and prints an error, with exit status 0."""
    failure = None if listed else diagnose_slurm(result, conversation.boundary)
    if failure:
        raise ProbeFailed(failure)


def _ignored_clusters(result: CommandResult, conversation: Conversation, query: SlurmQuery) -> str:
    return "" if query.cluster else account_clusters(result.stdout, conversation.boundary)


def _no_such_partition(partitions: PartitionFilter, listed: list[str]) -> ProbeFailure:
    patterns, names = ", ".join(partitions.patterns), ", ".join(map(clean, listed)) or "none"
    detail = clean(f"'{patterns}' matches none of the listed partitions: {names}")
    return ProbeFailure(Cause.NO_SUCH_PARTITION, detail, partitions=partitions.patterns)
