"""Delivers the changes of a run that can load the history and cannot save it; nothing remembers it."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.outbox import Courier, Delivered
from cluster_status.app.poll import PollResult, polled_again
from cluster_status.domain.history.histories import Histories, key_of
from cluster_status.domain.history.history import History, has_changed
from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.event import CHANGES, Event
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import Outbox
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.unsaved import (
    NOTIFIED_RUN,
    UnsavedRun,
    chosen,
    estimated_run,
    is_new,
    not_saved_message,
    repeatable_message,
    restored,
    undamped,
    with_not_saved,
)
from cluster_status.ports import RecentRuns, RunsSince


def deliver_unsaved(
    courier: Courier, polls: Sequence[PollResult], recent_runs: RecentRuns, remedy: str
) -> Delivered:
    """Notify the changes since the saved histories, at most once an hour, and the third run that cannot save.

    The outboxes do not change. `remedy` is that of the error.
    """
    monitored = [
        (one, one.before, one.after)
        for one in polls
        if one.before and one.after and one.before.tracker.confirmed and one.before.record.polls
    ]
    if not monitored:
        return Delivered(Histories())
    recent = recent_runs(min(before.record.polls[-1].at for _, before, _ in monitored))
    unsaved = {key_of(one[0].cluster): _unsaved(*one, recent) for one in monitored}

    def compose(key: str, notification: Notification, policy: ChannelPolicy) -> Message:
        return unsaved[key].with_note(courier.compose(key, notification, policy), notification, remedy)

    histories = Histories(clusters={key: one.history for key, one in unsaved.items()})
    without_store = replace(courier, store=_NoStore(), newer=lambda: None, compose=compose)
    return without_store.save_and_deliver(histories, max(one.at for one in polls))


def with_restored(polls: Sequence[PollResult], recent_runs: RecentRuns) -> list[PollResult]:
    """Add a notification that the status is as before, where many runs have failed since the last saved poll.

    One of them may have notified a change that has ended. The runs are read only after a gap of that length,
    once for all clusters.
    """
    since = {one.cluster: saved_at for one in polls if (saved_at := _saved_before_gap(one))}
    recent = recent_runs(min(since.values())) if since else None
    failed = [run.started_at for run in recent.finished if run.failed] if recent else []
    return [
        _with_restored(one)
        if one.cluster in since and sum(at > since[one.cluster] for at in failed) >= NOTIFIED_RUN
        else one
        for one in polls
    ]


def _saved_before_gap(poll: PollResult) -> Instant | None:
    """Return when the last saved poll was, if failed runs may have followed it and the status is the same."""
    before, after = poll.before, poll.after
    if poll.mismatch or not (before and after and before.record.polls) or has_changed(before, after):
        return None
    confirmed, polls = after.tracker.confirmed, before.record.polls
    if confirmed is None or poll.verdict.status is not confirmed.status:
        return None
    return polls[-1].at if estimated_run(polls, poll.at).number > NOTIFIED_RUN else None


def _with_restored(poll: PollResult) -> PollResult:
    after = poll.after
    if not (after and after.tracker.confirmed):
        return poll
    outbox = restored(after.outbox, poll.id, poll.at, after.tracker.confirmed, poll.context.channels)
    return replace(poll, after=replace(after, outbox=outbox))


class _NoStore:
    """Implements ports.HistoryStore: it saves nothing."""

    path = ""

    def load(self) -> Histories | None:
        return None

    def newer(self) -> Histories | None:
        return None

    def save(self, histories: Histories) -> None: ...


class _Unsaved(Struct, frozen=True):
    """A poll that is not saved, and the history whose outbox has what this run sends."""

    poll_id: str
    run: UnsavedRun
    confirmed: bool
    history: History

    def with_note(self, message: Message, notification: Notification, remedy: str) -> Message:
        if notification.event is Event.HISTORY_NOT_SAVED and notification.period:
            return not_saved_message(message, notification.period, self.run.saved_at, remedy)
        if not is_new(notification, self.poll_id):
            return repeatable_message(message)
        return repeatable_message(message, confirmed=self.confirmed, since_known=self.run.number == 1)


def _unsaved(poll: PollResult, before: History, after: History, recent: RunsSince | None) -> _Unsaved:
    run = _run(poll, before, recent)
    changed = _changed(poll, before, run)
    after, polls_needed = changed or (after, 1)
    outbox = _outbox(after, poll.id, run, polls_needed)
    if run.number == NOTIFIED_RUN and before.tracker.confirmed and not changed:
        outbox = with_not_saved(outbox, poll.at, before.tracker.confirmed, poll.context.channels)
    return _Unsaved(poll.id, run, polls_needed == 1, replace(after, outbox=outbox))


def _changed(poll: PollResult, before: History, run: UnsavedRun) -> tuple[History, int] | None:
    """Return the history after a change, and the number of polls that confirm it; None without a change."""
    before = replace(before, outbox=undamped(before.outbox))
    usual = poll.context.confirm_after
    # The earlier runs count as polls that confirm a change: otherwise an outage that needs a confirmation
    # would be missed for as long as nothing is saved.
    for confirm_after, polls_needed in ((usual, 1), (1, usual)):
        after = polled_again(poll, before, confirm_after=confirm_after).after
        if after and run.number >= polls_needed and _has_change(after, poll.id):
            return after, polls_needed
    return None


def _has_change(history: History, poll_id: str) -> bool:
    pending = (one for channel in history.outbox.channels.values() for one in channel.pending)
    return any(one.event in CHANGES and is_new(one, poll_id) for one in pending)


def _run(poll: PollResult, before: History, recent: RunsSince | None) -> UnsavedRun:
    polls = before.record.polls
    if recent is None:
        return estimated_run(polls, poll.at)
    earlier = tuple(run.started_at for run in recent.finished if run.started_at > polls[-1].at)
    return UnsavedRun(polls[-1].at, recent.this_started_at or poll.at, earlier)


def _outbox(after: History, poll_id: str, run: UnsavedRun, polls_needed: int) -> Outbox:
    channels = {
        channel_id: replace(channel, pending=chosen(channel.pending, poll_id, run, polls_needed))
        for channel_id, channel in after.outbox.channels.items()
    }
    return Outbox(channels)
