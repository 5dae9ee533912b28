"""Uptime over several windows, the last days, and the recorded outages, as text."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cluster_status.domain.history.history import History
from cluster_status.domain.report.days import last_days
from cluster_status.domain.uptime import uptime
from cluster_status.domain.uptime.gaps import Gap
from cluster_status.domain.uptime.incident import Incident, outages
from cluster_status.domain.uptime.uptime import Uptime
from cluster_status.render.days import Strip, strip
from cluster_status.render.phrases import duration, instant, percent

UPTIME_HEAD = ("Last", "Up", "Degraded", "Monitored")
UPTIME_LEGEND = (
    "Up: online or degraded, as a share of the monitored time without maintenance. Degraded: part of up. "
    "Monitored: share of the window that polls cover."
)


def uptimes(history: History) -> Sequence[tuple[str, Uptime | None]]:
    """Return the uptime in each window up to the latest poll; empty before one hour is monitored."""
    polls = history.record.polls
    by_window = uptime.uptimes(history.record.ledger, polls[-1].at) if polls else {}
    return tuple(by_window.items()) if any(by_window.values()) else ()


def uptime_of_month(history: History) -> str:
    """Return the uptime of 30 days, or ""."""
    month = dict(uptimes(history)).get("30 d")
    return percent(month.up) if month else ""


def strip_of(history: History) -> Strip | None:
    """Return the last days up to the latest poll."""
    polls = history.record.polls
    return strip(last_days(history.record.ledger, polls[-1].at)) if polls else None


def uptime_rows(by_window: Sequence[tuple[str, Uptime | None]]) -> list[tuple[str, ...]]:
    """Return a row for each window; it fits a phone."""
    return [
        (name, *((percent(found.up), percent(found.degraded), percent(found.coverage)) if found else "---"))
        for name, found in by_window
    ]


def uptime_table(by_window: Sequence[tuple[str, Uptime | None]]) -> str:
    rows = [tuple(title.upper() for title in UPTIME_HEAD), *uptime_rows(by_window)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def outage_facts(history: History) -> Iterator[str]:
    """Yield lines about the recorded outages; none if there was no outage."""
    if not history.record.polls:
        return
    found = outages(history.record.incidents, history.tracker.confirmed, history.record.polls[-1].at)
    if found is None:
        return
    longest = _length(found.longest, history.record.gaps)
    has_lasted = found.longest.length > timedelta()  # false if the first outage began with this poll
    yield f"Outages: {found.number}" + (f", the longest {longest}" if has_lasted else "")
    if found.mean_time_to_recover is not None:
        yield f"Mean time to recovery: {duration(found.mean_time_to_recover)}"


def _length(incident: Incident, gaps: Sequence[Gap]) -> str:
    length = f"{duration(incident.length)} from {instant(incident.since)}"
    parts = [
        min(gap.end, incident.until) - max(gap.begin, incident.since)
        for gap in gaps
        if gap.begin < incident.until and gap.end > incident.since
    ]
    unmonitored = sum(parts, timedelta())
    return f"{length}, {duration(unmonitored)} of it not monitored" if unmonitored else length
