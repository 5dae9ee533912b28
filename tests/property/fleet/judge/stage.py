"""How far a maintenance has got for a channel, and what may and must be sent then."""

from enum import StrEnum

from msgspec import Struct

from cluster_status.domain.maintenance import window as product
from cluster_status.domain.notification.event import Event
from tests.property.fleet.judge.mistake import Kind
from tests.property.fleet.model.calendar import (
    LONGEST_NOTICE,
    Phase,
    Times,
    Window,
    must_be_scheduled,
    notice,
)
from tests.property.fleet.model.model import Picture
from tests.property.fleet.world.truth import DAY, HOUR, MINUTE

_LATE = 15 * MINUTE


class Stage(StrEnum):
    SILENT = "nothing"
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    STARTED = "started"
    OVERDUE = "overdue"
    MAY_HAVE_ENDED = "the cluster is back from something else"
    ENDED = "ended"


class Said(Struct):
    """What the channel was notified of one maintenance, and when it was last reminded of its begin."""

    stage: Stage = Stage.SILENT
    times: Times = (0, 0)
    at: int = 0
    reminded: bool = False


def judge(  # noqa: PLR0911, PLR0913, PLR0917 - a case for each event
    event: Event, said: Said, window: Window, phase: Phase, times: Times, at: int
) -> tuple[Kind | None, bool]:
    """Return what is wrong with an event of a maintenance, and whether it is news."""
    if phase is Phase.UNCLEAR:
        return None, True
    is_current = times == window.times
    match event:
        case Event.INITIAL:
            return None, True
        case Event.MAINTENANCE_SCHEDULED:
            if phase is not Phase.BEFORE or not is_current or said.stage is Stage.STARTED:
                return Kind.CONTRADICTION, True
            if window.times[0] - at > LONGEST_NOTICE + _LATE:
                return Kind.FALSE_ALARM, True
            if said.stage is not Stage.SCHEDULED:
                return None, True
            is_reminder = window.times[0] - at <= DAY and not said.reminded
            return (None if said.times == times else Kind.CONTRADICTION), is_reminder
        case Event.MAINTENANCE_CHANGED:
            is_known = said.stage in {Stage.SCHEDULED, Stage.STARTED}
            wrong = None if is_current and is_known else Kind.CONTRADICTION
            return wrong, said.times != times
        case Event.MAINTENANCE_CANCELLED:
            is_gone = phase is Phase.VOID or (phase is Phase.OVER and said.stage is Stage.SCHEDULED)
            return (None if is_gone else Kind.FALSE_ALARM), said.stage is Stage.SCHEDULED
        case Event.MAINTENANCE_STARTED:
            wrong = None if phase is Phase.RUNNING else Kind.FALSE_ALARM
            return wrong, said.stage is not Stage.STARTED
        case _:
            return (None if phase is Phase.OVER else Kind.FALSE_ALARM), said.stage is not Stage.OVERDUE


def note(said: Said, event: Event, times: Times, at: int) -> None:
    is_reminder = event is Event.MAINTENANCE_SCHEDULED and times[0] - at <= DAY
    said.reminded = is_reminder or (said.reminded and said.times[0] == times[0])
    said.times, said.at = times, at
    said.stage = {
        Event.MAINTENANCE_SCHEDULED: Stage.SCHEDULED,
        Event.MAINTENANCE_CANCELLED: Stage.CANCELLED,
        Event.MAINTENANCE_STARTED: Stage.STARTED,
        Event.MAINTENANCE_OVERDUE: Stage.OVERDUE,
    }.get(event, said.stage)


def before(said: Said, window: Window, picture: Picture) -> Event | None:
    """Return what a channel needs before a maintenance begins."""
    left = window.times[0] - picture.at
    if said.stage is Stage.STARTED:  # by a wrong clock, or it was postponed while it ran
        return Event.MAINTENANCE_CHANGED if said.times != window.times else None
    if said.stage is Stage.SCHEDULED:
        if said.times != window.times:
            return Event.MAINTENANCE_CHANGED
        is_old = said.at < window.times[0] - DAY - HOUR
        return Event.MAINTENANCE_SCHEDULED if left <= DAY and is_old and not said.reminded else None
    is_news = must_be_scheduled(window, picture.reading.truth, picture.counting)
    is_near = left <= notice(window, picture.reading.truth.partitions)
    return Event.MAINTENANCE_SCHEDULED if is_news and is_near else None


def times_of(shown: product.Window) -> Times:
    return int(shown.begin.timestamp()), int(shown.end.timestamp()) if shown.end else None
