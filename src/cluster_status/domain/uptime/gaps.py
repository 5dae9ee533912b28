"""The time between two polls: monitored, or a gap, in which the status is not known."""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_low

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.uptime.polls import Polls

GAPS_KEPT = 100
_NO_GAP = timedelta(hours=1)  # GitHub sometimes starts scheduled runs an hour late
_RECENT_INTERVALS = 24  # a changed interval becomes the usual one within half of them


class Interval(Struct, frozen=True):
    """Monitored time."""

    begin: Instant
    end: Instant


class Gap(Struct, frozen=True, gc=False):
    """Time without polls; `missed` is the number of polls that did not run."""

    begin: Instant
    end: Instant
    missed: int


def since_last_poll(polls: Polls, at: datetime) -> Interval | Gap | None:
    """Return the time since the last poll; None after a clock was set back, or without a usual interval yet.

    It is a gap if it is longer than one hour and than three usual intervals.
    """
    if not polls or at <= polls[-1].at:
        return None
    last = polls[-1].at
    if at - last <= _NO_GAP:
        return Interval(last, at)
    if any(last < poll.at <= at for poll in polls):
        return None  # the clock was wrong at the last poll
    usual = usual_interval(polls)
    if usual is None:
        return None
    missed = round((at - last) / usual) - 1
    return Gap(last, at, missed) if is_gap(polls, last, at) else Interval(last, at)


def is_gap(polls: Polls, begin: datetime, end: datetime) -> bool:
    """Return whether this time is longer than one hour and than three usual intervals."""
    usual = usual_interval(polls)
    return end - begin > _NO_GAP and (usual is None or end - begin > 3 * usual)


def without_future(gaps: tuple[Gap, ...], now: datetime) -> tuple[Gap, ...]:
    """Return the gaps without those that end in the future: a wrong clock measured them."""
    return tuple(gap for gap in gaps if gap.end <= now)


def usual_interval(polls: Polls) -> timedelta | None:
    """Return the median interval of the latest polls; None before the second poll."""
    recent = polls[-_RECENT_INTERVALS - 1 :]
    intervals = [after.at - before.at for before, after in pairwise(recent) if after.at > before.at]
    return median_low(intervals) if intervals else None
