"""What is to be told, and what of it is kept up to date; how it waits its turn."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.cluster import NodeCounts
from cluster_status.domain.standing import Doubt, Instant, Spell
from cluster_status.domain.transitions import Telling
from cluster_status.domain.uptime import Uptime

PENDING_KEPT = 20


class Window(Struct, frozen=True):
    """The time a maintenance takes, by which it is known here, and how many nodes."""

    begin: Instant
    end: Instant
    nodes: int = 0


class Announcement(Struct, frozen=True, omit_defaults=True):
    """Something to be told. It leaves the history only after every channel was told."""

    telling: Telling
    at: Instant
    spell: Spell  # the status told of; for a doubt, the confirmed one
    before: Spell | None = None  # what it replaced
    doubt: Doubt | None = None  # where the monitor cannot tell
    login_worked_at: Instant | None = None  # ... because it is refused
    nodes: NodeCounts | None = None
    left_out: int = 0  # older announcements that were dropped, unread, to keep the history small
    uptime: Uptime | None = None  # of the last 30 days
    missed_polls: int = 0  # that never came, in a silence before this one
    window: Window | None = None  # of the maintenance that is coming, or now
    blind_since: Instant | None = None  # where the monitor can tell again
    told_to: tuple[str, ...] = ()  # the channels that have been, while another one has not


class Post(Struct, frozen=True):
    """A message in a channel; `shown` is a digest of what it shows, by which a change is seen."""

    id: str
    shown: str


class Live(Struct, frozen=True):
    """The message that is kept up to date, and what it tells; `webhook` is the digest of whose it is."""

    webhook: str | None
    post: Post
    announcement: Announcement


def queued(pending: tuple[Announcement, ...], announcement: Announcement) -> tuple[Announcement, ...]:
    """Append; beyond the bound the oldest are summed up."""
    waiting = (*pending, announcement)
    overflow, kept = waiting[:-PENDING_KEPT], waiting[-PENDING_KEPT:]
    if not overflow:
        return kept
    left_out = sum(1 + one.left_out for one in overflow)
    missed = kept[0].missed_polls + sum(one.missed_polls for one in overflow)
    return (replace(kept[0], left_out=left_out, missed_polls=missed), *kept[1:])


def free_instant(at: datetime, telling: Telling, pending: tuple[Announcement, ...]) -> datetime:
    """Return an instant by which an announcement is told from those that came within the same second."""
    while any((one.telling, one.at) == (telling, at) for one in pending):
        at += timedelta(seconds=1)
    return at
