"""The outbox: notifications are saved before they are sent, and leave it only after they were accepted."""

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Lock

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import Channel
from cluster_status.app.delivery import Change, ChannelDelivery, Compose, record_failure
from cluster_status.deadline import Deadline
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import (
    DELIVERY_TAKES_AT_MOST,
    ChannelOutbox,
    Outbox,
    may_deliver,
)
from cluster_status.errors import PENDING, Cancelled, DeliveryError, HistoryError, HistoryUnreachableError
from cluster_status.ports import HistoryStore
from cluster_status.threads import Once, result_or_exception, run_in_thread

_GRACE_SECONDS = 2.0  # for a message in progress when the run is cancelled, and again to save the outcome
_BUDGET = timedelta(seconds=30)  # for all messages to one channel; the next run sends the rest
_NO_RESPONSE = DeliveryError(
    "The channel did not respond in time.",
    cause="no response",
    remedy=PENDING,
)


class Delivered(Struct, frozen=True):
    """The saved histories, the errors and the crashes by channel; a crash is a fault of this program."""

    histories: Histories
    failures: Sequence[tuple[Channel, DeliveryError]] = ()
    crashes: Sequence[tuple[Channel, Exception]] = ()
    error: HistoryError | None = None
    left: int = 0  # messages that were not sent, because the time for them is over
    sent: Sequence[tuple[Channel, int]] = ()  # how many messages


class Courier(Struct, frozen=True):
    """Saves and delivers; `newer` is HistoryStore.newer."""

    store: HistoryStore
    newer: Callable[[], Histories | None]
    now: Callable[[], datetime]
    channels: Sequence[Channel]
    compose: Compose
    clusters: Collection[str]  # keys of those that this run notifies of; other entries do not change
    deadline: Deadline  # to begin a message
    end: Deadline  # of all messages
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
            histories = histories.with_outbox(key, partial(replace, delivering_since=begin))
        self.store.save(histories)
        if not due or self.now() - begin >= DELIVERY_TAKES_AT_MOST / 2:
            return Delivered(histories)  # after such a slow save, another run may deliver
        delivery = _Delivery(self, histories, due, at)
        try:
            run_in_thread(delivery.run).result()
        except Cancelled:
            delivery.wind_up()
            raise
        one = delivery
        return Delivered(one.histories, one.failures, one.crashes, one.error, one.left, one.sent)


class _Delivery:
    """Runs in a thread, so that a signal ends the wait for it and not the work."""

    def __init__(self, courier: Courier, histories: Histories, due: Sequence[str], at: datetime) -> None:
        self.histories = self._saved = histories
        self.failures: list[tuple[Channel, DeliveryError]] = []
        self.crashes: list[tuple[Channel, Exception]] = []
        self.error: HistoryError | None = None
        self.left = 0
        self.sent: list[tuple[Channel, int]] = []
        self._courier = courier
        self._due = due
        self._at = at
        self._outcomes: list[tuple[str, Change]] = []
        self._lock = Lock()
        self._save_once = Once(self._save)
        self._cancelled, self._ended = Event(), Event()

    def run(self) -> None:
        """Serve the channels at the same time, and save the outcomes."""
        try:
            channels = self._courier.channels
            serving = [run_in_thread(partial(self._serve, channel)) for channel in channels]
            wait(serving, self._courier.end.left)
            for channel, future in zip(channels, serving, strict=True):
                if not future.done():
                    self._give_up(channel)
                elif crash := result_or_exception(future):
                    self.crashes.append((channel, crash))
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
        """Send to one channel, and note what was not sent."""
        end = self._courier.now() + _BUDGET
        delivery = ChannelDelivery(
            channel,
            list(self._pending(channel)),
            partial(self._outboxes, channel.id),
            self._apply,
            self._courier.compose,
            self._at,
        )
        ended = delivery.run(
            is_cancelled=self._cancelled.is_set,
            is_over=lambda: self._courier.now() >= end or self._courier.deadline.passed,
        )
        with self._lock:
            self.left += ended.left
            self.sent += [(channel, ended.sent)] if ended.sent else []
            self.failures += [(channel, ended.error)] if ended.error else []

    def _give_up(self, channel: Channel) -> None:
        """Note that a channel has not answered; an answer that comes later is not saved."""
        failure = partial(record_failure, channel=channel, error=_NO_RESPONSE, at=self._at)
        for key, state in self._outboxes(channel.id).items():
            if state.pending and key in self._due:
                self._apply(key, failure)
        with self._lock:
            self.failures.append((channel, _NO_RESPONSE))

    def _outboxes(self, channel_id: str) -> Mapping[str, ChannelOutbox]:
        """Return the states of a channel by cluster, as the deliveries of this run have left them."""
        with self._lock:
            entries = self.histories.clusters
        return {
            key: entries[key].outbox.channel(channel_id) for key in self._courier.clusters if key in entries
        }

    def _pending(self, channel: Channel) -> Iterator[tuple[str, Notification]]:
        """Yield the pending notifications, oldest first, and those of one cluster in their order."""
        clusters = self._saved.clusters
        queues = (
            [(key, one) for one in clusters[key].outbox.channel(channel.id).pending]
            for key in self._due
            if self._courier.may_send(key, channel)
        )
        return heapq.merge(*queues, key=lambda item: item[1].at)

    def _apply(self, key: str, change: Change) -> None:
        with self._lock:
            self._outcomes.append((key, change))
            self.histories = self.histories.with_outbox(key, change)

    def _save(self) -> None:
        """Save the outcomes on top of the latest histories: another run may have polled meanwhile."""
        try:
            histories = self._latest()
            with self._lock:
                for key, change in (*self._outcomes, *((key, _ended) for key in self._due)):
                    histories = histories.with_outbox(key, change)
                for key in self._due:
                    self.histories = self.histories.with_outbox(key, _ended)
            self._courier.store.save(histories)
        except HistoryError as error:
            self.error = HistoryError(str(error), remedy="The next run may send delivered messages again.")

    def _latest(self) -> Histories:
        try:
            return self._courier.newer() or self._saved
        except HistoryUnreachableError:
            return self._saved  # it is better to lose a newer history than to send all messages again


def _ended(outbox: Outbox) -> Outbox:
    return replace(outbox, delivering_since=None)
