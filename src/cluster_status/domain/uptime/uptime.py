"""The share of the time in which a cluster was up, and the share that was monitored.

`online` and `degraded` count as up, `offline` as down. Maintenance, gaps and unknown polls count as neither.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.roll_up import DAY, HOUR


class Uptime(Struct, frozen=True, omit_defaults=True):
    """Shares from 0 to 1: `up` of the time that was up or down, `coverage` of the whole window.

    `degraded` is the degraded part of `up`. The coverage includes maintenance, but not gaps.
    """

    up: float
    coverage: float
    degraded: float = 0.0


WINDOWS = {
    "24 h": timedelta(hours=24),
    "7 d": timedelta(days=7),
    "30 d": timedelta(days=30),
    "90 d": timedelta(days=90),
    "365 d": timedelta(days=365),
}
_BY_THE_HOUR = timedelta(days=7)
_WORTH_SHOWING_SECONDS = 3_600


def uptimes(ledger: UptimeLedger, now: datetime) -> dict[str, Uptime | None]:
    """Return the uptime in each window that ends now; none is known before one hour is monitored."""
    is_enough = sum(day.monitored for day in ledger.days) >= _WORTH_SHOWING_SECONDS
    return {name: uptime(ledger, window, now) if is_enough else None for name, window in WINDOWS.items()}


def uptime(ledger: UptimeLedger, window: timedelta, now: datetime) -> Uptime | None:
    """Return the uptime of the window that ends now; None if the cluster was never up or down in it.

    A window begins with a whole hour, from 30 days on with a whole day, in UTC.
    """
    resolution, roll_ups = (HOUR, ledger.hours) if window <= _BY_THE_HOUR else (DAY, ledger.days)
    begin = resolution.begin_of(now - window)
    within = [roll_up for roll_up in roll_ups if begin <= roll_up.begin < now]
    online = sum(roll_up.online for roll_up in within)
    degraded = sum(roll_up.degraded for roll_up in within)
    known = online + degraded + sum(roll_up.offline for roll_up in within)
    if known == 0:
        return None
    monitored = known + sum(roll_up.maintenance for roll_up in within)
    coverage = min(1.0, monitored / (now - begin).total_seconds())
    return Uptime((online + degraded) / known, coverage, degraded / known)
