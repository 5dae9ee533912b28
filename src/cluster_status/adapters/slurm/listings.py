"""What Slurm lists beyond the state: maintenance reservations, names of nodes, drain reasons and GPUs.

It is read once a run. A command that fails leaves only its own part empty.
"""

from msgspec import Struct

from cluster_status.adapters.slurm.conversation import Conversation
from cluster_status.domain.slurm import drain_reason, gpu, node_set, reservation
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, MaintenanceListing
from cluster_status.domain.slurm.commands import DRAIN_REASONS, GPUS, NODES, RESERVATIONS, Command
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.partitions.problem import out_of_service


class Listings(Struct, frozen=True):
    """Fields of ClusterState."""

    maintenance: MaintenanceListing | None
    partition_nodes: dict[str, frozenset[str]]
    details: Details | None


def read_listings(conversation: Conversation, query: SlurmQuery, state: ClusterState) -> Listings:
    """Return what the query asks for, the most important first."""
    names = [partition.name for partition in state.partitions]
    chosen = names if query.partitions else []
    redaction = conversation.redaction

    def lines(command: Command) -> list[str]:
        return conversation.ask(command.on(query.cluster).of(map(state.slurm_name, chosen))).lines

    listing = _read_reservations(conversation, query) if query.maintenance else reservation.Listing()
    is_needed = query.details or listing.listed or len(out_of_service(state)) > 1  # they may share nodes
    nodes = node_set.parse(lines(NODES), names, redaction) if is_needed else {}
    reservations = reservation.in_partitions(listing.listed, nodes, chosen=chosen, total=state.nodes.total)
    maintenance = MaintenanceListing(reservations, listing.error) if query.maintenance else None
    if not query.details:
        return Listings(maintenance, nodes, None)
    reasons = drain_reason.parse(
        lines(DRAIN_REASONS),
        conversation.boundary,
        redaction,
        with_names=query.node_names,
        partition_nodes=nodes,
    )
    gpus, unreadable_gpus = gpu.parse(lines(GPUS), redaction)
    return Listings(maintenance, nodes, Details(gpus, reasons, unreadable_gpus))


def _read_reservations(conversation: Conversation, query: SlurmQuery) -> reservation.Listing:
    answer = conversation.ask(RESERVATIONS.on(query.cluster))
    if answer.error:
        return reservation.Listing(error=answer.error)
    return reservation.parse(answer.lines, conversation.redaction)
