"""The live message of a channel is edited at every poll, without a sound.

It is the latest message about a cluster, or if several clusters notify the channel, an overview of them.
"""

from collections.abc import Sequence
from concurrent.futures import wait
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import Channel, Tools
from cluster_status.app.delivery import record_failure, require_acceptance
from cluster_status.app.overview import States, edit_overview
from cluster_status.app.poll import PollResult, observed
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.message import compose, with_check_outputs, with_order, with_plan
from cluster_status.domain.notification.notify import remind
from cluster_status.domain.notification.outbox import ChannelOutbox, edited
from cluster_status.domain.notification.refresh import refreshed, with_current_status
from cluster_status.domain.uptime.polls import is_overtaken
from cluster_status.errors import DeliveryError, MessageLostError
from cluster_status.threads import result_or_exception, run_in_thread

_Outcome = tuple[States, DeliveryError | None]

_SECONDS = 10.0  # for all edits; messages to other channels wait for them
_NO_RESPONSE = DeliveryError(
    f"The live message could not be edited: no response within {_SECONDS:.0f} s.",
    cause="no response",
    remedy="The next run edits the message.",
)


class Edited(Struct, frozen=True):
    """The polls after the edits, the errors and the crashes by channel; a crash is a fault of the program."""

    polls: Sequence[PollResult]
    failures: Sequence[tuple[Channel, DeliveryError]] = ()
    crashes: Sequence[tuple[Channel, Exception]] = ()


def update_live_messages(polls: Sequence[PollResult], channels: Sequence[Channel], tools: Tools) -> Edited:
    """Edit the live messages of all channels at the same time.

    This happens before the histories are saved: a repeated edit has no effect.
    """
    editing = [
        (channel, run_in_thread(partial(_edit_all, polls, channel, tools)))
        for channel in channels
        if channel.editor
    ]
    wait([future for _, future in editing], _SECONDS)
    failures, crashes, updated = [], [], list(polls)
    for channel, future in editing:
        outcome: _Outcome | Exception = _not_edited(polls, channel)
        if future.done():
            outcome = result_or_exception(future)
        if isinstance(outcome, Exception):
            crashes.append((channel, outcome))
            continue
        states, error = outcome
        failures += [(channel, error)] if error else []
        updated = [_with_state(one, channel, states.get(one.cluster)) for one in updated]
    return Edited(updated, failures, crashes)


def _not_edited(polls: Sequence[PollResult], channel: Channel) -> _Outcome:
    """Return the states of a channel that has not answered; an edit that it makes later is repeated."""
    outboxes = ((one, one.after.outbox) for one in polls if one.after and not one.mismatch)
    states = {
        one.cluster: record_failure(outbox, channel, _NO_RESPONSE, one.at).channel(channel.id)
        for one, outbox in outboxes
        if outbox.channel(channel.id).live
    }
    return states, _NO_RESPONSE


def _edit_all(polls: Sequence[PollResult], channel: Channel, tools: Tools) -> _Outcome:
    """Edit the messages of one channel until one fails, and return its state by cluster."""
    if channel.policy.overview:
        return edit_overview(polls, channel, tools)
    states: dict[str, ChannelOutbox] = {}
    for poll in polls:
        if poll.after is None or poll.mismatch:
            continue
        states[poll.cluster], error = _edit(poll, poll.after, channel, tools)
        if error:
            return states, error
    return states, None


def _edit(
    poll: PollResult, history: History, channel: Channel, tools: Tools
) -> tuple[ChannelOutbox, DeliveryError | None]:
    """Edit the live message of one cluster.

    While a notification is pending for the channel, nothing is edited: its message becomes the live message.
    A message that no longer exists is replaced by a reminder.
    """
    outbox, record = history.outbox, history.record
    state = outbox.channel(channel.id)
    live = state.live
    if channel.editor is None or live is None or state.pending:
        return state, None
    shown = live.notification
    if state.damping.unstable_since:
        shown = with_current_status(shown, history.tracker)
    current = refreshed(shown, observed(poll, history))
    if current is None or is_overtaken(record.polls, poll.at):
        return state, None
    message = compose(current, poll.cluster, channel.policy, poll.verdict.cluster_state, tools.run_url)
    message = with_plan(with_order(message, poll.verdict.partitions), poll.context.plan)
    message = with_check_outputs(message, poll.verdict.site_checks)
    error: DeliveryError | None = None
    try:
        require_acceptance(state, channel, poll.at)
        ref = channel.editor.edit(live.ref, tools.with_page(message))
        outbox = edited(outbox, channel.id, replace(live, ref=ref, notification=current))
    except MessageLostError:
        outbox = remind(edited(outbox, channel.id, None), observed(poll, history), channel.policy)
    except DeliveryError as failure:
        outbox, error = record_failure(outbox, channel, failure, poll.at), failure
    return outbox.channel(channel.id), error


def _with_state(poll: PollResult, channel: Channel, state: ChannelOutbox | None) -> PollResult:
    if poll.after is None or state is None:
        return poll
    outbox = poll.after.outbox
    outbox = replace(outbox, channels={**outbox.channels, channel.id: state})
    return replace(poll, after=replace(poll.after, outbox=outbox))
