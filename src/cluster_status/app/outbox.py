"""The outbox: what is to be told is saved before it is sent, and leaves only after it was told."""

from collections.abc import Callable
from concurrent.futures import wait
from datetime import datetime, timedelta
from threading import Event

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.background import Once, beside
from cluster_status.domain.history import TELLING_TAKES_AT_MOST, Announcement, History, may_tell, told, untold
from cluster_status.domain.identity import Identity
from cluster_status.domain.message import Message
from cluster_status.errors import (
    Cancelled,
    ClusterStatusError,
    DeliveryError,
    HistoryError,
    HistoryOutOfReachError,
    WebhookGoneError,
)
from cluster_status.ports import HistoryStore, Notifier

_GRACE_SECONDS = (
    2.0  # for a message that is under way when the run is cancelled, and again for the note of it
)
_BUDGET = timedelta(minutes=1)  # for all messages of a run; what is left then, the next one tells


class Outbox(Struct, frozen=True):
    """`newer` gives the history that another run has saved since, if there is one."""

    store: HistoryStore
    newer: Callable[[], History | None]
    now: Callable[[], datetime]
    notifier: Notifier
    identity: Identity
    words: Callable[[Announcement], Message]

    def save_and_tell(self, history: History, at: datetime) -> tuple[History, list[ClusterStatusError]]:
        """Save `history`, tell what is pending in it, oldest first, and save what became of it.

        Returns that, and what went wrong on the way. Raises HistoryError if it is the first save that
        fails: then nothing was sent, since what cannot be remembered as told would be told at every poll.
        """
        begin = self.now()  # the poll itself may be minutes old, if the store was slow
        telling = may_tell(history, begin)
        if telling:
            history = replace(history, telling_since=begin)
        self.store.save(history)
        if not telling or self.now() - begin >= TELLING_TAKES_AT_MOST / 2:
            return history, []  # after so slow a save, another run may take this one for dead
        delivery = _Delivery(self, history, at)
        try:
            beside(delivery.run).result()
        except Cancelled:
            delivery.wind_up()
            raise
        return delivery.history, delivery.mishaps


class _Delivery:
    """What one run tells. It runs beside, so that a signal ends the wait for it and not the work."""

    def __init__(self, outbox: Outbox, history: History, at: datetime) -> None:
        self.history = self._saved = history
        self.mishaps: list[ClusterStatusError] = []
        self._outbox = outbox
        self._at = at
        self._outcomes: list[Callable[[History], History]] = []
        self._note_once = Once(self._note)
        self._cancelled, self._ended = Event(), Event()

    def run(self) -> None:
        try:
            end = self._outbox.now() + _BUDGET
            while self.history.pending and not (self.mishaps or self._cancelled.is_set()):
                outcome = self._tell(self.history.pending[0])
                self._outcomes.append(outcome)
                self.history = outcome(self.history)
                if self._outbox.now() >= end:
                    break
        finally:
            try:
                self._note_once()
            finally:
                self._ended.set()

    def wind_up(self) -> None:
        """Tell nothing more; note what was told, whatever has become of the message that is under way."""
        self._cancelled.set()
        if not self._ended.wait(_GRACE_SECONDS):
            wait([beside(self._note_once)], _GRACE_SECONDS)

    def _tell(self, announcement: Announcement) -> Callable[[History], History]:
        """Return what becomes of a history by it."""
        webhook = self._outbox.identity.webhook
        try:
            if webhook and webhook == self.history.webhook_gone:
                raise WebhookGoneError
            self._outbox.notifier.send(self._outbox.words(announcement))
        except DeliveryError as error:
            self.mishaps.append(error)
            reason, gone = error.cause, webhook if isinstance(error, WebhookGoneError) else None
            return lambda history: untold(history, reason, self._at, webhook_gone=gone)
        return lambda history: told(history, announcement)

    def _note(self) -> None:
        """Save the outcomes on top of the latest history: another run may have polled meanwhile."""
        self.history = replace(self.history, telling_since=None)
        try:
            history = self._latest()
            for outcome in self._outcomes:
                history = outcome(history)
            self._outbox.store.save(replace(history, telling_since=None))
        except HistoryError as error:
            remedy = "What was told may be told again by the next run."
            self.mishaps.append(HistoryError(str(error), remedy=remedy))

    def _latest(self) -> History:
        try:
            return self._outbox.newer() or self._saved
        except HistoryOutOfReachError:
            return self._saved  # better to lose what may be there than to tell everything again
