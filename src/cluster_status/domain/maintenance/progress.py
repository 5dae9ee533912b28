"""How the known windows go on after a poll, and what is sent about them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.calendar import Calendar, KnownWindow
from cluster_status.domain.maintenance.lifecycle import LIFECYCLE, Found, News, Phase, Stage
from cluster_status.domain.maintenance.reading import Reading
from cluster_status.domain.maintenance.window import DAY, Window

_STATUS_FOLLOWS_WITHIN = timedelta(minutes=15)  # after the begin of a maintenance of all nodes
_ANNOUNCING = frozenset({News.SCHEDULED, News.CHANGED, News.STARTED})


class Change(Struct, frozen=True):
    """What is sent about a window; `previous` is how it was announced before.

    `further` is the number of other windows that are announced with it.
    """

    news: News
    id: str
    window: Window
    previous: Window | None = None
    further: int = 0


class Progress(Struct, frozen=True):
    """The calendar after a poll, and what is sent."""

    calendar: Calendar
    changes: tuple[Change, ...] = ()


def proceed(reading: Reading, at: datetime) -> Progress:
    """Return the next stage of each window."""
    windows, changes = [], []
    for known in reading.calendar.windows:
        after, change = _next(reading.calendar, known, reading.found.get(known.id), at)
        windows += [after] if after else []
        changes += [change] if change else []
    return Progress(replace(reading.calendar, windows=tuple(windows)), tuple(_combined(changes, at)))


def carried(progress: Progress, known: KnownWindow | None, at: datetime) -> Progress:
    """Return the progress where a message about the status shows a window, and announces it."""
    if known is None:
        return progress
    calendar = progress.calendar
    if calendar.is_now(known.window, at):
        stage = Stage.RUNNING
    else:
        stage = Stage.REMINDED if known.window.begin - at <= DAY else Stage.ANNOUNCED
    after = replace(known, stage=stage, announced=known.window)
    windows = tuple(after if one.id == known.id else one for one in calendar.windows)
    changes = tuple(one for one in progress.changes if one.id != known.id)
    return Progress(replace(calendar, windows=windows), changes)


def _next(
    calendar: Calendar, known: KnownWindow, found: Found | None, at: datetime
) -> tuple[KnownWindow | None, Change | None]:
    window = known.window
    if found is None or known.stage not in LIFECYCLE:
        return known, None
    step = LIFECYCLE[known.stage][_phase(calendar, window, at)][found]
    if step.news is News.STARTED and _may_status_follow(window, at):
        return known, None
    announced = window if step.news in _ANNOUNCING else known.announced
    after = replace(known, stage=step.stage, announced=announced) if step.stage else None
    if step.news is None:
        return after, None
    if step.news is News.CANCELLED:
        window = known.announced or window
    return after, Change(step.news, known.id, window, known.announced)


def _may_status_follow(window: Window, at: datetime) -> bool:
    """Return whether the status is about to show that a maintenance of all nodes has begun."""
    return window.whole is not None and timedelta() <= at - window.whole.begin < _STATUS_FOLLOWS_WITHIN


def _phase(calendar: Calendar, window: Window, at: datetime) -> Phase:
    if calendar.over_for(window, at) >= timedelta():
        return Phase.AFTER
    if window.begin <= at:
        return Phase.INSIDE
    if window.recurring or window.begin - at > window.lead:
        return Phase.FAR
    return Phase.DAY if window.begin - at <= DAY else Phase.EARLY


def _combined(changes: Iterable[Change], at: datetime) -> list[Change]:
    """Return the changes with one notification of all windows that begin later than in a day."""
    early = [one for one in changes if one.news is News.SCHEDULED and one.window.begin - at > DAY]
    first = min(early, key=lambda one: one.window.begin, default=None)
    others = [one for one in changes if one not in early]
    return [*others, replace(first, further=len(early) - 1)] if first else others
