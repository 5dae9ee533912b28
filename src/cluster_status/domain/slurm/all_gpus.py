"""The GPUs of a whole cluster. Slurm lists them by partition, and partitions can share nodes."""

from cluster_status.domain.slurm.cluster_state import ClusterState, Gpus


def all_gpus(state: ClusterState) -> tuple[Gpus, ...]:
    """Return the GPUs by type, the most first.

    Each GPU counts once: of partitions that share nodes, the one with the most GPUs of the type counts.
    Partitions whose nodes are not known count as partitions that share nodes.
    """
    by_type: dict[str, list[tuple[Gpus, frozenset[str] | None]]] = {}
    for name, types in (state.details.gpus if state.details else {}).items():
        for one in types:
            by_type.setdefault(one.type, []).append((one, state.partition_nodes.get(name)))
    found = (_all_of(kind, listed) for kind, listed in by_type.items())
    return tuple(sorted(found, key=lambda one: (-one.total, one.type)))


def _all_of(kind: str, listed: list[tuple[Gpus, frozenset[str] | None]]) -> Gpus:
    total, idle, counted = 0, 0, frozenset[str]()
    is_known = True
    for one, nodes in sorted(listed, key=lambda pair: -pair[0].total):
        if total and (not nodes or not counted or nodes & counted):
            continue
        total += one.total
        counted |= nodes or frozenset()
        is_known = is_known and one.idle is not None
        idle += one.idle or 0
    return Gpus(kind, total, idle if is_known else None)
