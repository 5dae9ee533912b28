"""The time between two polls: watched, or a silence, in which nobody knows what the cluster was."""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_low

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.uptime.polls import Polls

GAPS_KEPT = 100
_NO_GAP = timedelta(hours=1)  # GitHub starts scheduled runs that late at times
_RHYTHM = 24  # intervals; one that was changed is learned within half of them


class Interval(Struct, frozen=True):
    """Time that was watched."""

    begin: Instant
    end: Instant


class Gap(Struct, frozen=True):
    """Time without a poll; `missed` is how many there would have been."""

    begin: Instant
    end: Instant
    missed: int


def since_last_poll(polls: Polls, at: datetime) -> Interval | Gap | None:
    """Return the time from the last poll to `at`; None where a clock was set back, or no rhythm is known yet.

    It is a silence if it is longer than an hour and than three of the usual intervals.
    """
    if not polls or at <= polls[-1].at:
        return None
    last = polls[-1].at
    if at - last <= _NO_GAP:
        return Interval(last, at)
    if any(last < poll.at <= at for poll in polls):
        return None  # the clock was wrong at the last poll, and is set right now
    usual = _usual_interval(polls)
    if usual is None:
        return None
    missed = round((at - last) / usual) - 1
    return Interval(last, at) if at - last <= 3 * usual else Gap(last, at, missed)


def without_future(gaps: tuple[Gap, ...], now: datetime) -> tuple[Gap, ...]:
    """Return the silences without those that ended later than now: that was a wrong clock."""
    return tuple(gap for gap in gaps if gap.end <= now)


def _usual_interval(polls: Polls) -> timedelta | None:
    recent = polls[-_RHYTHM - 1 :]
    intervals = [after.at - before.at for before, after in pairwise(recent) if after.at > before.at]
    return median_low(intervals) if intervals else None
