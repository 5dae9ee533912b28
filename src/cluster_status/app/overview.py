"""The overview of a channel: one live message with a table of the clusters that notify it."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from cluster_status.app.cluster import Channel, Tools
from cluster_status.app.delivery import record_failure, require_acceptance
from cluster_status.app.poll import PollResult, observed
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.combined import overview
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose, with_plan
from cluster_status.domain.notification.notification import LiveMessage, Notification
from cluster_status.domain.notification.notify import remind
from cluster_status.domain.notification.outbox import ChannelOutbox, edited
from cluster_status.domain.notification.refresh import row
from cluster_status.domain.uptime.polls import is_overtaken
from cluster_status.errors import DeliveryError, MessageLostError

States = Mapping[str, ChannelOutbox]
"""The states of a channel by the name of the cluster."""


def edit_overview(
    polls: Sequence[PollResult], channel: Channel, tools: Tools
) -> tuple[States, DeliveryError | None]:
    """Edit the overview, and return the states of the channel by cluster.

    Without an overview, nothing is edited: the pending reminders become a new one. This is also the case
    after the overview was deleted.
    """
    polled = list(_polled(polls, channel))
    live = next((state.live for _, _, state in polled if state.live), None)
    rows = {poll.cluster: _row(poll, history, state) for poll, history, state in polled}
    composed = (
        with_plan(compose(shown, poll.cluster, channel.policy, None, tools.run_url), poll.context.plan)
        for poll, _, _ in polled
        if (shown := rows[poll.cluster])
    )
    messages = [tools.with_page(one) for one in composed]
    if channel.editor is None or live is None or not messages:
        return {}, None
    states, error = dict[str, ChannelOutbox](), None
    try:
        for poll, _, state in polled:
            require_acceptance(state, channel, poll.at)
        ref = channel.editor.edit(live.ref, overview(messages))
    except MessageLostError:
        for poll, history, _ in polled:
            lost = edited(history.outbox, channel.id, None)
            states[poll.cluster] = remind(lost, observed(poll, history), channel.policy).channel(channel.id)
        return states, None
    except DeliveryError as failure:
        ref, error = None, failure
    for poll, history, _ in polled:
        shown = rows[poll.cluster]
        outbox = history.outbox
        if ref and shown:
            outbox = edited(outbox, channel.id, LiveMessage(channel.policy.digest, ref, shown, overview=True))
        elif error:
            outbox = record_failure(outbox, channel, error, poll.at)
        states[poll.cluster] = _without_reminder(outbox.channel(channel.id))
    return states, error


def _polled(
    polls: Sequence[PollResult], channel: Channel
) -> Iterator[tuple[PollResult, History, ChannelOutbox]]:
    for poll in polls:
        if poll.after and channel.id in poll.after.outbox.channels:
            yield poll, poll.after, poll.after.outbox.channel(channel.id)


def _row(poll: PollResult, history: History, state: ChannelOutbox) -> Notification | None:
    shown = state.live.notification if state.live else None
    if poll.mismatch or is_overtaken(history.record.polls, poll.at):
        return shown
    return row(shown, observed(poll, history))


def _without_reminder(state: ChannelOutbox) -> ChannelOutbox:
    """Return the state of a cluster that is new in an overview: it needs none of its own."""
    pending = tuple(one for one in state.pending if one.event is not Event.REMINDER)
    return replace(state, pending=pending)
