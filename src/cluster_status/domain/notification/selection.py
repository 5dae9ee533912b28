"""Which notifications a channel gets that has chosen some kinds of them."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.open_enum import OpenEnum
from cluster_status.domain.status.cause import Status


class Kind(OpenEnum):
    """A kind of notifications, as a user chooses it."""

    OUTAGE = "outage"
    DEGRADED = "degraded"  # also a partition that is lost, and a site check that fails
    RECOVERY = "recovery"  # from what the channel was notified of
    MAINTENANCE = "maintenance"
    CONDITION = "condition"  # one of notify-when has become true
    REPORT = "report"  # weekly
    MONITOR = "monitor"  # the status is unknown, or the history cannot be saved


_OF_EVENT: dict[Event, frozenset[Kind]] = {  # one of them is enough
    Event.OUTAGE: frozenset({Kind.OUTAGE}),
    Event.DEGRADED: frozenset({Kind.DEGRADED}),
    Event.PARTIAL_RECOVERY: frozenset({Kind.DEGRADED}),
    Event.RECOVERY: frozenset(),
    Event.PARTITION_LOST: frozenset({Kind.DEGRADED}),
    Event.PARTITION_BACK: frozenset(),
    Event.CHECK_FAILED: frozenset({Kind.DEGRADED}),
    Event.CHECK_PASSED: frozenset(),
    Event.MUTE_ENDED: frozenset({Kind.RECOVERY}),
    Event.CONDITION_MET: frozenset({Kind.CONDITION}),
    Event.MAINTENANCE_SCHEDULED: frozenset({Kind.MAINTENANCE}),
    Event.MAINTENANCE_CHANGED: frozenset({Kind.MAINTENANCE}),
    Event.MAINTENANCE_CANCELLED: frozenset({Kind.MAINTENANCE}),
    Event.MAINTENANCE_STARTED: frozenset({Kind.MAINTENANCE}),
    Event.MAINTENANCE_OVERDUE: frozenset({Kind.OUTAGE, Kind.MAINTENANCE}),
    Event.STATUS_UNSTABLE: frozenset({Kind.OUTAGE, Kind.DEGRADED}),
    Event.REPORT: frozenset({Kind.REPORT}),
    Event.MONITOR_LOST: frozenset({Kind.MONITOR}),
    Event.MONITOR_RESTORED: frozenset({Kind.MONITOR}),
    Event.HISTORY_NOT_SAVED: frozenset({Kind.MONITOR}),
    Event.CAUSE_CHANGED: frozenset({Kind.OUTAGE, Kind.DEGRADED}),
}
_RETURNS = frozenset({Event.RECOVERY, Event.PARTIAL_RECOVERY, Event.PARTITION_BACK, Event.CHECK_PASSED})


def is_chosen(notification: Notification, kinds: frozenset[Kind], *, knows_problem: bool) -> bool:
    """Return whether a channel with these kinds gets the notification; without any, it gets all.

    `knows_problem`: it was notified that the cluster is not online, and not yet that it is.
    """
    event = notification.event
    if not kinds or event not in _OF_EVENT:
        return True
    is_end_of_maintenance = event is Event.RECOVERY and bool(notification.window_id)
    if is_end_of_maintenance and Kind.MAINTENANCE in kinds:
        return True
    is_return = event in _RETURNS and Kind.RECOVERY in kinds and knows_problem
    return is_return or bool(_OF_EVENT[event] & kinds)


def is_problem(notification: Notification) -> bool:
    """Return whether a channel knows from this notification that the cluster may not be online."""
    is_unstable = notification.event is Event.STATUS_UNSTABLE
    return is_unstable or (
        notification.period is not None and notification.period.status is not Status.ONLINE
    )
