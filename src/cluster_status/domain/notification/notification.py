"""What is to be told, and what of it is kept up to date; how it waits its turn."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.tracker import Instant, StatusPeriod, UnknownPeriod
from cluster_status.domain.uptime.uptime import Uptime

PENDING_KEPT = 20


class Window(Struct, frozen=True):
    """The time a maintenance takes, by which it is known here, and how many nodes."""

    begin: Instant
    end: Instant
    nodes: int = 0


class Notification(Struct, frozen=True, omit_defaults=True):
    """Something to be told. It leaves the history only after every channel was told."""

    event: Event
    at: Instant
    period: StatusPeriod  # the status told of; for a doubt, the confirmed one
    before: StatusPeriod | None = None  # what it replaced
    unknown_period: UnknownPeriod | None = None  # where the monitor cannot tell
    login_worked_at: Instant | None = None  # ... because it is refused
    nodes: NodeCounts | None = None
    dropped: int = 0  # older announcements that were dropped, unread, to keep the history small
    uptime: Uptime | None = None  # of the last 30 days
    missed_polls: int = 0  # that never came, in a silence before this one
    window: Window | None = None  # of the maintenance that is coming, or now
    unknown_since: Instant | None = None  # where the monitor can tell again
    delivered_to: tuple[str, ...] = ()  # the channels that have been, while another one has not


class MessageRef(Struct, frozen=True):
    """A message in a channel; `shown` is a digest of what it shows, by which a change is seen."""

    id: str
    shown: str


class LiveMessage(Struct, frozen=True):
    """The message that is kept up to date, and what it tells; `webhook` is the digest of whose it is."""

    webhook: str | None
    post: MessageRef
    notification: Notification


def queued(pending: tuple[Notification, ...], notification: Notification) -> tuple[Notification, ...]:
    """Append; beyond the bound the oldest are summed up."""
    waiting = (*pending, notification)
    overflow, kept = waiting[:-PENDING_KEPT], waiting[-PENDING_KEPT:]
    if not overflow:
        return kept
    dropped = sum(1 + one.dropped for one in overflow)
    missed = kept[0].missed_polls + sum(one.missed_polls for one in overflow)
    return (replace(kept[0], dropped=dropped, missed_polls=missed), *kept[1:])


def free_instant(at: datetime, event: Event, pending: tuple[Notification, ...]) -> datetime:
    """Return an instant by which an announcement is told from those that came within the same second."""
    while any((one.event, one.at) == (event, at) for one in pending):
        at += timedelta(seconds=1)
    return at
