"""A signal that cancels a run, sent from another thread."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cluster_status.errors import Cancelled

CANCELLED = Cancelled(signal.SIGTERM)


@contextmanager
def cancelled_by(number: signal.Signals) -> Iterator[Callable[[], None]]:
    """Yield a function for another thread; it returns after the main thread was cancelled."""
    is_cancelled = threading.Event()

    def handle(*_: object) -> None:
        if not is_cancelled.is_set():
            is_cancelled.set()
            raise CANCELLED

    def cancel() -> None:
        for _ in range(100):  # a signal does not interrupt a wait that begins at the same moment
            signal.pthread_kill(threading.main_thread().ident or 0, number)
            if is_cancelled.wait(0.05):
                return
        raise TimeoutError

    before = signal.signal(number, handle)
    try:
        yield cancel
    finally:
        signal.signal(number, before)
