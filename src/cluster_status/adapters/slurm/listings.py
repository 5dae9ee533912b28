"""What Slurm lists beyond the state: maintenance reservations, names of nodes, drain reasons and GPUs.

It is read once a run. A command that fails leaves only its own part empty.
"""

from msgspec import Struct

from cluster_status.adapters.slurm.conversation import Conversation
from cluster_status.domain.slurm import drain_reason, gpu, node_set, pending, reservation
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, MaintenanceListing, Pending
from cluster_status.domain.slurm.commands import (
    CONFIGURATION,
    DRAIN_REASONS,
    GPUS,
    NODES,
    PENDING,
    RESERVATIONS,
    Command,
)
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.partitions.problem import out_of_service

_PENDING_SECONDS = 5.0


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
    return Listings(
        maintenance, nodes, Details(gpus, reasons, unreadable_gpus, _read_pending(conversation, query, state))
    )


def _read_pending(conversation: Conversation, query: SlurmQuery, state: ClusterState) -> dict[str, Pending]:
    """Return the pending jobs by partition; empty if they are not known."""
    slurm_names = {partition.name: state.slurm_name(partition.name) for partition in state.partitions}
    jobs, configuration = conversation.ask_all(
        PENDING.on(query.cluster).of(slurm_names.values() if query.partitions else ()),
        CONFIGURATION.on(query.cluster),
        seconds=_PENDING_SECONDS,
    )
    if jobs.error or not pending.are_visible(configuration.lines):
        return {}
    found = pending.parse(jobs.lines, slurm_names.values())
    return {name: found[slurm_name] for name, slurm_name in slurm_names.items()} if found else {}


def _read_reservations(conversation: Conversation, query: SlurmQuery) -> reservation.Listing:
    answer = conversation.ask(RESERVATIONS.on(query.cluster))
    if answer.error:
        return reservation.Listing(error=answer.error)
    return reservation.parse(answer.lines, conversation.redaction)
