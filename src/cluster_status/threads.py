"""Work beside other work: in threads that nobody has to wait for when the run is cancelled."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")


def run_in_thread(work: Callable[[], T]) -> Future[T]:
    """Start `work` in a thread of its own; what it returns or raises is found in the future."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


class Once:
    """Work that is done once, from whichever thread it is called; who comes while it is done waits for it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._turn = Lock()
        self._done = False

    def __call__(self) -> None:
        with self._turn:
            if not self._done:
                self._work()
                self._done = True
