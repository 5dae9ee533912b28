"""What the time that was watched is booked as: the status that counts, once it is known which one does."""

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.cause import Status
from cluster_status.domain.roll_up import DAY, HOUR, RollUps, added
from cluster_status.domain.silence import Stretch
from cluster_status.domain.standing import Standing

_OPEN_AT_MOST = 100


class Ledger(Struct, frozen=True):
    """Roll-ups, and the time that is open: of a status that was seen and is not believed yet."""

    hours: RollUps = ()
    days: RollUps = ()
    open: tuple[Stretch, ...] = ()


def booked(ledger: Ledger, stretch: Stretch | None, before: Standing, after: Standing) -> Ledger:
    """Book the time from one poll to the next as what the first of them saw, if that is believed.

    What is not believed yet stays open: it becomes the new status when that is confirmed, and else stays
    what was confirmed before. So an outage is down from when it was first seen, and a blip never is.
    `stretch` is None where nobody knows: after a poll that could not tell, and in a silence.
    """
    confirmed, candidate = before.confirmed, before.candidate
    if candidate is None:
        return _as(ledger, confirmed.status, (stretch,)) if confirmed and stretch else ledger
    waiting = _joined(ledger.open, stretch)
    if after.candidate and after.candidate.status is candidate.status:
        return replace(ledger, open=waiting[-_OPEN_AT_MOST:])
    ledger = replace(ledger, open=())
    if after.confirmed and after.confirmed.status is candidate.status:
        return _as(ledger, candidate.status, waiting)
    return _as(ledger, confirmed.status, waiting) if confirmed else ledger


def _as(ledger: Ledger, status: Status, stretches: tuple[Stretch, ...]) -> Ledger:
    hours, days = ledger.hours, ledger.days
    for stretch in stretches:
        hours = added(hours, HOUR, status, stretch)
        days = added(days, DAY, status, stretch)
    return replace(ledger, hours=hours, days=days)


def _joined(waiting: tuple[Stretch, ...], stretch: Stretch | None) -> tuple[Stretch, ...]:
    if stretch is None:
        return waiting
    if waiting and waiting[-1].end == stretch.begin:
        return (*waiting[:-1], Stretch(waiting[-1].begin, stretch.end))
    return (*waiting, stretch)
