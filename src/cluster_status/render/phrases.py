"""Durations, shares, days and instants as text."""

from datetime import UTC, date, datetime

from cluster_status.domain.amount import duration, percent

__all__ = ["day_and_month", "duration", "instant", "percent", "utc"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_and_month(at: date) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]}"


def utc(at: datetime) -> datetime:
    """Return the instant in UTC; at the limits of the calendar, where that overflows, keep its digits."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def instant(at: datetime) -> str:
    return utc(at).replace(tzinfo=None).isoformat(" ", "seconds") + " UTC"
