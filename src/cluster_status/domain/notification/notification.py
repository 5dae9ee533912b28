"""A notification: an event, with the content of its message."""

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.event import Event
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.tracker import StatusPeriod, UnknownPeriod
from cluster_status.domain.uptime.uptime import Uptime


class Window(Struct, frozen=True):
    """The time of a maintenance, and the number of nodes it takes."""

    begin: Instant
    end: Instant
    nodes: int = 0


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
    window: Window | None = None  # of the maintenance that is scheduled, or under way
    login_only: bool = False  # Slurm is not checked
    unknown_since: Instant | None = None  # when the unknown period began that has ended


class MessageRef(Struct, frozen=True):
    """A message in a channel; `shown` is a digest of its content."""

    id: str
    shown: str


class LiveMessage(Struct, frozen=True):
    """The message that is edited at every poll; only the channel with this digest can edit it."""

    channel: str | None
    ref: MessageRef
    notification: Notification
