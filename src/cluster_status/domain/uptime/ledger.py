"""The uptime ledger: monitored time by confirmed status."""

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker
from cluster_status.domain.uptime.gaps import Interval
from cluster_status.domain.uptime.roll_up import DAY, HOUR, RollUp, RollUps, added

_OPEN_AT_MOST = 100
_COUNTED = frozenset(RollUp.__struct_fields__) - {"begin"}


class UptimeLedger(Struct, frozen=True):
    """Roll-ups, and the open time: that of a pending status."""

    hours: RollUps = ()
    days: RollUps = ()
    open: tuple[Interval, ...] = ()


def recorded(
    ledger: UptimeLedger, interval: Interval | None, before: StatusTracker, after: StatusTracker
) -> UptimeLedger:
    """Record the time between two polls under the status that the first of them found, if it is confirmed.

    The time of a pending status stays open. It counts as that status once it is confirmed, otherwise as the
    confirmed one before. So an outage counts from its first poll, and a single failed poll does not count.
    `interval` is None where the status is not known: after an unknown poll, and in a gap.
    """
    confirmed, pending = before.confirmed, before.pending
    if pending is None:
        return _record_as(ledger, confirmed.status, (interval,)) if confirmed and interval else ledger
    open_time = _joined(ledger.open, interval)
    if _goes_on(pending, after.pending):
        return replace(ledger, open=open_time[-_OPEN_AT_MOST:])
    ledger = replace(ledger, open=())
    if _goes_on(pending, after.confirmed):
        return _record_as(ledger, pending.status, open_time)
    return _record_as(ledger, confirmed.status, open_time) if confirmed else ledger


def _goes_on(pending: StatusPeriod, later: StatusPeriod | None) -> bool:
    return later is not None and (later.status, later.since) == (pending.status, pending.since)


def _record_as(ledger: UptimeLedger, status: Status, intervals: tuple[Interval, ...]) -> UptimeLedger:
    if status.value not in _COUNTED:  # a status of a later version
        return ledger
    hours, days = ledger.hours, ledger.days
    for interval in intervals:
        hours = added(hours, HOUR, status, interval)
        days = added(days, DAY, status, interval)
    return replace(ledger, hours=hours, days=days)


def _joined(open_time: tuple[Interval, ...], interval: Interval | None) -> tuple[Interval, ...]:
    if interval is None:
        return open_time
    if open_time and open_time[-1].end == interval.begin:
        return (*open_time[:-1], Interval(open_time[-1].begin, interval.end))
    return (*open_time, interval)
