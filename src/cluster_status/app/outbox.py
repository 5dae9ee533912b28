"""The outbox: what is to be told is saved before it is sent, and leaves only after it was told."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

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
        try:
            while current.pending and not mishaps:
                current = self._tell_next(current, at, mishaps)
            if current is not history:
                self.store.save(current)
        except HistoryError as error:
            mishaps.append(error)
        except Cancelled:
            if current is not history:
                with suppress(HistoryError):
                    self.store.save(current)
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
