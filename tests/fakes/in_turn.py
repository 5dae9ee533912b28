"""Work that is done where its result is needed: in the thread of the test, and in the order of the code."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class _Deferred(Future[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> T:
        if not self.done():
            try:
                self.set_result(self._work())
            except BaseException as error:  # noqa: BLE001 - the future raises it again
                self.set_exception(error)
        return super().result(timeout)


def in_turn(work: Callable[[], T]) -> Future[T]:
    """Implement threads.Begin."""
    return _Deferred(work)
