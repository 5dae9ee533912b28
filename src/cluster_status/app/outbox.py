"""The outbox: what is to be told is saved before it is sent, and leaves only after it was told."""

from collections.abc import Callable
from concurrent.futures import wait
from datetime import datetime

from msgspec import Struct

from cluster_status.background import Once, beside
from cluster_status.domain.history import Announcement, History, told, untold
from cluster_status.domain.identity import Identity
from cluster_status.domain.message import Message
from cluster_status.errors import (
    Cancelled,
    ClusterStatusError,
    DeliveryError,
    HistoryError,
    WebhookGoneError,
)
from cluster_status.ports import HistoryStore, Notifier

_GRACE_SECONDS = 4.0  # for what was told to be saved when the run is cancelled; the runner kills after 7.5


class Outbox(Struct, frozen=True):
    store: HistoryStore
    notifier: Notifier
    identity: Identity
    words: Callable[[Announcement], Message]

    def save_and_tell(self, history: History, at: datetime) -> tuple[History, list[ClusterStatusError]]:
        """Save `history`, tell what is pending in it, oldest first, and save what became of it.

        Returns that, and what went wrong on the way. Raises HistoryError if it is the first save that
        fails: then nothing was sent, since what cannot be remembered as told would be told at every poll.
        """
        self.store.save(history)
        current, mishaps = history, list[ClusterStatusError]()
        save_what_was_told = Once(lambda: self.store.save(current))
        try:
            while current.pending and not mishaps:
                current = self._tell_next(current, at, mishaps)
            if current is not history:
                beside(save_what_was_told).result()
        except HistoryError as error:
            mishaps.append(error)
        except Cancelled:
            if current is not history:
                wait([beside(save_what_was_told)], _GRACE_SECONDS)
            raise
        return current, mishaps

    def _tell_next(self, history: History, at: datetime, mishaps: list[ClusterStatusError]) -> History:
        try:
            if history.webhook_gone and history.webhook_gone == self.identity.webhook:
                raise WebhookGoneError
            self.notifier.send(self.words(history.pending[0]))
        except DeliveryError as error:
            mishaps.append(error)
            gone = self.identity.webhook if isinstance(error, WebhookGoneError) else None
            return untold(history, error.cause, at, webhook_gone=gone)
        return told(history)
