"""The lost partitions as a detail of the verdict."""

from collections.abc import Iterable

from cluster_status.domain.slurm.cluster_state import ClusterState

_MOST_NAMED = 20


def detail_of(names: Iterable[str], state: ClusterState) -> str:
    listed = {partition.name: partition for partition in state.partitions}
    details = []
    for name in names:
        if name not in listed:
            details.append(f"{name} is no longer listed")
            continue
        nodes, word = listed[name].nodes, listed[name].availability
        shown = name if word == "up" else f"{name} ({word})"
        details.append(f"{shown}: {nodes.in_service} of {nodes.total} nodes in service")
    more = len(details) - _MOST_NAMED
    return "; ".join(details[:_MOST_NAMED] + ([f"{more} more"] if more > 0 else []))
