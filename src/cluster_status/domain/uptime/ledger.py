"""What the time that was watched is booked as: the status that counts, once it is known which one does."""

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.uptime.gaps import Interval
from cluster_status.domain.uptime.roll_up import DAY, HOUR, RollUp, RollUps, added

_OPEN_AT_MOST = 100
_COUNTED = frozenset(RollUp.__struct_fields__) - {"begin"}


class UptimeLedger(Struct, frozen=True):
    """Roll-ups, and the time that is open: of a status that was seen and is not believed yet."""

    hours: RollUps = ()
    days: RollUps = ()
    open: tuple[Interval, ...] = ()


def recorded(
    ledger: UptimeLedger, interval: Interval | None, before: StatusTracker, after: StatusTracker
) -> UptimeLedger:
    """Book the time from one poll to the next as what the first of them saw, if that is believed.

    What is not believed yet stays open: it becomes the new status when that is confirmed, and else stays
    what was confirmed before. So an outage is down from when it was first seen, and a blip never is.
    `stretch` is None where nobody knows: after a poll that could not tell, and in a silence.
    """
    confirmed, pending = before.confirmed, before.pending
    if pending is None:
        return _as(ledger, confirmed.status, (interval,)) if confirmed and interval else ledger
    waiting = _joined(ledger.open, interval)
    if after.pending and after.pending.status is pending.status:
        return replace(ledger, open=waiting[-_OPEN_AT_MOST:])
    ledger = replace(ledger, open=())
    if after.confirmed and after.confirmed.status is pending.status:
        return _as(ledger, pending.status, waiting)
    return _as(ledger, confirmed.status, waiting) if confirmed else ledger


def _as(ledger: UptimeLedger, status: Status, intervals: tuple[Interval, ...]) -> UptimeLedger:
    if status.value not in _COUNTED:  # a status of a later version
        return ledger
    hours, days = ledger.hours, ledger.days
    for interval in intervals:
        hours = added(hours, HOUR, status, interval)
        days = added(days, DAY, status, interval)
    return replace(ledger, hours=hours, days=days)


def _joined(waiting: tuple[Interval, ...], interval: Interval | None) -> tuple[Interval, ...]:
    if interval is None:
        return waiting
    if waiting and waiting[-1].end == interval.begin:
        return (*waiting[:-1], Interval(waiting[-1].begin, interval.end))
    return (*waiting, interval)
