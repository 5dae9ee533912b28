"""What is on record: uptime over several windows, and the outages."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cluster_status.domain.history.history import History
from cluster_status.domain.uptime.gaps import Gap
from cluster_status.domain.uptime.incident import Incident, outages
from cluster_status.domain.uptime.uptime import WINDOWS, Uptime, uptime
from cluster_status.render.phrases import duration, instant, percent

_WORTH_SHOWING_SECONDS = 3_600
UPTIME_LEGEND = (
    "UP is online or degraded, of the time that was up or down; DEGRADED is a part of it. Maintenance is "
    "neither, and what was not watched is neither."
)


def uptimes(history: History) -> Sequence[tuple[str, Uptime | None]]:
    """Return the uptime in each window up to the latest poll; nothing before there is an hour of it."""
    if (
        sum(day.watched for day in history.record.ledger.days) < _WORTH_SHOWING_SECONDS
        or not history.record.polls
    ):
        return ()
    now = history.record.polls[-1].at
    by_window = [(name, uptime(history.record.ledger, window, now)) for name, window in WINDOWS.items()]
    return by_window if any(found for _, found in by_window) else ()


def uptime_table(by_window: Sequence[tuple[str, Uptime | None]]) -> str:
    rows = [
        ("IN THE LAST", *(name for name, _ in by_window)),
        ("UP", *(percent(found.up) if found else "-" for _, found in by_window)),
        ("DEGRADED", *(percent(found.degraded) if found else "-" for _, found in by_window)),
        ("WATCHED", *(percent(found.coverage) if found else "-" for _, found in by_window)),
    ]
    title, *columns = (max(map(len, column)) for column in zip(*rows, strict=True))
    return "\n".join(
        "  ".join(
            [row[0].ljust(title), *(cell.rjust(width) for cell, width in zip(row[1:], columns, strict=True))]
        )
        for row in rows
    )


def outage_facts(history: History) -> Iterator[str]:
    """Yield a line about the outages on record, if there was one."""
    if not history.record.polls:
        return
    found = outages(history.record.incidents, history.tracker.confirmed, history.record.polls[-1].at)
    if found is None:
        return
    longest = _length(found.longest, history.record.gaps)
    has_lasted = found.longest.length > timedelta()  # not where this poll saw the first one begin
    yield f"Outages on record: {found.number}" + (f", the longest {longest}" if has_lasted else "")
    if found.mean_time_to_recover is not None:
        yield f"Back after, on average: {duration(found.mean_time_to_recover)}"


def _length(incident: Incident, gaps: Sequence[Gap]) -> str:
    length = f"{duration(incident.length)} from {instant(incident.since)}"
    parts = [
        min(gap.end, incident.until) - max(gap.begin, incident.since)
        for gap in gaps
        if gap.begin < incident.until and gap.end > incident.since
    ]
    unwatched = sum(parts, timedelta())
    return f"{length}, {duration(unwatched)} of it unwatched" if unwatched else length
