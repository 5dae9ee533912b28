"""Charts as paths of SVG, one for each colour. A table with the same numbers stands beside each chart."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from cluster_status.domain.capacity.series import Means, Number
from cluster_status.domain.instant import HOUR_SECONDS, day_of, hour_of
from cluster_status.domain.report.report import Day, Report
from cluster_status.domain.uptime.roll_up import DAY, RollUp
from cluster_status.render.phrases import duration
from cluster_status.render.site.words import day

_STEP = 10  # of the width of a column
_BAR = 8
_STRIP_HEIGHT = 40
_LEAST = 8  # the height of the shortest part that can be seen
_HEIGHT = 120
_LEVELS = 5
_HOURS, _DAYS = 24, 7
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH = date(1970, 1, 1)
_WORST_FIRST = ("offline", "degraded", "maintenance")


class Path(Struct, frozen=True):
    css: str  # the class that gives the colour
    d: str


class Table(Struct, frozen=True):
    """The numbers of a chart, a row for each column of it; the first cell of a row is its head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Chart(Struct, frozen=True):
    """`text` says what the chart shows. `legend` has class and label of each colour."""

    id: str
    title: str
    text: str
    width: int
    height: int
    paths: tuple[Path, ...]
    table: Table
    legend: tuple[tuple[str, str], ...]
    axis: tuple[str, ...] = ()  # labels from left to right
    top: str = ""  # the value at the upper edge
    rows: int = 1


def strip(days: Sequence[Day]) -> Chart:
    """Return the days as bars: the share of each status from top to bottom, a dot for no monitoring."""
    shapes: dict[str, list[str]] = {}
    for column, one in enumerate(days):
        x, y = _STEP * column + 1, 0
        if one.time is None:
            shapes.setdefault("gap", []).append(_rect(x, _STRIP_HEIGHT - 4, _BAR, 4))
            continue
        for status in _WORST_FIRST:
            seconds = getattr(one.time, status)
            if seconds and y < _STRIP_HEIGHT:
                share = round(_STRIP_HEIGHT * seconds / one.time.monitored)
                height = min(max(_LEAST, share), _STRIP_HEIGHT - y)
                shapes.setdefault(status, []).append(_rect(x, y, _BAR, height))
                y += height
        if one.time.online and y < _STRIP_HEIGHT:
            shapes.setdefault("online", []).append(_rect(x, y, _BAR, _STRIP_HEIGHT - y))
    return Chart(
        "days",
        f"Last {len(days)} days",
        _days_text(days),
        _STEP * len(days),
        _STRIP_HEIGHT,
        _paths(shapes),
        Table(
            ("Day", "Online", "Degraded", "Maintenance", "Offline", "Not monitored"),
            tuple(_day_row(one) for one in days),
        ),
        (
            ("online", "Online"),
            ("degraded", "Degraded"),
            ("maintenance", "Maintenance"),
            ("offline", "Offline"),
            ("gap", "Not monitored"),
        ),
        axis=(day(days[0].date), day(days[-1].date)) if days else (),
    )


def hours(report: Report) -> Chart | None:
    """Return the nodes over the last 24 hours; None without numbers."""
    last = hour_of(report.checked_at)
    by_hour = dict(report.trend.hours)
    slots = [(f"{_hour(at):%H}:00", by_hour.get(at)) for at in range(last - _HOURS + 1, last + 1)]
    return _stacked("hours", "Nodes over the last 24 hours", "Hour (UTC)", slots, zone=" UTC")


def days(report: Report) -> Chart | None:
    """Return the nodes over the last 30 days; None without numbers."""
    last = day_of(report.checked_at)
    by_day = dict(report.trend.days)
    slots = [(day(_EPOCH + timedelta(at)), by_day.get(at)) for at in range(last - 29, last + 1)]
    return _stacked("month", "Nodes over the last 30 days", "Day (UTC)", slots)


