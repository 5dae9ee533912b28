"""A history store that answers in time, also on a file system that hangs."""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from cluster_status.deadline import Deadline, RunDeadlines
from cluster_status.domain.history.histories import Histories
from cluster_status.errors import Cancelled, HistoryUnreachableError
from cluster_status.ports import HistoryStore
from cluster_status.threads import run_in_thread

T = TypeVar("T")

_GRACE_SECONDS = 2.0  # for a save in progress when the run is cancelled
_REMEDY = (
    "The next run tries again. If this error persists, check the status of GitHub, or the file system of "
    "history-path."
)


class LimitedStore:
    """Implements ports.HistoryStore with another store. A call that hangs keeps its thread until the end."""

    def __init__(self, store: HistoryStore, deadlines: RunDeadlines) -> None:
        self.path = store.path
        self._store = store
        self._deadlines = deadlines
        self._has_saved = False

    def load(self) -> Histories | None:
        return _within(self._deadlines.load, self._store.load, "read")

    def completed(self, loaded: Histories) -> Histories:
        return _within(self._next, lambda: self._store.completed(loaded), "read")

    def newer(self) -> Histories | None:
        return _within(self._next, self._store.newer, "read again")

    def save(self, histories: Histories) -> None:
        _within(self._next, lambda: self._store.save(histories), "saved")
        self._has_saved = True

    @property
    def _next(self) -> Deadline:
        return self._deadlines.save_deliveries if self._has_saved else self._deadlines.save


def _within(deadline: Deadline, work: Callable[[], T], done: str) -> T:
    seconds, has_ended = deadline.left, Event()
    if deadline.passed:
        raise HistoryUnreachableError(
            f"The history was not {done}: the time limit of this step is reached.", remedy=_REMEDY
        )

    def run() -> T:
        try:
            return work()
        finally:
            has_ended.set()

    try:
        return run_in_thread(run).result(seconds)
    except TimeoutError:
        text = f"The history could not be {done} in time: no response within {seconds:.0f} s."
        raise HistoryUnreachableError(text, remedy=_REMEDY) from None
    except Cancelled:
        has_ended.wait(_GRACE_SECONDS)
        raise
