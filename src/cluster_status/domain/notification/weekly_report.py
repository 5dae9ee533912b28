"""Makes the weekly report pending."""

from collections.abc import Iterable

from msgspec.structs import replace

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import ChannelOutbox, Outbox
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.selection import is_chosen


def with_report(outbox: Outbox, report: Notification, channels: Iterable[ChannelPolicy]) -> Outbox:
    """Make the report pending for the channels that want it; it replaces an earlier one."""
    states = {
        policy.id: _with_report(outbox.channel(policy.id), report)
        for policy in channels
        if not policy.issues and is_chosen(report, policy.kinds, knows_problem=False)
    }
    return replace(outbox, channels={**outbox.channels, **states})


def _with_report(state: ChannelOutbox, report: Notification) -> ChannelOutbox:
    others = (one for one in state.pending if one.event is not Event.REPORT)
    return replace(state, pending=(*others, report))
