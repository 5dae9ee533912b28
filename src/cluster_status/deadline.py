"""Nested time limits, which can be paused."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TOLERANCE_SECONDS = 0.05  # a wait with a timeout may end a moment early by this clock


class Deadline:
    """The end of a step, `seconds` after it began."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def part(self, seconds: float) -> "Deadline":
        """Return the deadline of a part with `seconds`; it does not end later than this one."""
        return Deadline(min(seconds, self.left), self._monotonic)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Postpone the end by the time spent in the context. Parts that exist already are not postponed."""
        begin = self._monotonic()
        try:
            yield
        finally:
            self._end += self._monotonic() - begin

    @property
    def left(self) -> float:
        return max(0.0, self._end - self._monotonic())

    @property
    def passed(self) -> bool:
        return self.left <= _TOLERANCE_SECONDS
