"""The capacity that one poll found."""

from msgspec import Struct

from cluster_status.domain.capacity.series import MOST_TYPES
from cluster_status.domain.slurm.all_gpus import all_gpus
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.text import is_short


class Sample(Struct, frozen=True):
    """Numbers of nodes, as in the columns of the table; idle GPUs by type, None if they were not read."""

    idle: int
    allocated: int
    down: int
    gpus: dict[str, int] | None = None


def sample_of(state: ClusterState | None) -> Sample | None:
    """Return the sample of a poll; None if no nodes are listed."""
    if state is None or not state.nodes.total:
        return None
    nodes = state.nodes
    idle = nodes.idle + nodes.powered_down
    gpus = None
    if state.details is not None:
        known = [one for one in all_gpus(state) if one.idle is not None and is_short(one.type)]
        gpus = {one.type: one.idle or 0 for one in known[:MOST_TYPES]}
    return Sample(idle, nodes.in_service - idle, nodes.missing, gpus)
