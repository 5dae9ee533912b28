"""The pending notifications of each channel, and the effects of deliveries and failures."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.calendar import Calendar
from cluster_status.domain.notification.damping import Damping
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.issue import Issue
from cluster_status.domain.notification.notification import LiveMessage, Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.window_events import not_stale, superseding
from cluster_status.domain.run_failure import RunFailure, run_failure

Add = Callable[[tuple[Notification, ...], Notification], tuple[Notification, ...]]
PENDING_KEPT = 20
DELIVERY_TAKES_AT_MOST = timedelta(minutes=10)  # no job that polls should take longer


class DeliveryFailure(Struct, frozen=True, omit_defaults=True):
    """Why a channel did not accept a message; `refused_by` is the digest of an address that refuses all."""

    run: RunFailure
    refused_by: str | None = None

    def holds_back(self, address: str | None, now: datetime) -> bool:
        """Return whether this address refused a message, and a day has not passed."""
        return address is not None and address == self.refused_by and self.run.is_recent(now)


class ChannelOutbox(Struct, frozen=True, omit_defaults=True):
    """The state of one channel, independent of other channels.

    `losses_unnamed`: it was notified that the cluster is degraded, and Slurm could not be queried then.
    """

    pending: tuple[Notification, ...] = ()  # oldest first
    missed_polls: int = 0  # in gaps that no notification to this channel has mentioned
    failure: DeliveryFailure | None = None
    live: LiveMessage | None = None
    issue: Issue | None = None
    damping: Damping = Damping()
    knows_problem: bool = False  # by its latest notification, the cluster is not online
    losses_unnamed: bool = False


class Outbox(Struct, frozen=True):
    """The channels by id; `delivering_since` is set while a run delivers and has not saved the outcome."""

    channels: dict[str, ChannelOutbox] = field(default_factory=dict)
    delivering_since: Instant | None = None

    def channel(self, channel_id: str) -> ChannelOutbox:
        return self.channels.get(channel_id, ChannelOutbox())

    @property
    def has_pending(self) -> bool:
        return any(channel.pending for channel in self.channels.values())


def begin_poll(outbox: Outbox, policies: Iterable[ChannelPolicy], missed_polls: int) -> Outbox:
    """Prepare the outbox for the events of a poll.

    Channels that are no longer configured are dropped, and so are reminders that were not delivered, the
    removal of a cluster that is back, notifications beyond the limit, live messages that cannot be edited any
    more, and issues of another repository. `missed_polls` is negative after a clock was set back.
    """
    channels = {policy.id: _begin(outbox.channel(policy.id), policy, missed_polls) for policy in policies}
    return replace(outbox, channels=channels)


def _begin(channel: ChannelOutbox, policy: ChannelPolicy, missed_polls: int) -> ChannelOutbox:
    dropped = {Event.REMINDER, Event.REMOVED}
    reminders = [one for one in channel.pending if one.event is Event.REMINDER]
    missed = channel.missed_polls + sum(one.missed_polls for one in reminders) + missed_polls
    is_here = channel.issue is not None and channel.issue.repository == policy.issues
    live = channel.live if policy.live else None
    if live and (live.channel, live.overview) != (policy.digest, policy.overview):
        live = None  # it cannot be edited
    return replace(
        channel,
        pending=_newest(tuple(one for one in channel.pending if one.event not in dropped)),
        missed_polls=max(0, missed),
        live=live,
        issue=channel.issue if is_here else None,
    )


def enqueue(outbox: Outbox, notification: Notification, *, only: str | None = None) -> Outbox:
    """Make the notification pending for every channel, or for one of them."""
    is_delivering = outbox.delivering_since is not None  # then a pending one may have been sent
    add = _append if is_delivering else superseding
    channels = {
        name: _enqueue(channel, notification, add) if only in {None, name} else channel
        for name, channel in outbox.channels.items()
    }
    return replace(outbox, channels=channels)


def _enqueue(channel: ChannelOutbox, notification: Notification, add: Add) -> ChannelOutbox:
    queue = add(channel.pending, replace(notification, missed_polls=channel.missed_polls))
    missed = channel.missed_polls + _missed_polls(channel.pending) - _missed_polls(queue)
    return replace(channel, pending=_newest(queue), missed_polls=missed)


def _newest(queue: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Drop the oldest beyond the limit; the next one counts them."""
    overflow, kept = queue[:-PENDING_KEPT], queue[-PENDING_KEPT:]
    if not overflow:
        return queue
    first = replace(
        kept[0],
        dropped=kept[0].dropped + sum(1 + one.dropped for one in overflow),
        missed_polls=kept[0].missed_polls + _missed_polls(overflow),
    )
    return (first, *kept[1:])


