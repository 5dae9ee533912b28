"""A notification: an event, with the content of its message."""

from datetime import timedelta

from msgspec import Struct

from cluster_status.domain.conditions.tracker import MetCondition
from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.weekly.week import Week
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.state import PartitionChange
from cluster_status.domain.status.site_checks.report import CheckChange
from cluster_status.domain.status.tracker import StatusPeriod, UnknownPeriod
from cluster_status.domain.uptime.incident import Downtime
from cluster_status.domain.uptime.uptime import Uptime

_OF_WINDOWS = frozenset({Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CHANGED, Event.MAINTENANCE_CANCELLED})
DOWNTIME_OF = timedelta(days=1)


class Instability(Struct, frozen=True, omit_defaults=True):
    """A status that changes often, or has done so; `downtime` is that of the last day."""

    since: Instant
    downtime: Downtime
    is_over: bool = False


class Notification(Struct, frozen=True, omit_defaults=True):
    """It is pending for a channel until that channel has accepted it. `id` is unique within a cluster."""

    id: str
    event: Event
    at: Instant
    period: StatusPeriod | None  # the confirmed status; None while none has ever been confirmed
    previous: StatusPeriod | None = None  # the status that it replaced
    unknown: UnknownPeriod | None = None  # while the status is unknown
    last_login: Instant | None = None  # where the login is refused
    nodes: NodeCounts | None = None
    dropped: int = 0  # older notifications that were dropped to keep the history small
    uptime: Uptime | None = None  # of the last 30 days
    missed_polls: int = 0  # in gaps before this one
    window: Window | None = None  # of the maintenance that the event is about, or that runs, or is next
    previous_window: Window | None = None  # as it was announced before
    window_id: str = ""  # of the known window that the event is about
    further_windows: int = 0  # that are announced with this one
    underlying_cause: Cause | None = None  # what fails in a maintenance
    partitions: tuple[PartitionChange, ...] = ()  # lost, back, or in maintenance, by event
    still_out: tuple[PartitionChange, ...] = ()  # others that are lost or in maintenance
    checks: tuple[CheckChange, ...] = ()  # that fail
    checks_passed: tuple[CheckChange, ...] = ()  # after a failure
    conditions: tuple[MetCondition, ...] = ()  # that have become true
    nothing_back: bool = False  # no more nodes are in service than before
    login_only: bool = False  # Slurm is not checked
    instability: Instability | None = None
    week: Week | None = None  # of a weekly report
    unknown_since: Instant | None = None  # when the unknown period began that has ended

    @property
    def is_about_window(self) -> bool:
        """Whether the event is one of a maintenance window, while the status stays."""
        if self.event is Event.MAINTENANCE_STARTED:
            status = self.period.status if self.period else None
            return bool(self.window_id) and status is not Status.MAINTENANCE
        return self.event in _OF_WINDOWS or (self.event is Event.RECOVERY and bool(self.window_id))


class MessageRef(Struct, frozen=True):
    """A message in a channel; `shown` is a digest of its content."""

    id: str
    shown: str


class LiveMessage(Struct, frozen=True, omit_defaults=True):
    """The message that is edited at every poll; only the channel with this digest can edit it.

    An `overview` is shared by several clusters: `notification` is then the row of this one.
    """

    channel: str | None
    ref: MessageRef
    notification: Notification
    overview: bool = False
