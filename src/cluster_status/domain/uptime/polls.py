"""The latest polls, in the order of their checks."""

from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import Cause, Status

POLLS_KEPT = 288  # a day of five-minute polls
_OVERTAKEN_WITHIN = timedelta(minutes=10)  # beyond that it is a clock that was set back


class Poll(Struct, frozen=True, omit_defaults=True, gc=False):
    at: Instant
    status: Status
    cause: Cause | None = None


Polls = tuple[Poll, ...]


def is_overtaken(polls: Polls, at: datetime) -> bool:
    """Return whether another poll, with a later check than `at`, was saved first."""
    return bool(polls) and timedelta() < polls[-1].at - at < _OVERTAKEN_WITHIN


def appended(polls: Polls, poll: Poll) -> Polls:
    return (*polls, poll)[-POLLS_KEPT:]


def inserted(polls: Polls, poll: Poll) -> Polls:
    """Insert a poll before those that have overtaken it."""
    place = len(polls)
    while is_overtaken(polls[:place], poll.at):
        place -= 1
    return (*polls[:place], poll, *polls[place:])[-POLLS_KEPT:]