def week(report: Report) -> Chart | None:
    """Return the idle GPUs by hour of the week, or the idle nodes without GPUs; None without numbers."""
    rows = report.trend.week
    if not rows:
        return None
    has_gpus = any(means.gpus for _, means in rows)
    what = "GPUs" if has_gpus else "nodes"
    free: dict[int, float] = {
        at: sum(means.gpus.values()) if has_gpus else means.idle
        for at, means in rows
        if means.gpus or not has_gpus
    }
    most = max(free.values())
    shapes: dict[str, list[str]] = {"none": []}
    for at in range(_DAYS * _HOURS):
        x, y = at % _HOURS * _STEP, at // _HOURS * _STEP
        css = f"level-{_level(free[at], most)}" if at in free else "none"
        shapes.setdefault(css, []).append(_rect(x, y, _STEP - 1, _STEP - 1))
    quiet = min(free, key=lambda at: (-free[at], at))
    busy = min(free, key=lambda at: (free[at], at))
    return Chart(
        "week",
        f"Idle {what} by hour of the week",
        f"Most {what} are usually idle on {_when(quiet)} ({_number(free[quiet])}), "
        f"fewest on {_when(busy)} ({_number(free[busy])}).",
        _STEP * _HOURS,
        _STEP * _DAYS,
        _paths(dict(sorted(shapes.items()))),
        Table(
            ("Hour (UTC)", *_WEEKDAYS),
            tuple(
                (f"{hour:02}:00", *(_number(free.get(weekday * _HOURS + hour)) for weekday in range(_DAYS)))
                for hour in range(_HOURS)
            ),
        ),
        (
            ("level-0", "Fewest idle"),
            *((f"level-{level}", "") for level in range(1, _LEVELS - 1)),
            (f"level-{_LEVELS - 1}", f"Most idle: {_number(most)}"),
        ),
        axis=("00:00", "06:00", "12:00", "18:00", "24:00 UTC"),
        rows=_DAYS,
    )


def _stacked(
    chart_id: str, title: str, unit: str, slots: Sequence[tuple[str, Means | None]], *, zone: str = ""
) -> Chart | None:
    known = [means for _, means in slots if means]
    most = max((one.idle + one.allocated + one.down for one in known), default=0)
    if not most:
        return None
    shapes: dict[str, list[str]] = {"idle": [], "allocated": [], "down": []}
    for column, (_, means) in enumerate(slots):
        x, y = _STEP * column + 1, float(_HEIGHT)
        if means is None:
            shapes.setdefault("gap", []).append(_rect(x, _HEIGHT - 3, _BAR, 3))
            continue
        for css, value in (("idle", means.idle), ("allocated", means.allocated), ("down", means.down)):
            height = round(_HEIGHT * value / most, 1)
            if height:
                y = round(y - height, 1)
                shapes[css].append(_rect(x, max(0, y), _BAR, height))
    now = known[-1]
    mean = sum(one.idle for one in known) / len(known)
    return Chart(
        chart_id,
        title,
        f"On average {_number(mean)} of {_number(most)} nodes idle; at the end {_number(now.idle)} idle, "
        f"{_number(now.allocated)} allocated and {_number(now.down)} down.",
        _STEP * len(slots),
        _HEIGHT,
        _paths(shapes),
        Table(
            (unit, "Idle", "Allocated", "Down"),
            tuple((name, *_cells(means)) for name, means in slots),
        ),
        (("idle", "Idle"), ("allocated", "Allocated"), ("down", "Down"), ("gap", "No data")),
        axis=(f"{slots[0][0]}{zone}", f"{slots[-1][0]}{zone}"),
        top=_number(most),
    )


def _paths(shapes: dict[str, list[str]]) -> tuple[Path, ...]:
    return tuple(Path(css, "".join(parts)) for css, parts in shapes.items() if parts)


def _rect(x: Number, y: Number, width: Number, height: Number) -> str:
    return f"M{x:g} {y:g}h{width:g}v{height:g}h-{width:g}z"


def _cells(means: Means | None) -> tuple[str, str, str]:
    if means is None:
        return ("-", "-", "-")
    return _number(means.idle), _number(means.allocated), _number(means.down)


def _number(value: Number | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}".removesuffix(".0") if value < 100 else f"{value:.0f}"  # noqa: PLR2004


def _level(value: float, most: float) -> int:
    return min(_LEVELS - 1, int(_LEVELS * value / most)) if most else 0


def _when(hour_of_week: int) -> str:
    return f"{_WEEKDAYS[hour_of_week // _HOURS]} at {hour_of_week % _HOURS:02}:00 UTC"


def _hour(at: int) -> datetime:
    return datetime.fromtimestamp(at * HOUR_SECONDS, UTC)


def _day_row(one: Day) -> tuple[str, ...]:
    time = one.time or RollUp(datetime.combine(one.date, datetime.min.time(), UTC))
    seconds = (time.online, time.degraded, time.maintenance, time.offline, DAY.seconds - time.monitored)
    return (day(one.date), *(duration(timedelta(seconds=part)) if part else "-" for part in seconds))


def _days_text(days: Iterable[Day]) -> str:
    times = [one.time for one in days]
    known = [time for time in times if time]
    counts = (
        (sum(bool(time.offline) for time in known), "with an outage"),
        (sum(bool(time.degraded) for time in known), "degraded for a time"),
        (sum(bool(time.maintenance) for time in known), "with maintenance"),
        (len(times) - len(known), "not monitored"),
    )
    parts = [f"{count} day{'' if count == 1 else 's'} {what}" for count, what in counts if count]
    return f"{', '.join(parts)}." if parts else "Online on all days."
