"""Which share of the time a cluster was up, and how much of the time was watched at all.

Up is `online` and `degraded`: jobs run, if fewer. Down is `offline`. Maintenance is neither: somebody wants
it so; and a gap, in which nobody looked or could tell, is neither.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.roll_up import DAY, HOUR


class Uptime(Struct, frozen=True, omit_defaults=True):
    """Shares from 0 to 1: `up` of the time that was up or down, `coverage` of the whole window.

    `degraded` is the part of `up` in which less than usual was there. Maintenance is covered, a gap is not.
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


def uptime(ledger: UptimeLedger, window: timedelta, now: datetime) -> Uptime | None:
    """Return the uptime of the time before `now`; None where it was never up or down.

    A window begins with a whole hour, from 30 days on with a whole day, in UTC: so it is a little longer.
    """
    resolution, roll_ups = (HOUR, ledger.hours) if window <= _BY_THE_HOUR else (DAY, ledger.days)
    begin = resolution.begin_of(now - window)
    within = [roll_up for roll_up in roll_ups if begin <= roll_up.begin < now]
    online = sum(roll_up.online for roll_up in within)
    degraded = sum(roll_up.degraded for roll_up in within)
    known = online + degraded + sum(roll_up.offline for roll_up in within)
    if known == 0:
        return None
    watched = known + sum(roll_up.maintenance for roll_up in within)
    coverage = min(1.0, watched / (now - begin).total_seconds())
    return Uptime((online + degraded) / known, coverage, degraded / known)
