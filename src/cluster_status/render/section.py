"""The details of a cluster state, as sections of a title and lines."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from cluster_status.domain.maintenance.listing import Listing, listing
from cluster_status.domain.maintenance.window import Span, contains
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, DrainReason, Gpus
from cluster_status.render.phrases import instant

_MOST_LINES = 50
_ALWAYS = datetime.min.replace(tzinfo=UTC)  # no reservation ended or began before


class Section(Struct, frozen=True):
    title: str
    lines: tuple[str, ...]


def sections(state: ClusterState | None) -> Iterator[Section]:
    """Yield the sections with content, the most important first."""
    if state is None:
        return
    details = state.details or Details()
    gpus = [_gpus(partition, one) for partition, types in details.gpus.items() for one in types]
    gpus += [
        f"{partition}: GPUs of {_nodes(number)} not shown, because their list is missing or too long"
        for partition, number in details.unreadable_gpus.items()
    ]
    for title, lines in (
        ("Maintenance", list(_maintenance(state))),
        ("Why nodes are out of service", [_reason(one) for one in details.drain_reasons]),
        ("GPUs", gpus),
    ):
        if lines:
            yield Section(title, _bounded(lines))


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    rest = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], f"… {rest} more") if rest > 0 else tuple(lines)


def _maintenance(state: ClusterState) -> Iterator[str]:
    """Yield a line for each reservation, and one for those that take their nodes one after another."""
    found = listing(state, _ALWAYS, _ALWAYS) or Listing()
    stages = [one for one in (*found.windows, *found.few) if one.at_once < one.nodes]
    for window in stages:
        yield f"{_nodes(window.nodes)}, at most {window.at_once} at a time, {_time(window)}"
    for one in state.maintenance.reservations if state.maintenance else ():
        time = Span(one.begin, one.end)
        if not any(contains(window, time) for window in stages):
            yield f"{_nodes(one.nodes)} {_time(time)}: {one.name}"


def _time(span: Span) -> str:
    return f"from {instant(span.begin)}" + (f" until {instant(span.end)}" if span.end else "")


def _reason(one: DrainReason) -> str:
    names = f" ({one.node_names})" if one.node_names else ""
    by = f", by {one.set_by}" if one.set_by else ""
    since = f", since {instant(one.since)}" if one.since else ""
    return f"{_nodes(one.nodes)}{names}{since}{by}: {one.reason}"


def _gpus(partition: str, one: Gpus) -> str:
    gpus = f"{one.type} GPUs" if one.type else "GPUs"
    if one.idle is None:
        return f"{partition}: {one.total} {gpus}, number of idle ones unknown"
    return f"{partition}: {one.idle} of {one.total} {gpus} idle"


def _nodes(number: int) -> str:
    return f"{number} node{'' if number == 1 else 's'}"
