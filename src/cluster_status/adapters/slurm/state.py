"""The state of the cluster: the partitions, and the nodes of the whole cluster."""

from collections.abc import Collection

from msgspec.structs import replace

from cluster_status.adapters.slurm.conversation import Conversation
from cluster_status.domain.execution import CommandResult
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm import sinfo
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.commands import (
    PARTITIONS,
    TOTAL,
    WITH_HIDDEN,
    account_clusters,
    split_outputs,
)
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.diagnosis import diagnose_slurm
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.errors import UnparsableError


def query_state(conversation: Conversation, query: SlurmQuery) -> ClusterState:
    """Return what Slurm lists; raise ProbeFailed if it lists nothing in time."""
    try:
        if query.login_only:
            conversation.run()
            return ClusterState(login_only=True)
        if query.partitions:
            return _query_chosen(conversation, query)
        return _query_all(conversation, query)
    except UnparsableError as error:
        raise ProbeFailed(ProbeFailure(Cause.UNPARSABLE, str(error))) from None


def _query_all(conversation: Conversation, query: SlurmQuery) -> ClusterState:
    commands = PARTITIONS.on(query.cluster), TOTAL.on(query.cluster)
    result = conversation.run(*commands, clusters=not query.cluster)
    state = sinfo.parse(result.stdout, conversation.boundary, conversation.redaction)
    _check_listed(state.partitions, result, conversation)
    return replace(state, ignored_clusters=_ignored_clusters(result, conversation, query))


def _query_chosen(conversation: Conversation, query: SlurmQuery) -> ClusterState:
    """List all partitions, then the nodes of the chosen ones, each node once."""
    result = conversation.run(WITH_HIDDEN.on(query.cluster), clusters=not query.cluster)
    redaction = conversation.redaction
    lines = split_outputs(result.stdout, conversation.boundary, 1, redaction)[0]
    listed = sinfo.parse_partitions(lines, redaction)
    _check_listed(listed.by_name, result, conversation)
    chosen = listed.chosen(query.partitions)
    names = list(chosen.by_name)
    if not names:
        raise ProbeFailed(_no_such_partition(query.partitions, list(listed.by_name), redaction))
    return replace(
        sinfo.add_total(chosen, conversation.lines(TOTAL.on(query.cluster).of(names)), redaction),
        named=tuple(sinfo.partition_name(name, redaction) for name in query.partitions.named),
        patterns=query.partitions.patterns,
        unmatched_patterns=query.partitions.unmatched_patterns(listed.by_name),
        ignored_clusters=_ignored_clusters(result, conversation, query),
    )


def _check_listed(listed: Collection[object], result: CommandResult, conversation: Conversation) -> None:
    """Raise ProbeFailed if sinfo lists no partition and prints an error, with exit status 0."""
    failure = None if listed else diagnose_slurm(result, conversation.boundary, conversation.redaction)
    if failure:
        raise ProbeFailed(failure)


def _ignored_clusters(result: CommandResult, conversation: Conversation, query: SlurmQuery) -> str:
    if query.cluster:
        return ""
    return account_clusters(result.stdout, conversation.boundary, conversation.redaction)


def _no_such_partition(partitions: PartitionFilter, listed: list[str], redaction: Redaction) -> ProbeFailure:
    patterns, names = ", ".join(partitions.patterns), ", ".join(listed) or "none"
    detail = redaction.clean_name(f"'{patterns}' matches none of the listed partitions: {names}")
    return ProbeFailure(Cause.NO_SUCH_PARTITION, detail, partitions=partitions.patterns)
