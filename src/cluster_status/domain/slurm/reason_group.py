"""Drain reasons by their text: sinfo lists nodes apart that were drained in different seconds."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.text import clean

_NAMES_LIMIT = 100


class ReasonGroup(Struct, frozen=True):
    """Nodes with one reason, set by one user. The times are None if Slurm prints none."""

    reason: str
    nodes: int
    newest: datetime | None = None
    oldest: datetime | None = None
    node_names: str = ""
    set_by: str = ""
    partitions: frozenset[str] = frozenset()


def grouped(reasons: Iterable[DrainReason], *, first: Collection[str] = ()) -> tuple[ReasonGroup, ...]:
    """Return the groups, those of the partitions in `first` before others, and most nodes first."""
    together: dict[tuple[str, str], list[DrainReason]] = defaultdict(list)
    for one in reasons:
        together[one.reason, one.set_by].append(one)
    groups = map(_group, together.values())
    return tuple(sorted(groups, key=lambda one: (one.partitions.isdisjoint(first), -one.nodes, one.reason)))


def _group(reasons: Sequence[DrainReason]) -> ReasonGroup:
    times = [one.since for one in reasons if one.since]
    names = sorted(one.node_names for one in reasons if one.node_names)
    return ReasonGroup(
        reason=reasons[0].reason,
        nodes=sum(one.nodes for one in reasons),
        newest=max(times, default=None),
        oldest=min(times, default=None),
        node_names=clean(", ".join(names), limit=_NAMES_LIMIT),
        set_by=reasons[0].set_by,
        partitions=frozenset[str]().union(*(one.partitions for one in reasons)),
    )
