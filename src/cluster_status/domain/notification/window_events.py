"""The notifications about maintenance windows, and which pending ones they replace."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.maintenance.calendar import Calendar, KnownWindow
from cluster_status.domain.maintenance.lifecycle import Stage, WindowEvent
from cluster_status.domain.maintenance.update import WindowChange
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import PartitionReport
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.incident import Incident

EVENTS = {
    WindowEvent.SCHEDULED: Event.MAINTENANCE_SCHEDULED,
    WindowEvent.CHANGED: Event.MAINTENANCE_CHANGED,
    WindowEvent.CANCELLED: Event.MAINTENANCE_CANCELLED,
    WindowEvent.STARTED: Event.MAINTENANCE_STARTED,
    WindowEvent.ENDED: Event.RECOVERY,
}
_RECOVERS_BEFORE = timedelta(hours=1)  # the nodes are often back before the end
_PLANS = frozenset({Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CHANGED})


def shown_window(event: Event, calendar: Calendar, at: datetime, status: Status | None) -> KnownWindow | None:
    """Return the window that the message about a new status announces."""
    if event is Event.INITIAL:
        return calendar.to_show(at, in_maintenance=status is Status.MAINTENANCE)
    has_started = event is Event.MAINTENANCE_STARTED and status is Status.MAINTENANCE
    return calendar.running(at) if has_started else None


def without_windows(
    report: PartitionReport, calendar: Calendar, changes: Iterable[WindowChange]
) -> PartitionReport:
    """Return the partitions without a begin or an end of maintenance that the messages of a window show."""
    announced = [one for one in calendar.windows if one.announced]
    begun = [one.window for one in announced if one.stage in {Stage.RUNNING, Stage.OVER}]
    begun += [one.window for one in changes if one.event is WindowEvent.ENDED]  # early: it is forgotten

    def others(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if not any(_takes(window, name) for window in begun))

    return replace(
        report,
        maintenance_started=others(report.maintenance_started),
        maintenance_ended=others(report.maintenance_ended),
    )


def _takes(window: Window, partition: str) -> bool:
    """Return whether a window takes a partition. One that takes all, at once or in stages, names none."""
    is_staged = window.concurrent_nodes < window.nodes
    return (
        window.all_nodes is not None
        or partition in window.partitions
        or (is_staged and not window.partitions)
    )


def is_needed(
    change: WindowChange, confirmed: StatusPeriod, incidents: Iterable[Incident], at: datetime
) -> bool:
    """Return whether messages about the status leave this change out.

    They show the begin and the end where the status is `maintenance`, or was so since the begin.
    """
    if change.event is WindowEvent.STARTED:
        return confirmed.status is not Status.MAINTENANCE
    if change.event is not WindowEvent.ENDED:
        return True
    return confirmed.status in {Status.ONLINE, Status.DEGRADED} and not _was_shown(
        change.window, incidents, at
    )


def _was_shown(window: Window, incidents: Iterable[Incident], at: datetime) -> bool:
    """Return whether the end of a status of `maintenance` was that of a window.

    In a maintenance of a part, one that ended long before was that of a shorter window of all nodes.
    """
    end = min(window.last, at)
    since = window.begin if window.all_nodes else max(window.begin, end - _RECOVERS_BEFORE)
    return any(one.status is Status.MAINTENANCE and one.until > since for one in incidents)


def with_current_window(notification: Notification, calendar: Calendar, at: datetime) -> Notification:
    """Return a shown notification with its window as it is now; as a reminder once it is no news."""
    known, shown = calendar.get(notification.window_id), notification.window
    if notification.event is Event.MAINTENANCE_CANCELLED:
        is_news = shown is not None and at < shown.begin
    elif notification.event is Event.MAINTENANCE_SCHEDULED:
        is_news = known is not None and at < known.window.begin
    else:
        is_known = known is not None and known.stage is not Stage.OVER
        is_news = is_known or notification.event is Event.RECOVERY
    if not is_news:
        return replace(notification, event=Event.REMINDER, window_id="", previous_window=None)
    return replace(notification, window=known.shown) if known else notification


def superseding(pending: tuple[Notification, ...], new: Notification) -> tuple[Notification, ...]:
    """Return the pending notifications of a channel with a new one, without those that it makes obsolete.

    The channel has not received them. It gets the window as it is now, compared with the one it knows.
    """
    obsolete = [one for one in pending if _is_plan_of(one, new.window_id)]
    if not obsolete:
        return (*pending, new)
    rest = [one for one in pending if one not in obsolete]
    if new.event in _PLANS | {Event.MAINTENANCE_CANCELLED}:
        return (*rest, *_compared(new, obsolete[0].previous_window))
    return (*rest, new)


def not_stale(pending: tuple[Notification, ...], calendar: Calendar) -> tuple[Notification, ...]:
    """Return the pending notifications without plans of windows that are over or forgotten."""
    current = {one.id for one in calendar.windows if one.stage is not Stage.OVER}
    return tuple(one for one in pending if one.event not in _PLANS or one.window_id in current)


def _is_plan_of(one: Notification, window_id: str) -> bool:
    return bool(window_id) and one.window_id == window_id and one.event in _PLANS


def _compared(new: Notification, known: Window | None) -> list[Notification]:
    """Return the notification for a channel that knows a window in this form; None if not at all."""
    if new.event is Event.MAINTENANCE_CANCELLED:
        return [replace(new, window=known)] if known else []
    if known is None:
        return [replace(new, event=Event.MAINTENANCE_SCHEDULED, previous_window=None)]
    if known == new.window:
        return [new] if new.event is Event.MAINTENANCE_SCHEDULED else []
    return [replace(new, event=Event.MAINTENANCE_CHANGED, previous_window=known)]
