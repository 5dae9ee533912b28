"""The outbox: notifications are saved before they are sent, and leave it only after they were accepted."""

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import Channel
from cluster_status.app.issues import Batch, issue_batches, step_of
from cluster_status.deadline import Deadline
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.combined import MOST_SINGLE, combined
from cluster_status.domain.notification.issue import Issue, after
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import LiveMessage, MessageRef, Notification
from cluster_status.domain.notification.outbox import (
    DELIVERY_TAKES_AT_MOST,
    ChannelOutbox,
    Outbox,
    delivered,
    failed,
    may_deliver,
)
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.errors import (
    Cancelled,
    ChannelRefusedError,
    DeliveryError,
    HistoryError,
    HistoryUnreachableError,
    Refusal,
)
from cluster_status.ports import HistoryStore
from cluster_status.threads import Once, result_or_exception, run_in_thread

if TYPE_CHECKING:
    from cluster_status.domain.history.history import History

_GRACE_SECONDS = 2.0  # for a message in progress when the run is cancelled, and again to save the outcome
_BUDGET = timedelta(seconds=30)  # for all messages to one channel; the next run sends the rest

Compose = Callable[[str, Notification, ChannelPolicy], Message]
"""Returns the message for a channel; the first argument is the key of the cluster."""


class Delivered(Struct, frozen=True):
    """The saved histories, the errors and the crashes by channel; a crash is a fault of this program."""

    histories: Histories
    failures: Sequence[tuple[Channel, DeliveryError]] = ()
    crashes: Sequence[tuple[Channel, Exception]] = ()
    error: HistoryError | None = None
    left: int = 0  # messages that were not sent, because the time for them is over


class Courier(Struct, frozen=True):
    """Saves and delivers; `newer` is HistoryStore.newer."""

    store: HistoryStore
    newer: Callable[[], Histories | None]
    now: Callable[[], datetime]
    channels: Sequence[Channel]
    compose: Compose
    clusters: Collection[str]  # keys of those that this run polls; other entries do not change
    deadline: Deadline  # to begin a message
    muted: Collection[str] = ()  # keys of clusters that notify channels of issues only

    def may_send(self, key: str, channel: Channel) -> bool:
        return key not in self.muted or channel.policy.issues is not None

    def has_to_send(self, key: str, outbox: Outbox) -> bool:
        """Return whether a channel that is not muted has pending notifications."""
        if key not in self.muted:
            return True
        return any(outbox.channel(one.id).pending for one in self.channels if self.may_send(key, one))

    def save_and_deliver(self, histories: Histories, at: datetime) -> Delivered:
        """Save, deliver the pending notifications, and save the outcome.

        Raises HistoryError if the first save fails. Then nothing was sent: see app.unsaved.
        """
        begin = self.now()  # the poll itself may be minutes old, if the store was slow
        due = [
            key
            for key, one in histories.clusters.items()
            if key in self.clusters and may_deliver(one.outbox, begin) and self.has_to_send(key, one.outbox)
        ]
        for key in due:
            histories = _changed(histories, key, partial(replace, delivering_since=begin))
        self.store.save(histories)
        if not due or self.now() - begin >= DELIVERY_TAKES_AT_MOST / 2:
            return Delivered(histories)  # after such a slow save, another run may deliver
        delivery = _Delivery(self, histories, due, at)
        try:
            run_in_thread(delivery.run).result()
        except Cancelled:
            delivery.wind_up()
            raise
        return Delivered(
            delivery.histories, delivery.failures, delivery.crashes, delivery.error, delivery.left
        )


