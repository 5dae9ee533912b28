"""A clock whose time passes only when somebody waits."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class VirtualClock:
    """Implements ports.Clock; `sleeps` are the waits it was asked for, in seconds."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._monotonic = 86_400.0  # of no meaning, as on a real machine
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._now.replace(microsecond=0)

    def exactly(self) -> datetime:
        """Return the instant as a server knows it, who measures in less than seconds."""
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.sleeps.append(seconds)
        self.advance(timedelta(seconds=seconds))

    def advance(self, length: timedelta) -> None:
        """Let time pass while nobody sleeps: between two runs, or while a server takes its time."""
        self._now += length
        self._monotonic += length.total_seconds()
