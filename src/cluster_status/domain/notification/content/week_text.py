"""A week as text."""

from collections.abc import Iterator
from datetime import timedelta

from cluster_status.domain.amount import duration, percent
from cluster_status.domain.instant import WEEKDAYS
from cluster_status.domain.notification.weekly.week import QUIET_HOURS, WEEK, Quiet, Week, hour_of_day

_WELL_KNOWN = 0.9  # from this coverage on, it is not shown


def uptime(week: Week) -> str:
    """Return the uptime, and its change in percentage points."""
    if week.up is None:
        return "uptime not known"
    change = 0.0 if week.up_before is None else round(100 * (week.up - week.up_before), 2)
    return f"up {percent(week.up)}" + (f" ({change:+.2f})" if change else "")


def period(week: Week) -> str:
    last = week.begin + WEEK - timedelta(days=1)
    change = ", with the change to the week before in percentage points" if week.up_before is not None else ""
    return f"{week.begin:%Y-%m-%d} to {last:%Y-%m-%d} (UTC){change}."


def numbers(week: Week) -> str:
    """Return the numbers of a week, as sentences."""
    parts = [f"{_outages(week)}{_recovery(week)}", *_maintenance(week), *_idle(week)]
    parts += [_quiet(week.quiet)] if week.quiet else []
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in (*parts, *_gaps(week)))


def brief(week: Week) -> str:
    """Return the most important numbers in a line, so that a report can have thirty of them."""
    return ", ".join([_outages(week), *_maintenance(week), *_idle(week), *_gaps(week)])


def _gaps(week: Week) -> Iterator[str]:
    if week.coverage < _WELL_KNOWN:
        yield f"{round(week.coverage * 100)} % of the week monitored"


def _outages(week: Week) -> str:
    if week.outages <= 1:
        return f"1 outage of {_length(week.longest)}" if week.outages else "no outage"
    return f"{week.outages} outages, the longest {_length(week.longest)}"


def _recovery(week: Week) -> str:
    is_shown = week.outages > 1 and week.time_to_recover is not None
    return f", mean time to recover {_length(week.time_to_recover or 0)}" if is_shown else ""


def _maintenance(week: Week) -> Iterator[str]:
    if week.maintenance:
        yield f"{_length(week.maintenance)} in maintenance"


def _idle(week: Week) -> Iterator[str]:
    shares = ((week.idle_nodes, "nodes"), (week.idle_gpus, "GPUs"))
    known = [f"{round(share * 100)} % of {what}" for share, what in shares if share is not None]
    if known:
        yield f"{' and '.join(known)} idle"


def _quiet(quiet: Quiet) -> str:
    day, hour = hour_of_day(quiet.begin)
    last_day, end = hour_of_day(quiet.begin + QUIET_HOURS)
    until = f"{end:02}:00" if last_day == day else f"{WEEKDAYS[last_day]} {end:02}:00"
    return f"quiet from {WEEKDAYS[day]} {hour:02}:00 to {until} UTC, {quiet.idle} nodes idle on average"


def _length(seconds: int) -> str:
    return duration(timedelta(seconds=seconds))