def _append(pending: tuple[Notification, ...], new: Notification) -> tuple[Notification, ...]:
    return (*pending, new)


def _missed_polls(pending: Iterable[Notification]) -> int:
    return sum(one.missed_polls for one in pending)


def without_stale(outbox: Outbox, calendar: Calendar) -> Outbox:
    """Drop notifications of planned maintenance that is over."""
    if outbox.delivering_since is not None:  # they may have been sent
        return outbox
    channels = {}
    for name, channel in outbox.channels.items():
        pending = not_stale(channel.pending, calendar)
        missed = channel.missed_polls + _missed_polls(channel.pending) - _missed_polls(pending)
        channels[name] = replace(channel, pending=pending, missed_polls=missed)
    return replace(outbox, channels=channels)


def may_deliver(outbox: Outbox, now: datetime) -> bool:
    """Return whether notifications are pending and no other run can be delivering them."""
    since = outbox.delivering_since
    return outbox.has_pending and (since is None or abs(now - since) >= DELIVERY_TAKES_AT_MOST)


def delivered(
    outbox: Outbox,
    channel_id: str,
    notification_id: str,
    live: LiveMessage | None = None,
    issue: Issue | None = None,
) -> Outbox:
    """Return the outbox after a channel accepted a notification."""

    def accept(channel: ChannelOutbox) -> ChannelOutbox:
        pending = tuple(one for one in channel.pending if one.id != notification_id)
        return replace(
            channel, pending=pending, failure=None, live=live or channel.live, issue=issue or channel.issue
        )

    return _update(outbox, channel_id, accept)


def edited(outbox: Outbox, channel_id: str, live: LiveMessage | None) -> Outbox:
    """Return the outbox after the live message of a channel was edited, or, with None, found missing."""

    def accept(channel: ChannelOutbox) -> ChannelOutbox:
        return replace(channel, live=live, failure=None if live else channel.failure)

    return _update(outbox, channel_id, accept)


def failed(
    outbox: Outbox, channel_id: str, cause: str, at: datetime, *, refused_by: str | None = None
) -> Outbox:
    """Return the outbox after a channel failed; see DeliveryFailure for `refused_by`."""

    def fail(channel: ChannelOutbox) -> ChannelOutbox:
        previous = channel.failure.run if channel.failure else None
        return replace(channel, failure=DeliveryFailure(run_failure(previous, cause, at), refused_by))

    return _update(outbox, channel_id, fail)


def assume_delivered(outbox: Outbox) -> Outbox:
    """Return the outbox after a delivery whose save is lost: all pending notifications count as delivered."""
    if outbox.delivering_since is None:
        return outbox
    channels = {name: replace(channel, pending=()) for name, channel in outbox.channels.items()}
    return replace(outbox, channels=channels, delivering_since=None)


def _update(outbox: Outbox, channel_id: str, change: Callable[[ChannelOutbox], ChannelOutbox]) -> Outbox:
    """Change one channel; ignore the outcome for a channel that another run has dropped."""
    channel = outbox.channels.get(channel_id)
    if channel is None:
        return outbox
    return replace(outbox, channels={**outbox.channels, channel_id: change(channel)}, delivering_since=None)
