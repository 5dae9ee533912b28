"""The details of a cluster state, as sections of a title and lines."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from cluster_status.domain.maintenance.listing import Listing, listing
from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.maintenance.window import Span, contains
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, Gpus, Partition
from cluster_status.domain.slurm.reason_group import ReasonGroup, grouped
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.site_checks.result import CheckResult
from cluster_status.render import queue, reasons
from cluster_status.render.phrases import instant

_MAINTENANCE = "Maintenance"
_MOST_LINES = 50
_WORDS = {
    Cause.PATH_HANGS: "hangs",
    Cause.PATH_FAILS: "fails",
    Cause.PATH_MISSING: "missing",
    Cause.PATH_FULL: "full",
}
_ALWAYS = datetime.min.replace(tzinfo=UTC)  # no reservation ended or began before


class Section(Struct, frozen=True):
    title: str
    lines: tuple[str, ...]


def check_section(results: Sequence[CheckResult]) -> Iterator[Section]:
    """Yield the section of the site checks, if there are any, those that fail first."""
    ordered = sorted(results, key=lambda one: (one.cause is None, not one.not_run))
    if ordered:
        yield Section("Site checks", _bounded([_check(one) for one in ordered]))


def _check(one: CheckResult) -> str:
    if one.not_run:
        return f"{one.name}: could not run ({one.not_run})"
    word = (_WORDS.get(one.cause, "fails") if one.cause else "well") + (
        f": {one.output}" if one.output else ""
    )
    return f"{one.name}: {word}"


def sections(
    state: ClusterState | None,
    *,
    planned: Iterable[PlannedWindow] = (),
    lost: Collection[str] = (),
    at: datetime | None = None,
) -> Iterator[Section]:
    """Yield the sections with content, the most important first. `lost` are names of partitions.

    Without the time of the poll, there are no pending jobs.
    """
    state = state or ClusterState()
    details = state.details or Details()
    for title, lines in (
        (_MAINTENANCE, [*map(_planned, planned), *_maintenance(state)]),
        (reasons.HEADING, [_reason(one) for one in grouped(details.drain_reasons, first=lost)]),
        ("GPUs", list(_gpus(state.partitions, details))),
        (queue.HEADING, list(queue.lines(details.pending, at)) if at else []),
    ):
        if lines:
            yield Section(title, _bounded(lines))


def planned_maintenance(clusters: Iterable[tuple[str, Iterable[PlannedWindow]]]) -> Iterator[Section]:
    """Yield a section with the maintenance that the user planned for clusters, if there is one."""
    lines = [f"{name}: {_planned(one)}" for name, windows in clusters for one in windows]
    if lines:
        yield Section(_MAINTENANCE, _bounded(lines))


def _bounded(lines: Sequence[str]) -> tuple[str, ...]:
    rest = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], f"… {rest} more") if rest > 0 else tuple(lines)


def _planned(one: PlannedWindow) -> str:
    return f"planned {_time(Span(one.begin, one.end))}" + (f": {one.note}" if one.note else "")


def _maintenance(state: ClusterState) -> Iterator[str]:
    """Yield a line for each reservation, and one for those that take their nodes one after another."""
    found = listing(state, _ALWAYS, _ALWAYS) or Listing()
    stages = [one for one in (*found.windows, *found.few) if one.concurrent_nodes < one.nodes]
    for window in stages:
        yield f"{reasons.nodes(window.nodes)}, at most {window.concurrent_nodes} at a time, {_time(window)}"
    for one in state.maintenance.reservations if state.maintenance else ():
        time = Span(one.begin, one.end)
        if not any(contains(window, time) for window in stages):
            yield f"{reasons.nodes(one.nodes)} {_time(time)}: {one.name}"


def _time(span: Span) -> str:
    return f"from {instant(span.begin)}" + (f" until {instant(span.end)}" if span.end else "")


def _reason(one: ReasonGroup) -> str:
    return f"{reasons.which(one)}: {reasons.why(one)}{_since(one)}"


def _since(one: ReasonGroup) -> str:
    if one.newest is None or one.oldest is None:
        return ""
    if one.newest == one.oldest:
        return f", since {instant(one.newest)}"
    return f", set between {instant(one.oldest)} and {instant(one.newest)}"


def _gpus(partitions: Iterable[Partition], details: Details) -> Iterator[str]:
    not_up = {one.name: one.availability for one in partitions if not one.is_up}
    for name, types in details.gpus.items():
        for one in types:
            yield f"{name}: {_gpus_of_type(one, not_up.get(name))}"
    for name, number in details.unreadable_gpus.items():
        yield f"{name}: GPUs of {reasons.nodes(number)} not shown, because their list is missing or too long"


def _gpus_of_type(one: Gpus, not_up: str | None) -> str:
    gpus = f"{one.type} GPUs" if one.type else "GPUs"
    if not_up is not None:
        return f"{one.total} {gpus}, partition is {not_up}"
    if one.idle is None:
        return f"{one.total} {gpus}, number of idle ones unknown"
    return f"{one.idle} of {one.total} {gpus} idle"
