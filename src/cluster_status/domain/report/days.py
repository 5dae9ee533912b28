"""The last 90 days of a cluster."""

from datetime import datetime, timedelta

from cluster_status.domain.report.report import Day
from cluster_status.domain.uptime.ledger import UptimeLedger

DAYS_SHOWN = 90


def last_days(ledger: UptimeLedger, at: datetime) -> tuple[Day, ...]:
    """Return the days up to `at`, in UTC, oldest first."""
    by_date = {one.begin.date(): one for one in ledger.days if one.monitored}
    dates = (at.date() - timedelta(days=ago) for ago in range(DAYS_SHOWN - 1, -1, -1))
    return tuple(Day(date, by_date.get(date)) for date in dates)
