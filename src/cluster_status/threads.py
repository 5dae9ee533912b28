"""Work in threads that do not delay the end of a cancelled run."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Begin(Protocol):
    """Begins work; `run_in_thread` does, and tests do the work only where its result is needed."""

    def __call__(self, work: Callable[[], T], /) -> Future[T]: ...


def run_in_thread(work: Callable[[], T]) -> Future[T]:
    """Start `work` in a new thread; the future has its result or exception."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - the future raises it again
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def result_or_exception(future: Future[T], seconds: float | None = None) -> T | Exception:
    """Wait for the work, and return what it returned or raised; raise what is no `Exception`.

    After `seconds`, return a TimeoutError.
    """
    try:
        return future.result(seconds)
    except Exception as error:  # noqa: BLE001 - the caller reports it
        return error


class Once(Generic[T]):
    """A function that is called once, from any thread; later calls return the same result."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._lock = Lock()
        self._results: list[T] = []

    def __call__(self) -> T:
        with self._lock:
            if not self._results:
                self._results.append(self._work())
            return self._results[0]
