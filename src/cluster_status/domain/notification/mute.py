"""A muted cluster: channels get no message, and at the end of the mute what is different then.

Channels of issues are not muted. Plans of maintenance stay pending, and later ones replace them, as for a
channel that cannot be reached.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.damping import Damping
from cluster_status.domain.notification.event import TRANSITIONS, Event
from cluster_status.domain.notification.outbox import ChannelOutbox, Outbox
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker

LONGEST = timedelta(days=14)
_PLANS = frozenset({Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CHANGED, Event.MAINTENANCE_CANCELLED})


class Mute(Struct, frozen=True, omit_defaults=True):
    """`until` is None for that of an incident. The rest is of the poll before its begin."""

    since: Instant
    until: Instant | None = None
    confirmed: StatusPeriod | None = None
    was_lost: bool = False  # that the status is unknown was notified

    def is_over(self, at: datetime) -> bool:
        """Return whether its time is over. It can last longer while the status is unknown."""
        return self.until is not None and at >= self.until


class MuteRequest(Struct, frozen=True):
    """What the settings and the issue of the incident say in this poll."""

    until: Instant | None = None
    incident: bool = False  # the issue of the incident has the label

    def applies(self, at: datetime, after: StatusTracker) -> bool:
        """Return whether the cluster is muted now. With the end of an incident, its mute is over."""
        is_incident = after.status not in {None, Status.ONLINE}
        return (self.until is not None and at < self.until) or (self.incident and is_incident)


def next_mute(
    mute: Mute | None, request: MuteRequest, before: StatusTracker, after: StatusTracker, at: Instant
) -> Mute | None:
    """Return the mute after a poll; None if there is none. The trackers are those before and after it.

    A mute does not end in a poll with an unknown status, unless that is worth a message itself.
    """
    if request.applies(at, after):
        until = request.until if request.until and at < request.until else None
        return replace(mute, until=until) if mute else Mute(at, until, before.confirmed, _is_lost(before))
    is_undecided = after.unknown is not None and not _is_lost(after)
    return mute if is_undecided else None


def _is_lost(tracker: StatusTracker) -> bool:
    return tracker.unknown is not None and tracker.unknown.notified


def end_event(mute: Mute, after: StatusTracker) -> Event | None:
    """Return the event that channels get at the end of a mute, if any."""
    if _is_lost(after) and not mute.was_lost:
        return Event.MONITOR_LOST
    was, now = mute.confirmed, after.confirmed
    if now is None:
        return None
    if was is None:
        return Event.INITIAL
    if now.status is not was.status:
        return TRANSITIONS[was.status][now.status] if was.status in TRANSITIONS else Event.INITIAL
    if mute.was_lost and after.unknown is None:
        return Event.MONITOR_RESTORED
    has_changed = now.since > mute.since  # and is back to what it was
    if not has_changed:
        return None
    return Event.MUTE_ENDED if now.status is Status.ONLINE else TRANSITIONS[Status.ONLINE].get(now.status)


def without_missed(outbox: Outbox, mute: Mute, channels: tuple[ChannelPolicy, ...]) -> Outbox:
    """Return the outbox without what a mute keeps back for good: all but plans of maintenance."""
    kept = {
        policy.id: _without_missed(outbox.channel(policy.id), mute)
        for policy in channels
        if not policy.issues
    }
    return replace(outbox, channels={**outbox.channels, **kept})


def _without_missed(channel: ChannelOutbox, mute: Mute) -> ChannelOutbox:
    pending = tuple(one for one in channel.pending if one.at < mute.since or one.event in _PLANS)
    return replace(channel, pending=pending, damping=Damping(), losses_unnamed=False)
