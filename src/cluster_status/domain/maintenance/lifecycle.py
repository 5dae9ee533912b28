"""The life of a maintenance window: what is sent when, as a table.

The table is total: a new stage or phase is a new row, or the tests fail.
"""

from enum import Enum

from msgspec import Struct

from cluster_status.domain.open_enum import OpenEnum


class Stage(OpenEnum):
    """How far a maintenance has got, for the channels."""

    LISTED = "listed"  # not announced
    ANNOUNCED = "announced"  # more than a day before its begin
    REMINDED = "reminded"  # announced within a day of its begin, or again
    RUNNING = "running"  # its begin was notified
    OVER = "over"  # it is kept for a day


class Phase(Enum):
    """The time, seen from the window as it was listed last."""

    FAR = "not due yet"
    EARLY = "due, more than a day before the begin"
    DAY = "within a day of the begin"
    INSIDE = "inside"
    AFTER = "after the end"


class Found(Enum):
    """What Slurm lists now, compared with what was announced."""

    SAME = "the same"
    CHANGED = "other times or nodes"
    GONE = "no longer listed"
    UNREAD = "reservations not read"


class WindowEvent(Enum):
    SCHEDULED = "scheduled"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    STARTED = "started"
    ENDED = "ended"


class Step(Struct, frozen=True):
    """The next stage, None to forget the window, and what is sent."""

    stage: Stage | None
    event: WindowEvent | None = None


_LISTED, _ANNOUNCED, _REMINDED = Step(Stage.LISTED), Step(Stage.ANNOUNCED), Step(Stage.REMINDED)
_RUNNING, _OVER, _FORGET = Step(Stage.RUNNING), Step(Stage.OVER), Step(None)
_ANNOUNCE = Step(Stage.ANNOUNCED, WindowEvent.SCHEDULED)
_REMIND = Step(Stage.REMINDED, WindowEvent.SCHEDULED)
_MOVE_FAR = Step(Stage.ANNOUNCED, WindowEvent.CHANGED)  # it is announced again a day before
_MOVE_NEAR = Step(Stage.REMINDED, WindowEvent.CHANGED)
_PROLONG = Step(Stage.RUNNING, WindowEvent.CHANGED)
_CANCEL = Step(None, WindowEvent.CANCELLED)
_START = Step(Stage.RUNNING, WindowEvent.STARTED)
_BREAK_OFF = Step(None, WindowEvent.ENDED)
_END = Step(Stage.OVER, WindowEvent.ENDED)


def _row(same: Step, changed: Step, gone: Step, unread: Step) -> dict[Found, Step]:
    return {Found.SAME: same, Found.CHANGED: changed, Found.GONE: gone, Found.UNREAD: unread}


LIFECYCLE: dict[Stage, dict[Phase, dict[Found, Step]]] = {
    Stage.LISTED: {
        Phase.FAR: _row(_LISTED, _LISTED, _FORGET, _LISTED),
        Phase.EARLY: _row(_ANNOUNCE, _ANNOUNCE, _FORGET, _LISTED),
        Phase.DAY: _row(_REMIND, _REMIND, _FORGET, _LISTED),
        Phase.INSIDE: _row(_LISTED, _LISTED, _FORGET, _LISTED),
        Phase.AFTER: _row(_OVER, _OVER, _OVER, _OVER),
    },
    Stage.ANNOUNCED: {
        Phase.FAR: _row(_ANNOUNCED, _MOVE_FAR, _CANCEL, _ANNOUNCED),
        Phase.EARLY: _row(_ANNOUNCED, _MOVE_FAR, _CANCEL, _ANNOUNCED),
        Phase.DAY: _row(_REMIND, _MOVE_NEAR, _CANCEL, _ANNOUNCED),
        Phase.INSIDE: _row(_START, _START, _CANCEL, _ANNOUNCED),
        Phase.AFTER: _row(_OVER, _OVER, _OVER, _OVER),
    },
    Stage.REMINDED: {
        Phase.FAR: _row(_REMINDED, _MOVE_FAR, _CANCEL, _REMINDED),
        Phase.EARLY: _row(_REMINDED, _MOVE_FAR, _CANCEL, _REMINDED),
        Phase.DAY: _row(_REMINDED, _MOVE_NEAR, _CANCEL, _REMINDED),
        Phase.INSIDE: _row(_START, _START, _CANCEL, _REMINDED),
        Phase.AFTER: _row(_OVER, _OVER, _OVER, _OVER),
    },
    Stage.RUNNING: {
        Phase.FAR: _row(_RUNNING, _MOVE_FAR, _BREAK_OFF, _RUNNING),
        Phase.EARLY: _row(_RUNNING, _MOVE_FAR, _BREAK_OFF, _RUNNING),
        Phase.DAY: _row(_RUNNING, _MOVE_NEAR, _BREAK_OFF, _RUNNING),
        Phase.INSIDE: _row(_RUNNING, _PROLONG, _BREAK_OFF, _RUNNING),
        Phase.AFTER: _row(_END, _END, _END, _RUNNING),
    },
    Stage.OVER: {
        Phase.FAR: _row(_OVER, _MOVE_FAR, _FORGET, _OVER),
        Phase.EARLY: _row(_OVER, _MOVE_FAR, _FORGET, _OVER),
        Phase.DAY: _row(_OVER, _MOVE_NEAR, _FORGET, _OVER),
        Phase.INSIDE: _row(_RUNNING, _PROLONG, _FORGET, _OVER),
        Phase.AFTER: _row(_OVER, _OVER, _OVER, _OVER),
    },
}
