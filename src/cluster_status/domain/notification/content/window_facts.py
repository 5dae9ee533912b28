"""What a message says about a maintenance window: sentences, and facts with their labels."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Cause, Status, cause_info

FORMER_TIMES = WAS_TO_BEGIN, WAS_TO_END = "Was to begin", "Was to end"
_OPEN_END = "open end"
_JOBS_WAIT = "Jobs whose time limit reaches beyond its begin wait until it is over."
_NOT_LISTED = "Slurm no longer lists its reservation."
_NOT_PLANNED = "It is no longer planned."


def underlying_clause(cause: Cause) -> str:
    """Return what fails in a maintenance."""
    info = cause_info(cause)
    return "the head node does not respond" if info.network else info.clause


def window_sentence(notification: Notification) -> str:
    """Return the sentences of an event of a window; empty if the headline is enough."""
    return " ".join(_sentences(notification))


def _sentences(notification: Notification) -> Iterator[str]:
    window = notification.window
    if window is None:
        return
    if window.partitions:
        yield f"Partition{'s' if window.partitions[1:] else ''} {', '.join(window.partitions)}."
    elif window.all_nodes is None:
        yield f"{window.nodes} nodes."
    if notification.event is Event.MAINTENANCE_CANCELLED:
        yield _NOT_LISTED if window.reserved else _NOT_PLANNED
    elif window.delays_jobs(notification.at):
        yield _JOBS_WAIT


def window_facts(notification: Notification) -> Iterator[tuple[str, str | datetime | timedelta]]:
    """Yield the facts about the window of a message."""
    window, before = notification.window, notification.previous_window
    if window is None:
        return
    if notification.event is Event.MAINTENANCE_CANCELLED:
        yield from _was(window, None)
    elif notification.event is Event.MAINTENANCE_OVERDUE:
        if window.all_nodes and window.all_nodes.end:
            yield "Maintenance should have ended", window.all_nodes.end
        else:
            yield "Maintenance began", window.begin
            yield "Maintenance ends", _OPEN_END
    elif notification.is_about_window and notification.event is Event.RECOVERY:
        yield "Maintenance began", window.begin
        yield from _reserved("Nodes reserved before", window)
    else:
        yield from _times(window, notification.at)
        if notification.is_about_window or window.begin > notification.at:
            yield from _reserved("Nodes reserved", window)
        if before and notification.event is Event.MAINTENANCE_CHANGED:
            yield from _was(before, window)
    if notification.further_windows:
        yield "Later maintenance windows", str(notification.further_windows)
    status = notification.period.status if notification.period else Status.ONLINE
    if notification.is_about_window and status is not Status.ONLINE:
        yield "Status", status.value


def _times(window: Window, at: datetime) -> Iterator[tuple[str, str | datetime]]:
    if window.begin > at:
        yield "Maintenance begins", window.begin
    yield "Maintenance ends", window.end or _OPEN_END
    all_nodes = window.all_nodes
    if all_nodes and (all_nodes.begin, all_nodes.end) != (window.begin, window.end):
        if all_nodes.begin > max(at, window.begin):
            yield "All nodes from", all_nodes.begin
        if all_nodes.end and all_nodes.end != window.end:
            yield "All nodes until", all_nodes.end


def _was(before: Window, now: Window | None) -> Iterator[tuple[str, str | datetime]]:
    """Yield what a window was, as far as it is different now."""
    if now is None or before.begin != now.begin:
        yield WAS_TO_BEGIN, before.begin
    if now is None or before.end != now.end:
        yield WAS_TO_END, before.end or _OPEN_END
    if now is None or _nodes(before) != _nodes(now):
        yield from _reserved("Nodes reserved before", before)


def _reserved(label: str, window: Window) -> Iterator[tuple[str, str]]:
    if window.reserved:
        yield label, _nodes(window)


def _nodes(window: Window) -> str:
    count = str(window.nodes)
    if window.all_nodes:
        return f"{count} (all)"
    if window.concurrent_nodes < window.nodes:
        count += f", at most {window.concurrent_nodes} at a time"
    return f"{count} ({', '.join(window.partitions)})" if window.partitions else count
