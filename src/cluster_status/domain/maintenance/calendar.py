"""The maintenance windows that the history remembers."""

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.open_enum import OpenEnum


class Stage(OpenEnum):
    """How far a maintenance has got."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    OVERDUE = "overdue"  # its end has passed, and the cluster is not back


class KnownWindow(Struct, frozen=True, omit_defaults=True):
    """A window that was listed; `id` identifies it in notifications."""

    id: str
    window: Window
    stage: Stage = Stage.SCHEDULED


class Calendar(Struct, frozen=True, omit_defaults=True):
    windows: tuple[KnownWindow, ...] = ()
    unreadable_notice_at: Instant | None = None  # when a run last said that reservations cannot be read
