"""What the share of nodes in service is counted from. Both commands are run only if they are needed."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from cluster_status.adapters.slurm.conversation import Conversation
from cluster_status.domain.slurm import out_of_service, sinfo
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, Partition
from cluster_status.domain.slurm.commands import OUT_OF_SERVICE, TOTAL
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.partitions.report import usual_at_first
from cluster_status.errors import UnparsableError


def add_share(
    conversation: Conversation, query: SlurmQuery, state: ClusterState, usual: Collection[str] | None
) -> ClusterState:
    """Add the nodes that count, and since when some of them are out of service.

    `usual` are the partitions that are usually out of service; None at the first poll, which shows them.
    """
    if usual is None:
        usual = usual_at_first(state)
    counted = [partition for partition in state.partitions if partition.name not in usual]
    counting = None
    if counted and len(counted) < len(state.partitions):
        counting = _count(conversation, query, state, counted)
    if counting:
        state = replace(state, counting=counting, counted=tuple(partition.name for partition in counted))
    nodes = counting or state.nodes
    if 100 * nodes.in_service >= query.degraded_below * nodes.total:
        return state
    restricted = counted if counting else state.partitions if query.partitions else ()
    command = OUT_OF_SERVICE.on(query.cluster).of(state.slurm_name(one.name) for one in restricted)
    return replace(state, out_since=out_of_service.parse(conversation.ask(command).lines))


def _count(
    conversation: Conversation, query: SlurmQuery, state: ClusterState, counted: Sequence[Partition]
) -> NodeCounts | None:
    """Return the nodes of these partitions, each once; None if they cannot be read."""
    listed = sinfo.Partitions({state.slurm_name(one.name): one for one in counted})
    try:
        answer = conversation.ask(TOTAL.on(query.cluster).of(listed.by_name))
        return sinfo.add_total(listed, answer.lines, conversation.redaction).nodes if answer.lines else None
    except UnparsableError:
        return None
