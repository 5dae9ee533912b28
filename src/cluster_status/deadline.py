"""Nested time limits, which can be paused, and those of a run."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

RUN_SECONDS = 240.0  # the jobs in examples/ have five minutes, which include the pull of the image
PAUSE_SECONDS = 60.0  # between two attempts of a check that waits
_TOLERANCE_SECONDS = 0.05  # a wait with a timeout may end a moment early by this clock


class Deadline:
    """The end of a step, `seconds` after it began, or at the end of `within` if that is earlier."""

    def __init__(
        self,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        within: "Deadline | None" = None,
    ) -> None:
        self.seconds = min(seconds, within.left) if within else seconds
        self._monotonic = monotonic
        self._end = monotonic() + seconds
        self._within = within

    def part(self, seconds: float) -> "Deadline":
        """Return the deadline of a part with `seconds`; it does not end later than this one."""
        return Deadline(min(seconds, self.left), self._monotonic)

    def keeping(self, seconds: float) -> "Deadline":
        """Return a deadline that leaves `seconds` of this one."""
        return Deadline(max(0.0, self.left - seconds), self._monotonic)

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
        left = max(0.0, self._end - self._monotonic())
        return min(left, self._within.left) if self._within else left

    @property
    def passed(self) -> bool:
        return self.left <= _TOLERANCE_SECONDS


@contextmanager
def paused(*deadlines: Deadline) -> Iterator[None]:
    """Pause several deadlines."""
    with ExitStack() as stack:
        for deadline in deadlines:
            stack.enter_context(deadline.paused())
        yield


class RunDeadlines:
    """When each step of a run has to end, so that the steps after it have time left."""

    def __init__(self, seconds: float = RUN_SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.whole = Deadline(seconds, monotonic)
        self.load = self.whole.keeping(180)
        self.check = self.whole.keeping(90)
        self.save = self.whole.keeping(30)
        self.deliver = self.whole.keeping(18)
        self.end_deliveries = self.whole.keeping(14)
        self.save_deliveries = self.whole.keeping(8)
