"""Uptime over several windows, and the recorded outages, as text."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cluster_status.domain.history.history import History
from cluster_status.domain.uptime import uptime
from cluster_status.domain.uptime.gaps import Gap
from cluster_status.domain.uptime.incident import Incident, outages
from cluster_status.domain.uptime.uptime import Uptime
from cluster_status.render.phrases import duration, instant, percent

UPTIME_LEGEND = (
    "UP: online or degraded, as a share of the monitored time without maintenance. DEGRADED: part of UP. "
    "MONITORED: share of the window that polls cover."
)


def uptimes(history: History) -> Sequence[tuple[str, Uptime | None]]:
    """Return the uptime in each window up to the latest poll; empty before one hour is monitored."""
    polls = history.record.polls
    by_window = uptime.uptimes(history.record.ledger, polls[-1].at) if polls else {}
    return tuple(by_window.items()) if any(by_window.values()) else ()


def uptime_table(by_window: Sequence[tuple[str, Uptime | None]]) -> str:
    rows = [
        ("IN THE LAST", *(name for name, _ in by_window)),
        ("UP", *(percent(found.up) if found else "-" for _, found in by_window)),
        ("DEGRADED", *(percent(found.degraded) if found else "-" for _, found in by_window)),
        ("MONITORED", *(percent(found.coverage) if found else "-" for _, found in by_window)),
    ]
    title, *columns = (max(map(len, column)) for column in zip(*rows, strict=True))
    return "\n".join(
        "  ".join(
            [row[0].ljust(title), *(cell.rjust(width) for cell, width in zip(row[1:], columns, strict=True))]
        )
        for row in rows
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
