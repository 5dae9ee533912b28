"""The maintenance windows that the history remembers."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.lifecycle import Stage
from cluster_status.domain.maintenance.window import DAY, Span, Window

OPEN_END_COUNTS_FOR = timedelta(hours=24)  # while the reservations cannot be read
KEPT_FOR = timedelta(hours=24)  # after the end
_FAR_OFF = timedelta(days=30)
_COMING = frozenset({Stage.ANNOUNCED, Stage.REMINDED})


class KnownWindow(Struct, frozen=True, omit_defaults=True):
    """A window as it was listed last, and as it was announced last; `id` identifies it in notifications."""

    id: str
    window: Window
    stage: Stage = Stage.LISTED
    announced: Window | None = None
    missing: bool = False  # in the last listing

    @property
    def shown(self) -> Window:
        """The form that messages show; before its begin, a change has to be announced first."""
        return self.announced if self.announced and self.stage in _COMING else self.window


class Calendar(Struct, frozen=True, omit_defaults=True):
    """`since` and `read_at`: when the reservations were read first, and last."""

    windows: tuple[KnownWindow, ...] = ()
    since: Instant | None = None
    read_at: Instant | None = None
    unreadable_notice_at: Instant | None = None  # when a run last said that reservations cannot be read

    def with_read_error(self, error: str, at: datetime) -> "Calendar":
        """Return the calendar after a poll with this error; a run reports it once a day."""
        last = self.unreadable_notice_at
        is_due = bool(error) and (last is None or abs(at - last) >= DAY)
        return replace(self, unreadable_notice_at=at) if is_due else self

    def is_running(self, span: Span, at: datetime) -> bool:
        return span.begin <= at and self.time_since_end(span, at) < timedelta()

    def time_since_end(self, span: Span, at: datetime) -> timedelta:
        """Return the time since the end, negative before it. An open end counts for a day after a listing."""
        if span.end is None:
            return at - max(span.begin, self.read_at or span.begin) - OPEN_END_COUNTS_FOR
        return at - span.end

    def get(self, window_id: str) -> KnownWindow | None:
        return next((one for one in self.windows if one.id == window_id), None)

    def of_all_nodes_at(self, at: datetime) -> Window | None:
        """Return the window that takes all nodes at this time.

        One that the last listing lacks does not count: it has ended early, or an outage would be missed.
        """
        windows = (one.window for one in self.windows if not one.missing)
        return next((one for one in windows if one.all_nodes and self.is_running(one.all_nodes, at)), None)

    def until(self, at: datetime) -> datetime | None:
        """Return the latest end of the windows that run, without those that are usual for the cluster."""
        running = [one.window for one in self._running(at)]
        ends = [one.end or max(one.begin, self.read_at or at) + OPEN_END_COUNTS_FOR for one in running]
        return max(ends, default=None)

    def overdue(self, at: datetime, since: datetime) -> KnownWindow | None:
        """Return the window that explained a status since `since`, and should have ended."""
        over = (
            (self.time_since_end(one.window.all_nodes, at), one)
            for one in self.windows
            if one.window.all_nodes
        )
        ended = [(time, one) for time, one in over if timedelta() <= time < KEPT_FOR and since <= at - time]
        return min(ended, key=lambda one: one[0], default=(timedelta(), None))[1]

    def running(self, at: datetime) -> KnownWindow | None:
        """Return the largest window that is listed and runs, without those that are usual for the cluster."""
        return max(self._running(at), key=_size, default=None)

    def _running(self, at: datetime) -> list[KnownWindow]:
        listed = (one for one in self.windows if not (one.missing or _is_usual(one.window, at)))
        return [one for one in listed if self.is_running(one.window, at)]

    def ahead(self, at: datetime) -> list[KnownWindow]:
        """Return the windows that run or come, the earliest first, without those that are usual."""
        coming = (one for one in self.windows if not one.missing and one.window.begin > at)
        unusual = (one for one in coming if not _is_usual(one.window, at))
        return sorted([*self._running(at), *unusual], key=lambda one: one.window.begin)

    def coming(self, at: datetime) -> KnownWindow | None:
        """Return the next window that was announced."""
        coming = [one for one in self.windows if one.stage in _COMING and one.window.begin > at]
        return min(coming, key=lambda one: one.window.begin, default=None)

    def to_show(self, at: datetime, *, in_maintenance: bool) -> KnownWindow | None:
        if in_maintenance:
            return self.running(at) or self.coming(at)
        return self.coming(at) or self.running(at)


def _size(known: KnownWindow) -> tuple[bool, int]:
    return known.window.all_nodes is not None, known.window.nodes


def _is_usual(window: Window, at: datetime) -> bool:
    """Return whether a part of the nodes is reserved again and again, or for a long time."""
    length = (window.end or at) - window.begin
    return window.all_nodes is None and (window.recurring or length > _FAR_OFF)
