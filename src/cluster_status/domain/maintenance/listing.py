"""The maintenance windows that follow from the reservations which Slurm lists.

Reservations that take at least 90 % of the nodes together are a maintenance of all nodes. Others that touch,
or are at most an hour apart, are one maintenance of a part, if they take at least 10 % together.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.scope import Cluster, NodeSet, Scope
from cluster_status.domain.maintenance.window import DAY, OPEN, Span, Window, contains
from cluster_status.domain.slurm.cluster_state import ClusterState

_MOST_RESERVATIONS = 500
APART = timedelta(hours=1)
_FAR_OFF = timedelta(days=30)


class Listing(Struct, frozen=True):
    """Windows in the order of their begin; `few` are those of few nodes, which are not announced.

    `unread`: no reservations were read, and the windows are those known before. `partial`: some were not
    read. `by_number`: there are some, and the nodes of the partitions were not read.
    """

    windows: tuple[Window, ...] = ()
    few: tuple[Window, ...] = ()
    unread: bool = False
    partial: bool = False
    by_number: bool = False


class _Reserved(Span, frozen=True):
    number: int = 0
    nodes: NodeSet = NodeSet()
    recurring: bool = False


class _Segment(Span, frozen=True):
    """A time in which the same reservations apply."""

    reserved: tuple[_Reserved, ...] = ()

    @property
    def nodes(self) -> NodeSet:
        return _together(self.reserved)


def listing(state: ClusterState | None, at: datetime, since: datetime) -> Listing | None:
    """Return the windows at `at`; None if the reservations were not read. `since` is the first poll."""
    maintenance = state.maintenance if state else None
    if state is None or maintenance is None or (maintenance.error and not maintenance.reservations):
        return None
    current = [one for one in maintenance.reservations if one.end is None or one.end > at]
    if not current:
        return Listing(partial=bool(maintenance.error))
    reservations = sorted(current, key=lambda one: -one.nodes)[:_MOST_RESERVATIONS]  # the largest
    cluster = Cluster.of(state, reservations)
    reserved = [
        _Reserved(one.begin, one.end, number, cluster.nodes_of(one), one.recurring)
        for number, one in enumerate(reservations)
    ]
    reserved = [one for one in reserved if cluster.count(one.nodes) and not _is_usual(one, cluster, since)]
    full = _of_all_nodes(reserved, cluster)
    parts = list(_parts(reserved, cluster))
    few = [window for window, scope in parts if scope is Scope.FEW]
    announced = [
        replace(window, partitions=window.partitions if scope is Scope.PART else ())
        for window, scope in parts
        if scope is not Scope.FEW
    ]
    return Listing(
        in_order(with_parts(full, announced)),
        in_order(few),
        partial=bool(maintenance.error),
        by_number=not state.partition_nodes,
    )


def _is_usual(one: _Reserved, cluster: Cluster, since: datetime) -> bool:
    """Return whether it takes few nodes, and recurs, began before the first poll or lasts for a month."""
    lasts = one.last - one.begin > _FAR_OFF
    return (one.recurring or lasts or one.begin < since) and cluster.scope(one.nodes) is Scope.FEW


def _of_all_nodes(reserved: Sequence[_Reserved], cluster: Cluster) -> list[Window]:
    full = [one for one in _segments(reserved) if cluster.scope(one.nodes) is Scope.ALL_NODES]
    windows = [(_window(chain, cluster), _recurs(chain, cluster)) for chain in _chains(full, timedelta())]
    return [
        replace(one, all_nodes=Span(one.begin, one.end), partitions=(), recurring=recurs)
        for one, recurs in windows
    ]


def _recurs(chain: Iterable[_Segment], cluster: Cluster) -> bool:
    """Return whether all nodes are reserved again and again; others may be reserved for a part of them."""

    def takes_all(segment: _Segment, *, recurring: bool) -> bool:
        nodes = _together(one for one in segment.reserved if one.recurring is recurring)
        return cluster.scope(nodes) is Scope.ALL_NODES

    return all(takes_all(one, recurring=True) and not takes_all(one, recurring=False) for one in chain)


def _parts(reserved: Sequence[_Reserved], cluster: Cluster) -> Iterator[tuple[Window, Scope]]:
    """Yield the maintenance of parts; what lasts for days is not one with what lasts for hours."""
    smaller = [one for one in reserved if cluster.scope(one.nodes) is not Scope.ALL_NODES]
    for long in (False, True):
        alike = [one for one in smaller if (one.last - one.begin > DAY) is long]
        for chain in _chains(_segments(alike), APART):
            yield _window(chain, cluster), cluster.scope(_nodes_of(chain))


def with_parts(full: Sequence[Window], parts: Sequence[Window]) -> Iterator[Window]:
    """Yield windows of all nodes and of parts; a part that reaches at most a day beyond one belongs to it."""
    for one in full:
        window = one
        for part in parts:
            if _belongs(part, one):
                end = None if part.end is None or window.end is None else max(part.end, window.end)
                window = replace(window, begin=min(part.begin, window.begin), end=end)
        yield window
    for part in parts:
        if not any(_belongs(part, one) for one in full):
            yield part


def _belongs(part: Window, full: Window) -> bool:
    if full.recurring and not part.recurring:
        return False
    touch = part.begin <= full.last and full.begin <= part.last
    beyond = max(timedelta(), full.begin - part.begin) + max(timedelta(), part.last - full.last)
    return contains(full, part) or (touch and beyond <= DAY)


def _segments(reserved: Sequence[_Reserved]) -> list[_Segment]:
    bounds = sorted({one.begin for one in reserved} | {one.last for one in reserved})
    segments = []
    for begin, last in pairwise(bounds):
        active = tuple(one for one in reserved if one.begin <= begin < one.last)
        if active:
            segments.append(_Segment(begin, None if last == OPEN else last, active))
    return segments


def _chains(segments: Iterable[_Segment], apart: timedelta) -> list[list[_Segment]]:
    """Group segments, in the order of their begin, that are at most so far apart."""
    chains: list[list[_Segment]] = []
    for one in segments:
        if chains and one.begin - chains[-1][-1].last <= apart:
            chains[-1].append(one)
        else:
            chains.append([one])
    return chains


def _window(chain: Sequence[_Segment], cluster: Cluster) -> Window:
    nodes = _nodes_of(chain)
    return Window(
        chain[0].begin,
        chain[-1].end,
        nodes=cluster.count(nodes),
        concurrent_nodes=max(cluster.count(one.nodes) for one in chain),
        partitions=cluster.partitions_in(nodes),
        recurring=all(one.recurring for segment in chain for one in segment.reserved),
        job_hours=cluster.job_hours_of(nodes),
    )


def _nodes_of(chain: Iterable[_Segment]) -> NodeSet:
    return _together({one.number: one for segment in chain for one in segment.reserved}.values())


def _together(reserved: Iterable[_Reserved]) -> NodeSet:
    nodes = NodeSet()
    for one in reserved:
        nodes |= one.nodes
    return nodes


def in_order(windows: Iterable[Window]) -> tuple[Window, ...]:
    return tuple(sorted(windows, key=lambda one: (one.begin, one.last)))
