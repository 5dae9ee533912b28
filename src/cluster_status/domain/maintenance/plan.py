"""What the user writes for readers: maintenance windows that are planned by hand, and a notice."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.listing import Listing, in_order, with_parts
from cluster_status.domain.maintenance.window import OPEN, Span, Window, overlap
from cluster_status.domain.redaction import Redaction


class PlannedWindow(Struct, frozen=True):
    """A maintenance of all nodes. The note is public, and is never stored."""

    begin: Instant
    end: Instant
    note: str = ""

    def is_running(self, at: datetime) -> bool:
        return self.begin <= at < self.end


class Plan(Struct, frozen=True):
    windows: tuple[PlannedWindow, ...] = ()
    notice: str = ""

    def redacted(self, redaction: Redaction) -> "Plan":
        """Return the plan as it may be shown."""
        windows = (replace(one, note=redaction.clean_name(one.note)) for one in self.windows)
        return Plan(tuple(windows), redaction.clean_name(self.notice))

    def current(self, at: datetime) -> tuple[PlannedWindow, ...]:
        """Return the windows that are not over, the earliest first."""
        return tuple(sorted((one for one in self.windows if at < one.end), key=lambda one: one.begin))

    def running(self, at: datetime) -> Window | None:
        """Return what a run without a history knows of a maintenance."""
        return next((_window(one) for one in self.windows if one.is_running(at)), None)

    def note_of(self, window: Window) -> str:
        """Return the notes of the planned windows that are a part of this one."""
        if not window.planned:
            return ""
        parts = (one for one in self.windows if overlap(Span(one.begin, one.end), window))
        return "; ".join(dict.fromkeys(one.note for one in parts if one.note))


NO_PLAN = Plan()


def with_planned(listing: Listing, planned: Iterable[PlannedWindow]) -> Listing:
    """Return the listing with these windows, too. Windows of all nodes that touch are one maintenance."""
    own = [_window(one) for one in planned]
    if not own:
        return listing
    full = _chained([*own, *(one for one in listing.windows if one.all_nodes)])
    parts = [one for one in listing.windows if not one.all_nodes]
    return replace(listing, windows=in_order(with_parts(full, parts)))


def _window(one: PlannedWindow) -> Window:
    span = Span(one.begin, one.end)
    return Window(span.begin, span.end, all_nodes=span, planned=True, reserved=False)


def _chained(windows: Iterable[Window]) -> list[Window]:
    chained: list[Window] = []
    for one in sorted(windows, key=lambda window: _all_nodes(window).begin):
        if chained and _all_nodes(one).begin <= _all_nodes(chained[-1]).last:
            chained[-1] = _union(chained[-1], one)
        else:
            chained.append(one)
    return chained


def _union(one: Window, other: Window) -> Window:
    span, all_nodes = _hull(one, other), _hull(_all_nodes(one), _all_nodes(other))
    return Window(
        span.begin,
        span.end,
        nodes=max(one.nodes, other.nodes),
        concurrent_nodes=max(one.concurrent_nodes, other.concurrent_nodes),
        all_nodes=all_nodes,
        recurring=one.recurring and other.recurring,
        job_hours=max(one.job_hours, other.job_hours),
        planned=one.planned or other.planned,
        reserved=one.reserved or other.reserved,
    )


def _hull(one: Span, other: Span) -> Span:
    last = max(one.last, other.last)
    return Span(min(one.begin, other.begin), None if last == OPEN else last)


def _all_nodes(window: Window) -> Span:
    return window.all_nodes or window
