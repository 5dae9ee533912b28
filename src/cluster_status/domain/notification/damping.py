"""Damping: a channel does not get every change of a status that changes often.

It changes messages only. The status, the outputs, the incidents and the uptime are those of the polls.
"""

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.event import CHANGES, Event
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod

UNSTABLE_AFTER = 3  # changes; the next one is not notified by itself
CHANGES_WITHIN = timedelta(hours=2)
HELD_FOR = timedelta(hours=1)
OUTAGE_WITHHELD_FOR = timedelta(minutes=30)
SUMMARY_EVERY = timedelta(days=1)

_OUTAGES = frozenset({Event.OUTAGE, Event.MAINTENANCE_OVERDUE})
_STABLE_AGAIN = {
    Status.ONLINE: Event.RECOVERY,
    Status.DEGRADED: Event.DEGRADED,
    Status.MAINTENANCE: Event.MAINTENANCE_STARTED,
    Status.OFFLINE: Event.OUTAGE,
}


class Damping(Struct, frozen=True, omit_defaults=True):
    """What one channel got of the latest changes; `changes` includes those that it did not get."""

    changes: tuple[Instant, ...] = ()  # oldest first
    outage_at: Instant | None = None
    unstable_since: Instant | None = None
    summary_at: Instant | None = None  # while unstable


def after_change(damping: Damping, event: Event, at: Instant) -> tuple[Damping, Event | None]:
    """Return the event that the channel gets for this one: the same, STATUS_UNSTABLE, or none."""
    if event not in CHANGES:
        return damping, event
    damping = _without_future(damping, at)
    recent = [one for one in damping.changes if timedelta() <= at - one < CHANGES_WITHIN]
    damping = replace(damping, changes=(*recent, at)[-UNSTABLE_AFTER:])
    got = damping.outage_at
    if event in _OUTAGES and not (got and timedelta() <= at - got < CHANGES_WITHIN):
        return replace(damping, outage_at=at), event
    if damping.unstable_since:
        return _summary(damping, at)
    if len(recent) == UNSTABLE_AFTER:
        return replace(damping, unstable_since=recent[0], summary_at=at), Event.STATUS_UNSTABLE
    return replace(damping, outage_at=at) if event in _OUTAGES else damping, event


def without_change(damping: Damping, confirmed: StatusPeriod, at: Instant) -> tuple[Damping, Event | None]:
    """Return the event that an unstable channel gets in a poll without a change, if any.

    It is a status that has held, an outage that was withheld, or the summary of a day.
    """
    if damping.unstable_since is None:
        return damping, None
    damping = _without_future(damping, at)
    changed_at = damping.changes[-1]
    got_outage = damping.outage_at is not None and damping.outage_at >= changed_at
    if at - changed_at >= HELD_FOR:
        event = _STABLE_AGAIN.get(confirmed.status)
        stable = Damping(outage_at=at if event is Event.OUTAGE else damping.outage_at)
        return stable, None if event is Event.OUTAGE and got_outage else event
    is_outage = confirmed.status is Status.OFFLINE and not got_outage
    if is_outage and at - changed_at >= OUTAGE_WITHHELD_FOR:
        return replace(damping, outage_at=at), Event.OUTAGE
    return _summary(damping, at)


def _without_future(damping: Damping, at: Instant) -> Damping:
    """Return the damping after a clock was set back: no instant is later than now."""
    since, summary_at, outage_at = damping.unstable_since, damping.summary_at, damping.outage_at
    return Damping(
        changes=tuple(min(one, at) for one in damping.changes),
        outage_at=outage_at if outage_at and outage_at <= at else None,
        unstable_since=min(since, at) if since else None,
        summary_at=min(summary_at, at) if summary_at else None,
    )


def _summary(damping: Damping, at: Instant) -> tuple[Damping, Event | None]:
    due = damping.summary_at is None or at - damping.summary_at >= SUMMARY_EVERY
    return (replace(damping, summary_at=at), Event.STATUS_UNSTABLE) if due else (damping, None)
