"""What is notified of partitions, besides the status of the cluster."""

from collections.abc import Iterator

from msgspec import Struct

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.change import changes, changes_of
from cluster_status.domain.status.partitions.state import PartitionChange, PartitionReport, Problem
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.status.verdict import Verdict

_PARTLY_IN_SERVICE = frozenset({Status.ONLINE, Status.DEGRADED})


class NamedPartitions(Struct, frozen=True):
    """The partitions that an event is about, and others that are out of service."""

    partitions: tuple[PartitionChange, ...] = ()
    still_out: tuple[PartitionChange, ...] = ()


def is_of_partitions(notification: Notification) -> bool:
    """Return whether the notification is about partitions only, not about the status of the cluster."""
    is_change = notification.event in {Event.PARTITION_LOST, Event.PARTITION_BACK}
    return is_change or is_of_partition_maintenance(notification)


def is_of_partition_maintenance(notification: Notification) -> bool:
    """Return whether the notification is about a maintenance of partitions, while others work."""
    status = notification.period.status if notification.period else None
    is_started = notification.event is Event.MAINTENANCE_STARTED and status is not Status.MAINTENANCE
    return is_started and bool(notification.partitions)


def partition_events(status: Status | None, report: PartitionReport | None) -> Iterator[Event]:
    """Yield an event for each kind of change of partitions, while this status stays confirmed."""
    if report is None or status not in _PARTLY_IN_SERVICE:
        return
    if report.newly_lost and status is Status.DEGRADED:
        yield Event.PARTITION_LOST
    if report.back or report.maintenance_ended:
        yield Event.PARTITION_BACK
    if report.maintenance_started:
        yield Event.MAINTENANCE_STARTED


def named_partitions(
    event: Event, before: StatusTracker, after: StatusTracker, verdict: Verdict
) -> NamedPartitions:
    """Return the partitions that the notification of an event names."""
    report = verdict.partitions
    if report is None or after.status not in _PARTLY_IN_SERVICE:
        return NamedPartitions()
    nodes = verdict.cluster_state.partition_nodes if verdict.cluster_state else {}
    names = _names(event, report)
    partitions = changes(names, report.states, nodes)
    if event is Event.PARTITION_BACK or (event is Event.RECOVERY and before.cause is Cause.PARTITION_DOWN):
        ended = report.maintenance_ended if event is Event.PARTITION_BACK else ()
        partitions = (*changes_of(report.back, nodes), *changes_of(ended, nodes, Problem.MAINTENANCE))
    others = [name for name in (*report.lost, *report.in_maintenance) if name not in names]
    return NamedPartitions(partitions, changes(others, report.states, nodes))


def _names(event: Event, report: PartitionReport) -> tuple[str, ...]:
    """Return the names of partitions that are out of service and that the event is about."""
    if event is Event.PARTITION_LOST:
        return report.newly_lost or report.lost
    if event is Event.MAINTENANCE_STARTED:
        return report.maintenance_started
    return () if event in {Event.PARTITION_BACK, Event.RECOVERY} else report.lost
