"""Reasons to fail a run: when they begin, when they change, and once a day."""

from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.status.tracker import Instant

FAILURE_REPEATED_AFTER = timedelta(days=1)


class RunFailure(Struct, frozen=True):
    """A reason to fail the run, and when a run last failed for it: when it changes, and once a day."""

    cause: str
    at: Instant


class FailingChannel(RunFailure, frozen=True, omit_defaults=True):
    """A channel that could not be told; `gone` is the digest of a webhook that is no more."""

    gone: str | None = None


def run_failure(previous: RunFailure | None, cause: str, at: datetime) -> RunFailure:
    """Return the previous complaint, or if it is time to complain again a new one, which fails this run."""
    if previous and previous.cause == cause and abs(at - previous.at) < FAILURE_REPEATED_AFTER:
        return previous
    return RunFailure(cause, at)
