"""What is told when the confirmed status changes: one cell a transition, and nothing else in this file.

Two rules. A cell says what is told, never what becomes of the status: that is `standing`'s. And the table
is total: a new status is a new row and a new column, or the tests fail.
"""

from enum import StrEnum

from cluster_status.domain.status.cause import Status


class Event(StrEnum):
    """What a notification reports."""

    INITIAL = "initial"  # the first confirmed status
    OUTAGE = "outage"
    DEGRADED = "degraded"
    PARTIAL_RECOVERY = "partial-recovery"
    RECOVERY = "recovery"
    MAINTENANCE_SCHEDULED = "maintenance-scheduled"  # begins within a day
    MAINTENANCE_STARTED = "maintenance-started"
    MONITOR_LOST = "monitor-lost"  # the status is unknown
    MONITOR_RESTORED = "monitor-restored"  # the status is known again, and the same as before
    REMINDER = "reminder"  # no change; for channels that are notified of every poll


_ONLINE, _DEGRADED, _MAINTENANCE, _OFFLINE = (
    Status.ONLINE,
    Status.DEGRADED,
    Status.MAINTENANCE,
    Status.OFFLINE,
)

TRANSITIONS: dict[Status | None, dict[Status, Event | None]] = {
    None: {
        _ONLINE: Event.INITIAL,
        _DEGRADED: Event.INITIAL,
        _MAINTENANCE: Event.INITIAL,
        _OFFLINE: Event.INITIAL,
    },
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
