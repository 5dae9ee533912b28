"""The headline of a message, and the status that gives its colour."""

from cluster_status.domain.notification.content.conditions import met_phrase
from cluster_status.domain.notification.content.partition_clauses import are
from cluster_status.domain.notification.content.week_text import uptime
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.partition_events import is_of_partition_maintenance
from cluster_status.domain.status.cause import Cause, Status

_PHRASES = {
    Status.ONLINE: "online",
    Status.DEGRADED: "degraded",
    Status.MAINTENANCE: "in maintenance",
    Status.OFFLINE: "offline",
}

_PARTITION_MAINTENANCE = "{name} is {status}: {partitions} in maintenance"

_PLAIN = "{name} is {status}"
_HEADLINES = {
    Event.INITIAL: _PLAIN,
    Event.OUTAGE: _PLAIN,
    Event.DEGRADED: _PLAIN,
    Event.MAINTENANCE_STARTED: _PLAIN,
    Event.PARTIAL_RECOVERY: "{name} is partially back: {status}",
    Event.RECOVERY: "{name} is back {status}",
    Event.MONITOR_LOST: "{name}: status unknown",
    Event.MONITOR_RESTORED: "Monitoring of {name} restored: still {status}",
    Event.PARTITION_LOST: "{name} is still {status}: {partitions} lost, too",
    Event.PARTITION_BACK: "{name} is still {status}: {partitions} back",
    Event.CHECK_FAILED: "{name} is still {status}: a check fails, too",
    Event.CHECK_PASSED: "{name} is still {status}: a check passes again",
    Event.MUTE_ENDED: "{name} is back online after an incident while muted",
    Event.CONDITION_MET: "{name}: {condition}",
    Event.MAINTENANCE_SCHEDULED: "Maintenance of {name} scheduled",
    Event.MAINTENANCE_CHANGED: "Maintenance of {name} changed",
    Event.MAINTENANCE_CANCELLED: "Maintenance of {name} cancelled",
    Event.MAINTENANCE_OVERDUE: "Maintenance of {name} is overdue: {status}",
    Event.STATUS_UNSTABLE: "{name} is unstable: now {status}",
    Event.HISTORY_NOT_SAVED: "Monitoring of {name} cannot save its history",
    Event.CAUSE_CHANGED: "{name} is still {status}, with another cause",
    Event.REMOVED: "{name} is not monitored any more",
    Event.REPORT: "Weekly report of {name}: {uptime}",
    Event.REMINDER: "{name} is still {status}",
}

_WINDOW_HEADLINES = {
    Event.MAINTENANCE_STARTED: "Maintenance of {name} has started",
    Event.RECOVERY: "Maintenance of {name} has ended",
}  # where the status stays
_PLANS = frozenset({Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CHANGED, Event.MAINTENANCE_STARTED})


def shown_status(notification: Notification) -> Status:
    """Return the status that gives the colour; one that a later version stored shows as unknown."""
    is_plan = notification.is_about_window and notification.event in _PLANS
    if is_plan or is_of_partition_maintenance(notification):
        return Status.MAINTENANCE
    status = notification.period.status if notification.period else Status.UNKNOWN
    is_known = not notification.unknown and notification.event is not Event.REMOVED
    return status if status in _PHRASES and is_known else Status.UNKNOWN


def headline(notification: Notification, cluster_name: str) -> str:
    period = notification.period
    text = _HEADLINES.get(notification.event, _PLAIN)
    if notification.is_about_window:
        text = _window_headline(notification, text)
    if notification.unknown and notification.unknown.cause is Cause.LOGIN_REFUSED:
        text = "Login to {name} no longer works"
    elif is_of_partition_maintenance(notification):
        text = _PARTITION_MAINTENANCE
    elif notification.nothing_back:
        text = _PLAIN
    elif notification.event is Event.REMINDER and notification.instability:  # "still" may not be true
        text = _HEADLINES[Event.STATUS_UNSTABLE]
    elif notification.event is not Event.REPORT and _may_be_new(notification):
        text = text.replace("still ", "")
    return text.format(
        name=cluster_name,
        status=phrase(period.status if period else Status.UNKNOWN),
        partitions=are(notification.partitions),
        condition=met_phrase(notification.conditions),
        uptime=uptime(notification.week) if notification.week else "",
    )


def _may_be_new(notification: Notification) -> bool:
    """Return whether the status may have been another one, and no message was sent of the change."""
    period = notification.period
    is_damped = notification.event is Event.MONITOR_RESTORED and notification.instability is not None
    return is_damped or (period is not None and period.nothing_back)


def _window_headline(notification: Notification, headline: str) -> str:
    if notification.event is Event.MAINTENANCE_SCHEDULED and notification.previous_window:
        return "Maintenance of {name} begins within a day"
    return _WINDOW_HEADLINES.get(notification.event, headline)


def phrase(status: Status) -> str:
    return _PHRASES.get(status, str(status))
