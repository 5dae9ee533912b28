"""Events, and the event between two states of the tracker.

The table of transitions is total: a new status is a new row and a new column, or the tests fail.
"""

from cluster_status.domain.open_enum import OpenEnum
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusTracker


class Event(OpenEnum):
    INITIAL = "initial"  # the first confirmed status
    OUTAGE = "outage"
    DEGRADED = "degraded"
    PARTIAL_RECOVERY = "partial-recovery"
    RECOVERY = "recovery"
    PARTITION_LOST = "partition-lost"  # one more, while the status stays
    PARTITION_BACK = "partition-back"  # the same
    CHECK_FAILED = "check-failed"  # one more site check, while the status stays
    CHECK_PASSED = "check-passed"  # the same
    MUTE_ENDED = "mute-ended"  # the cluster is online again after incidents that were not notified
    CONDITION_MET = "condition-met"  # of notify-when
    MAINTENANCE_SCHEDULED = "maintenance-scheduled"
    MAINTENANCE_CHANGED = "maintenance-changed"  # moved, grown or prolonged
    MAINTENANCE_CANCELLED = "maintenance-cancelled"
    MAINTENANCE_STARTED = "maintenance-started"
    MAINTENANCE_OVERDUE = "maintenance-overdue"  # it should be over, and the cluster is not back
    STATUS_UNSTABLE = "status-unstable"  # the status changes often; changes are not notified for a while
    MONITOR_LOST = "monitor-lost"  # the status is unknown
    MONITOR_RESTORED = "monitor-restored"  # the status is known again, and the same as before
    HISTORY_NOT_SAVED = "history-not-saved"  # the monitor cannot remember what it has notified
    CAUSE_CHANGED = "cause-changed"  # a further cause, while the status stays; for issues
    REMOVED = "removed"  # the cluster is not monitored any more; for issues
    REPORT = "report"  # the numbers of a week
    REMINDER = "reminder"  # no change; for channels that are notified of every poll


CHANGES = frozenset(
    {
        Event.OUTAGE,
        Event.DEGRADED,
        Event.PARTIAL_RECOVERY,
        Event.RECOVERY,
        Event.PARTITION_LOST,
        Event.PARTITION_BACK,
        Event.CHECK_FAILED,
        Event.CHECK_PASSED,
        Event.MAINTENANCE_STARTED,
        Event.MAINTENANCE_OVERDUE,
    }
)
"""The events that change what is known of the cluster now."""

OF_ISSUES = frozenset({Event.CAUSE_CHANGED, Event.REMOVED})
"""The events that only issues show."""

_ONLINE, _DEGRADED, _MAINTENANCE, _OFFLINE = (
    Status.ONLINE,
    Status.DEGRADED,
    Status.MAINTENANCE,
    Status.OFFLINE,
)
_FIRST: dict[Status, Event | None] = dict.fromkeys(
    (_ONLINE, _DEGRADED, _MAINTENANCE, _OFFLINE), Event.INITIAL
)

TRANSITIONS: dict[Status | None, dict[Status, Event | None]] = {
    None: _FIRST,
    _ONLINE: {
        _ONLINE: None,
        _DEGRADED: Event.DEGRADED,
        _MAINTENANCE: Event.MAINTENANCE_STARTED,
        _OFFLINE: Event.OUTAGE,
    },
    _DEGRADED: {
        _ONLINE: Event.RECOVERY,
        _DEGRADED: None,
        _MAINTENANCE: Event.MAINTENANCE_STARTED,
        _OFFLINE: Event.OUTAGE,
    },
    _MAINTENANCE: {
        _ONLINE: Event.RECOVERY,
        _DEGRADED: Event.PARTIAL_RECOVERY,
        _MAINTENANCE: None,
        _OFFLINE: Event.OUTAGE,
    },
    _OFFLINE: {
        _ONLINE: Event.RECOVERY,
        _DEGRADED: Event.PARTIAL_RECOVERY,
        _MAINTENANCE: Event.MAINTENANCE_STARTED,
        _OFFLINE: None,
    },
}


def event_between(before: StatusTracker, after: StatusTracker) -> Event | None:
    """Return the event of the change from `before` to `after`; None if there is none."""
    if _is_notified(after) and not _is_notified(before):
        return Event.MONITOR_LOST
    if after.status is not None and after.confirmed is not before.confirmed:
        # a status of a later version has no row: the next known one is reported as the first
        event = TRANSITIONS.get(before.status, _FIRST)[after.status]
        if event and not (after.confirmed and after.confirmed.nothing_back):
            return event
    return Event.MONITOR_RESTORED if is_monitor_restored(before, after) else None


def is_monitor_restored(before: StatusTracker, after: StatusTracker) -> bool:
    return _is_notified(before) and after.unknown is None


def _is_notified(tracker: StatusTracker) -> bool:
    return tracker.unknown is not None and tracker.unknown.notified
