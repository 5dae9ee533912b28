"""The next stage of each known window after a poll, and what is sent about it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.calendar import Calendar, KnownWindow
from cluster_status.domain.maintenance.comparison import Comparison
from cluster_status.domain.maintenance.lifecycle import LIFECYCLE, Found, Phase, Stage, WindowEvent
from cluster_status.domain.maintenance.window import DAY, Window

_STATUS_FOLLOWS_WITHIN = timedelta(minutes=15)  # after the begin of a maintenance of all nodes
_ANNOUNCING = frozenset({WindowEvent.SCHEDULED, WindowEvent.CHANGED, WindowEvent.STARTED})


class WindowChange(Struct, frozen=True):
    """What is sent about a window; `previous` is how it was announced before.

    `further` is the number of other windows that are announced with it.
    """

    event: WindowEvent
    id: str
    window: Window
    previous: Window | None = None
    further: int = 0


class CalendarUpdate(Struct, frozen=True):
    """The calendar after a poll, and what is sent."""

    calendar: Calendar
    changes: tuple[WindowChange, ...] = ()


def updated(comparison: Comparison, at: datetime) -> CalendarUpdate:
    """Return the calendar with the next stage of each window."""
    windows, changes = [], []
    for known in comparison.calendar.windows:
        after, change = _next(comparison.calendar, known, comparison.found.get(known.id), at)
        windows += [after] if after else []
        changes += [change] if change else []
    return CalendarUpdate(replace(comparison.calendar, windows=tuple(windows)), tuple(_combined(changes, at)))


def with_announced(update: CalendarUpdate, known: KnownWindow | None, at: datetime) -> CalendarUpdate:
    """Return the update if a message about the status announces this window."""
    if known is None:
        return update
    calendar = update.calendar
    if calendar.is_running(known.window, at):
        stage = Stage.RUNNING
    else:
        stage = Stage.REMINDED if known.window.begin - at <= DAY else Stage.ANNOUNCED
    after = replace(known, stage=stage, announced=known.window)
    windows = tuple(after if one.id == known.id else one for one in calendar.windows)
    changes = tuple(one for one in update.changes if one.id != known.id)
    return CalendarUpdate(replace(calendar, windows=windows), changes)


def _next(
    calendar: Calendar, known: KnownWindow, found: Found | None, at: datetime
) -> tuple[KnownWindow | None, WindowChange | None]:
    window = known.window
    if found is None or known.stage not in LIFECYCLE:
        return known, None
    step = LIFECYCLE[known.stage][_phase(calendar, window, at)][found]
    if step.event is WindowEvent.STARTED and _may_status_follow(window, at):
        return known, None
    announced = window if step.event in _ANNOUNCING else known.announced
    after = replace(known, stage=step.stage, announced=announced) if step.stage else None
    if step.event is None:
        return after, None
    if step.event is WindowEvent.CANCELLED:
        window = known.announced or window
    return after, WindowChange(step.event, known.id, window, known.announced)


def _may_status_follow(window: Window, at: datetime) -> bool:
    """Return whether the status is about to show that a maintenance of all nodes has begun."""
    return (
        window.all_nodes is not None and timedelta() <= at - window.all_nodes.begin < _STATUS_FOLLOWS_WITHIN
    )


def _phase(calendar: Calendar, window: Window, at: datetime) -> Phase:
    if calendar.time_since_end(window, at) >= timedelta():
        return Phase.AFTER
    if window.begin <= at:
        return Phase.INSIDE
    if window.recurring or window.begin - at > window.lead:
        return Phase.FAR
    return Phase.DAY if window.begin - at <= DAY else Phase.EARLY


def _combined(changes: Iterable[WindowChange], at: datetime) -> list[WindowChange]:
    """Return the changes with one notification of all windows that begin later than in a day."""
    early = [one for one in changes if one.event is WindowEvent.SCHEDULED and one.window.begin - at > DAY]
    first = min(early, key=lambda one: one.window.begin, default=None)
    others = [one for one in changes if one not in early]
    return [*others, replace(first, further=len(early) - 1)] if first else others
