"""Reasons to fail a run: when they begin, when they change, and once a day."""

from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.instant import Instant

REPEATED_AFTER = timedelta(days=1)


class RunFailure(Struct, frozen=True):
    """A reason to fail a run, and when a run last failed for it."""

    cause: str
    at: Instant

    def is_recent(self, now: datetime) -> bool:
        return abs(now - self.at) < REPEATED_AFTER


def run_failure(previous: RunFailure | None, cause: str, at: datetime) -> RunFailure:
    """Return the previous failure, or a new one if this run has to fail."""
    if previous and previous.cause == cause and previous.is_recent(at):
        return previous
    return RunFailure(cause, at)
