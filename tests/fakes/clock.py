"""A clock whose time passes only by a sleep or by request."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class VirtualClock:
    """Implements ports.Clock; `sleeps` are the requested sleeps, in seconds."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._monotonic = 86_400.0  # an arbitrary start, as on a real machine
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._now.replace(microsecond=0)

    def exactly(self) -> datetime:
        """Return the time with fractions of a second, as a server measures it."""
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.sleeps.append(seconds)
        self.advance(timedelta(seconds=seconds))

    def advance(self, length: timedelta) -> None:
        """Let time pass without a sleep: between two runs, or while a server is slow."""
        self._now += length
        self._monotonic += length.total_seconds()
