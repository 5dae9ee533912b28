"""The outbox: what is to be told is saved before it is sent, and leaves only after it was told."""

from collections.abc import Callable, Sequence
from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.plan import Channel
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import LiveMessage, MessageRef, Notification
from cluster_status.domain.notification.outbox import (
    DELIVERY_TAKES_AT_MOST,
    delivery_failed,
    drop_delivered,
    may_deliver,
    told,
)
from cluster_status.errors import (
    Cancelled,
    ClusterStatusError,
    DeliveryError,
    HistoryError,
    HistoryOutOfReachError,
    WebhookGoneError,
)
from cluster_status.ports import HistoryStore
from cluster_status.threads import Once, run_in_thread

_GRACE_SECONDS = (
    2.0  # for a message that is under way when the run is cancelled, and again for the note of it
)
_BUDGET = timedelta(seconds=30)  # for all that a run tells a channel; what is left then, the next one tells


class Outbox(Struct, frozen=True):
    """`newer` gives the history that another run has saved since, if there is one."""

    store: HistoryStore
    newer: Callable[[], History | None]
    now: Callable[[], datetime]
    channels: Sequence[Channel]
    words: Callable[[Notification], Message]

    def save_and_deliver(self, history: History, at: datetime) -> tuple[History, list[ClusterStatusError]]:
        """Save `history`, tell each channel what is pending for it, and save what became of it.

        Returns that, and what went wrong on the way. Raises HistoryError if it is the first save that
        fails: then nothing was sent, since what cannot be remembered as told would be told at every poll.
        """
        history = drop_delivered(history, self.names)  # a channel that is no more holds nothing up
        begin = self.now()  # the poll itself may be minutes old, if the store was slow
        event = may_deliver(history, begin)
        if event:
            history = replace(history, delivering_since=begin)
        self.store.save(history)
        if not event or self.now() - begin >= DELIVERY_TAKES_AT_MOST / 2:
            return history, []  # after so slow a save, another run may take this one for dead
        delivery = _Delivery(self, history, at)
        try:
            run_in_thread(delivery.run).result()
        except Cancelled:
            delivery.wind_up()
            raise
        return delivery.history, delivery.errors

    @property
    def names(self) -> list[str]:
        return [channel.name for channel in self.channels]


class _Delivery:
    """What one run tells. It runs beside, so that a signal ends the wait for it and not the work."""

    def __init__(self, outbox: Outbox, history: History, at: datetime) -> None:
        self.history = self._saved = history
        self.errors: list[ClusterStatusError] = []
        self._outbox = outbox
        self._at = at
        self._outcomes: list[Callable[[History], History]] = []
        self._note_once = Once(self._note)
        self._cancelled, self._ended = Event(), Event()

    def run(self) -> None:
        try:
            for channel in self._outbox.channels:
                self._tell_all(channel)
        finally:
            try:
                self._note_once()
            finally:
                self._ended.set()

    def wind_up(self) -> None:
        """Tell nothing more; note what was told, whatever has become of the message that is under way."""
        self._cancelled.set()
        if not self._ended.wait(_GRACE_SECONDS):
            wait([run_in_thread(self._note_once)], _GRACE_SECONDS)

    def _tell_all(self, channel: Channel) -> None:
        """Tell one channel, oldest first; behind what fails no other is sent."""
        end = self._outbox.now() + _BUDGET
        due = [one for one in self.history.pending if channel.name not in one.delivered_to]
        for notification in due:
            if self._cancelled.is_set():
                break
            try:
                post = self._send(channel, notification)
            except DeliveryError as error:
                self.errors.append(error)
                self._becomes(partial(failed, channel=channel, error=error, at=self._at))
                break
            self._becomes(partial(self._told, notification=notification, channel=channel, post=post))
            if self._outbox.now() >= end:
                break

    def _send(self, channel: Channel, notification: Notification) -> MessageRef | None:
        if is_gone(self.history, channel):
            raise WebhookGoneError
        return channel.notifier.send(self._outbox.words(notification))

    def _told(
        self, history: History, *, notification: Notification, channel: Channel, post: MessageRef | None
    ) -> History:
        if channel.editor and post:
            history = replace(history, live=LiveMessage(channel.identity, post, notification))
        return told(history, notification, channel.name, due_to=self._outbox.names)

    def _becomes(self, outcome: Callable[[History], History]) -> None:
        self._outcomes.append(outcome)
        self.history = outcome(self.history)

    def _note(self) -> None:
        """Save the outcomes on top of the latest history: another run may have polled meanwhile."""
        self.history = replace(self.history, delivering_since=None)
        try:
            history = self._latest()
            for outcome in self._outcomes:
                history = outcome(history)
            self._outbox.store.save(replace(history, delivering_since=None))
        except HistoryError as error:
            remedy = "What was told may be told again by the next run."
            self.errors.append(HistoryError(str(error), remedy=remedy))

    def _latest(self) -> History:
        try:
            return self._outbox.newer() or self._saved
        except HistoryOutOfReachError:
            return self._saved  # better to lose what may be there than to tell everything again


def is_gone(history: History, channel: Channel) -> bool:
    """Tell whether the channel said that it is no more: to ask again would only get the runner banned."""
    run_failure = history.failing_channels.get(channel.name)
    return run_failure is not None and run_failure.gone is not None and run_failure.gone == channel.identity


def failed(history: History, *, channel: Channel, error: DeliveryError, at: datetime) -> History:
    """Return the history after a channel did not take something."""
    gone = channel.identity if isinstance(error, WebhookGoneError) else None
    return delivery_failed(history, channel.name, error.cause, at, gone=gone)