class _Delivery:
    """Runs in a thread, so that a signal ends the wait for it and not the work."""

    def __init__(self, courier: Courier, histories: Histories, due: Sequence[str], at: datetime) -> None:
        self.histories = self._saved = histories
        self.failures: list[tuple[Channel, DeliveryError]] = []
        self.crashes: list[tuple[Channel, Exception]] = []
        self.error: HistoryError | None = None
        self.left = 0
        self._courier = courier
        self._due = due
        self._at = at
        self._outcomes: list[Callable[[Histories], Histories]] = []
        self._lock = Lock()
        self._save_once = Once(self._save)
        self._cancelled, self._ended = Event(), Event()

    def run(self) -> None:
        """Serve the channels at the same time, and save the outcomes."""
        try:
            channels = self._courier.channels
            serving = [run_in_thread(partial(self._serve, channel)) for channel in channels]
            wait(serving)
            outcomes = zip(channels, map(result_or_exception, serving), strict=True)
            self.crashes += [(channel, crash) for channel, crash in outcomes if crash]
        finally:
            try:
                self._save_once()
            finally:
                self._ended.set()

    def wind_up(self) -> None:
        """Stop sending, and save the deliveries, even if a message is still in progress."""
        self._cancelled.set()
        if not self._ended.wait(_GRACE_SECONDS):
            wait([run_in_thread(self._save_once)], _GRACE_SECONDS)

    def _serve(self, channel: Channel) -> None:
        """Send to one channel, oldest first; stop at the first failure."""
        end = self._courier.now() + _BUDGET
        pending = list(self._pending(channel))
        left = len(pending)
        for batch in self._batches(pending, channel):
            if self._cancelled.is_set():
                break
            if self._courier.now() >= end or self._courier.deadline.passed:
                self._leave(left)
                break
            try:
                ref = self._send(channel, batch)
            except DeliveryError as error:
                self._fail(channel, batch, error)
                break
            for item in batch:
                self._accept(channel, item, ref)
            left -= len(batch)

    def _batches(self, pending: Sequence[tuple[str, Notification]], channel: Channel) -> Iterator[Batch]:
        if channel.policy.issues:
            return issue_batches(pending, partial(self._issues, channel.id))
        return iter(_batches(pending, channel))

    def _issues(self, channel_id: str) -> Mapping[str, Issue]:
        """Return the issues of the polled clusters, as the deliveries of this run have left them."""
        with self._lock:
            entries = self.histories.clusters
        found = {
            key: entries[key].outbox.channel(channel_id).issue
            for key in self._courier.clusters
            if key in entries
        }
        return {key: issue for key, issue in found.items() if issue}

    def _pending(self, channel: Channel) -> Iterator[tuple[str, Notification]]:
        """Yield the pending notifications, oldest first, and those of one cluster in their order."""
        clusters = self._saved.clusters
        queues = (
            [(key, one) for one in clusters[key].outbox.channel(channel.id).pending]
            for key in self._due
            if self._courier.may_send(key, channel)
        )
        return heapq.merge(*queues, key=lambda item: item[1].at)

    def _send(self, channel: Channel, batch: Batch) -> MessageRef | None:
        issue_step = step_of(batch, self._issues(channel.id)) if channel.policy.issues else None
        if channel.policy.issues and issue_step is None:
            return None
        for key, _ in batch:
            require_acceptance(self._saved.clusters[key].outbox.channel(channel.id), channel, self._at)
        messages = [self._courier.compose(key, one, channel.policy) for key, one in batch]
        message = combined(messages) if len(messages) > 1 else messages[0]
        return channel.notifier.send(replace(message, issue=issue_step))

    def _accept(self, channel: Channel, item: tuple[str, Notification], ref: MessageRef | None) -> None:
        key, one = item
        live = LiveMessage(channel.policy.digest, ref, one) if channel.editor and ref else None
        repository, issue = channel.policy.issues, None
        if repository and ref:
            issue = after(self._issues(channel.id).get(key), one, int(ref.id), repository)
        accepted = partial(delivered, channel_id=channel.id, notification_id=one.id, live=live, issue=issue)
        self._apply(key, accepted)

    def _leave(self, count: int) -> None:
        with self._lock:
            self.left += count

    def _fail(self, channel: Channel, batch: Batch, error: DeliveryError) -> None:
        with self._lock:
            self.failures.append((channel, error))
        for key in dict.fromkeys(key for key, _ in batch):
            self._apply(key, partial(record_failure, channel=channel, error=error, at=self._at))

    def _apply(self, key: str, change: Callable[[Outbox], Outbox]) -> None:
        outcome = partial(_changed, key=key, change=change)
        with self._lock:
            self._outcomes.append(outcome)
            self.histories = outcome(self.histories)

    def _save(self) -> None:
        """Save the outcomes on top of the latest histories: another run may have polled meanwhile."""
        try:
            histories = self._latest()
            with self._lock:
                for outcome in self._outcomes:
                    histories = outcome(histories)
                for key in self._due:
                    histories = _changed(histories, key, _ended)
                    self.histories = _changed(self.histories, key, _ended)
            self._courier.store.save(histories)
        except HistoryError as error:
            self.error = HistoryError(str(error), remedy="The next run may send delivered messages again.")

    def _latest(self) -> Histories:
        try:
            return self._courier.newer() or self._saved
        except HistoryUnreachableError:
            return self._saved  # it is better to lose a newer history than to send all messages again


def _batches(pending: Sequence[tuple[str, Notification]], channel: Channel) -> list[Batch]:
    """Return what is one message each: all at once if many clusters have changed.

    A live message is about one cluster.
    """
    clusters = {key for key, _ in pending}
    if len(clusters) > MOST_SINGLE and not channel.editor:
        return [pending]
    return [[one] for one in pending]


def require_acceptance(outbox: ChannelOutbox, channel: Channel, at: datetime) -> None:
    """Raise the refusal of the channel again, without a request, until its address changes or a day is over.

    A day later it is tried again: the reason may be fixed, or the refusal was an error of the service.
    """
    failure = outbox.failure
    if failure and failure.holds_back(channel.policy.digest, at):
        cause = failure.run.cause
        unknown = Refusal(cause, f"The channel refuses messages ({cause}).")  # stored by a later version
        raise ChannelRefusedError(channel.notifier.refusals.get(cause, unknown))


def record_failure(outbox: Outbox, channel: Channel, error: DeliveryError, at: datetime) -> Outbox:
    """Return the outbox after a channel did not accept a message."""
    refused_by = channel.policy.digest if isinstance(error, ChannelRefusedError) else None
    return failed(outbox, channel.id, error.cause, at, refused_by=refused_by)


def _ended(outbox: Outbox) -> Outbox:
    return replace(outbox, delivering_since=None)


def _changed(histories: Histories, key: str, change: Callable[[Outbox], Outbox]) -> Histories:
    history = histories.clusters.get(key)
    if history is None:
        return histories
    changed: History = replace(history, outbox=change(history.outbox))
    return replace(histories, clusters={**histories.clusters, key: changed})
