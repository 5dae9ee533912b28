"""The live message: the latest message of a channel is edited at every poll, without a sound."""

from msgspec.structs import replace

from cluster_status.app.cluster import Channel
from cluster_status.app.outbox import record_failure, require_address
from cluster_status.app.poll import PollResult
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.notify import Observation, refreshed, remind
from cluster_status.domain.notification.outbox import Outbox, edited
from cluster_status.domain.uptime.polls import is_overtaken
from cluster_status.errors import DeliveryError, MessageLostError


def update_live_message(
    poll: PollResult, history: History, channel: Channel
) -> tuple[Outbox, DeliveryError | None]:
    """Return the outbox after the live message of a channel was edited, and the error if that failed.

    This happens before the history is saved: a repeated edit does no harm. While a notification is pending
    for the channel, the next message takes over. A message that no longer exists is replaced by a reminder.
    """
    outbox = history.outbox
    state = outbox.channel(channel.id)
    if channel.editor is None or state.live is None or state.pending:
        return outbox, None
    record, live = history.record, state.live
    current = refreshed(live.notification, history.tracker, record.ledger, poll.verdict, poll.at)
    if current is None or is_overtaken(record.polls, poll.at):
        return outbox, None
    message = compose(current, poll.cluster, channel.policy, poll.verdict.cluster_state)
    try:
        require_address(state, channel)
        ref = channel.editor.edit(live.ref, message)
    except MessageLostError:
        return remind(edited(outbox, channel.id, None), _observed(poll, history), channel.policy), None
    except DeliveryError as error:
        return record_failure(outbox, channel, error, poll.at), error
    return edited(outbox, channel.id, replace(live, ref=ref, notification=current)), None


def _observed(poll: PollResult, history: History) -> Observation:
    tracker, last_login = history.tracker, history.ssh.login.worked_at
    return Observation(poll.id, poll.at, poll.verdict, tracker, tracker, history.record.ledger, last_login)
