"""How the latest notification of a channel follows the polls after it."""

from msgspec.structs import replace

from cluster_status.domain.notification.check_events import named_checks
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.observation import (
    Observation,
    is_login_only,
    nodes_of,
    uptime_of,
    window_to_show,
)
from cluster_status.domain.notification.partition_events import is_of_partitions, named_partitions
from cluster_status.domain.notification.window_events import with_current_window
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusTracker, UnknownPeriod

_OF_ONE_POLL = frozenset({Event.CHECK_FAILED, Event.CHECK_PASSED, Event.CONDITION_MET})


def refreshed(notification: Notification, seen: Observation) -> Notification | None:
    """Return the notification with the result of this poll; None if its status differs or is unknown."""
    verdict, tracker = seen.verdict, seen.after
    if notification.unknown:
        is_same = verdict.status is Status.UNKNOWN and tracker.unknown is not None
        return replace(notification, unknown=tracker.unknown) if is_same else None
    confirmed, shown = tracker.confirmed, notification.period
    if confirmed and shown and confirmed.nothing_back and shown.since < confirmed.since:
        notification, shown = _status_only(notification), confirmed  # no message was sent of this change
    if not (confirmed and shown and verdict.status is shown.status is confirmed.status):
        return None
    if notification.is_about_window:
        notification = with_current_window(notification, seen.calendar, seen.at)
    elif is_of_partitions(notification) or notification.event in _OF_ONE_POLL:
        notification = _status_only(notification)
    if not notification.is_about_window and notification.event is not Event.MAINTENANCE_OVERDUE:
        notification = replace(notification, window=window_to_show(seen, notification.at))
    named = named_partitions(notification.event, tracker, tracker, verdict)
    checks = named_checks(notification.event, tracker.status, verdict)
    return replace(
        notification,
        period=confirmed.with_latest_cause(verdict.confirming_cause),
        nodes=nodes_of(verdict),
        uptime=uptime_of(seen.ledger, seen.at),
        login_only=is_login_only(verdict),
        underlying_cause=verdict.underlying_cause,
        partitions=notification.partitions if notification.event is Event.RECOVERY else named.partitions,
        still_out=named.still_out,
        checks=checks.failing if verdict.site_checks else notification.checks,
    )


def _status_only(notification: Notification) -> Notification:
    """Return a notification of the status alone, unless it is one of a maintenance window."""
    if notification.is_about_window:
        return notification
    return replace(
        notification, event=Event.REMINDER, previous=None, partitions=(), checks_passed=(), conditions=()
    )


def row(shown: Notification | None, seen: Observation) -> Notification | None:
    """Return what an overview shows of a cluster; None before its first confirmed status.

    A status that is not confirmed is not shown: the row then stays as `shown`.
    """
    verdict, tracker = seen.verdict, seen.after
    confirmed = tracker.confirmed
    unknown = tracker.unknown if tracker.unknown and tracker.unknown.notified else None
    if confirmed is None and unknown is None:
        return None
    is_found = unknown is None and confirmed is not None and verdict.status is confirmed.status
    known = Notification(seen.poll_id, Event.REMINDER, seen.at, confirmed, unknown=unknown)
    if not (is_found and confirmed):
        return shown if shown and _is_of(shown, tracker, unknown) else known
    named = named_partitions(Event.REMINDER, tracker, tracker, verdict)
    return replace(
        known,
        period=confirmed.with_latest_cause(verdict.confirming_cause),
        nodes=nodes_of(verdict),
        login_only=is_login_only(verdict),
        underlying_cause=verdict.underlying_cause,
        partitions=named.partitions,
        still_out=named.still_out,
    )


def _is_of(shown: Notification, tracker: StatusTracker, unknown: UnknownPeriod | None) -> bool:
    """Return whether a row shows the confirmed status."""
    if shown.unknown or unknown or not (shown.period and tracker.confirmed):
        return False
    return shown.period.since == tracker.confirmed.since and shown.period.status is tracker.status


def with_current_status(notification: Notification, tracker: StatusTracker) -> Notification:
    """Return the latest notification of an unstable channel with the status that is confirmed now."""
    if notification.unknown or notification.period is None or notification.period.status is tracker.status:
        return notification
    return replace(notification, event=Event.STATUS_UNSTABLE, period=tracker.confirmed, previous=None)
