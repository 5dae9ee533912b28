"""What is still sent of a cluster that was removed from the clusters of a run: the end of its issue."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import ChannelOutbox, Outbox
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.tracker import StatusPeriod

_ID = "removed"


def of_removed(
    outbox: Outbox, confirmed: StatusPeriod | None, channels: Iterable[ChannelPolicy], at: datetime
) -> Outbox:
    """Return the outbox of a removed cluster: only the end of its open issues is pending."""
    if confirmed is None:
        return Outbox()
    notification = Notification(_ID, Event.REMOVED, at, confirmed)
    return Outbox(
        {
            policy.id: _closing(outbox.channel(policy.id), notification)
            for policy in channels
            if _has_open_issue(outbox.channel(policy.id), policy)
        },
        outbox.delivering_since,
    )


def _closing(channel: ChannelOutbox, notification: Notification) -> ChannelOutbox:
    known = next((one for one in channel.pending if one.id == _ID), notification)
    return replace(channel, pending=(known,))


def _has_open_issue(channel: ChannelOutbox, policy: ChannelPolicy) -> bool:
    issue = channel.issue
    return issue is not None and issue.over_at is None and issue.repository == policy.issues
