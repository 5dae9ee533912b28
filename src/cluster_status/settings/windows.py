"""Reads maintenance windows (lines, or keys of the clusters file), and the time of the weekly report."""

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple

from cluster_status.domain.instant import WEEKDAYS
from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.weekly.schedule import WeeklyTime
from cluster_status.settings.types import LINE, InputType

EXAMPLE = "2026-12-01 08:00 to 2026-12-01 18:00 Europe/Berlin: Cooling"
_EXAMPLE_OF_TIME = "2026-12-01 08:00 Europe/Berlin"
MOST_WINDOWS = 50
_LONGEST = timedelta(days=31)  # a wrong month or year would hide outages
_LINE = re.compile(r"(?P<begin>.*?)\s+to\s+(?P<end>.*?)(?::(?:\s+(?P<note>.*))?)?")
_WITH_ZONE = r"\s*(?:(?P<offset>Z|UTC|[+-]\d\d:\d\d)|(?P<zone>(?<=\s)[A-Za-z][A-Za-z0-9_+/-]{0,63}))?"
_TIME = re.compile(r"(?P<date>20\d\d-\d\d-\d\d)(?:T|\s+)(?P<time>\d\d:\d\d(?::\d\d)?)" + _WITH_ZONE)
_WEEKLY = re.compile(rf"(?i:(?P<day>{'|'.join(WEEKDAYS)}))\s+(?P<time>\d\d:\d\d)" + _WITH_ZONE)


class Problem(NamedTuple):
    """What is wrong with a part of a window; `position` is its place in the line, from 0."""

    part: str  # from, to, note; empty: all of it
    text: str
    position: int = 0


class InvalidWindowError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class InvalidLinesError(ValueError):
    """`problems` are the place in the text, and what is wrong there."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__()
        self.problems = problems


def read_window(begin: str, end: str, note: str) -> PlannedWindow:
    """Return a window, or raise InvalidWindowError. A zone counts for both times if one has none."""
    local_begin, zone_of_begin = _time("from", begin)
    local_end, zone_of_end = _time("to", end)
    zones = [zone for zone in (zone_of_begin, zone_of_end) if zone is not None] or [UTC]
    # a time that occurs twice, when clocks are set back, gives the longer window
    begins = _instant("from", local_begin.replace(fold=0), zones[0])
    ends = _instant("to", local_end.replace(fold=1), zones[-1])
    if ends <= begins:
        raise InvalidWindowError(Problem("to", f"'{end}' is not later than the begin: use a later time"))
    if ends - begins > _LONGEST:
        text = f"'{end}' is more than {_LONGEST.days} days after the begin: divide it into several windows"
        raise InvalidWindowError(Problem("to", text))
    try:
        return PlannedWindow(begins, ends, LINE.read(note) if note else "")
    except ValueError:
        raise InvalidWindowError(Problem("note", f"'{note}' is not {LINE.accepts}")) from None


def as_line(window: PlannedWindow) -> str:
    """Return a window as a line of the input."""
    return f"{window.begin.isoformat()} to {window.end.isoformat()}: {window.note}"


def _read(given: str) -> tuple[PlannedWindow, ...]:
    windows, problems = [], list[tuple[str, str]]()
    for number, line in enumerate(given.splitlines(), 1):
        try:
            windows += [_of_line(line)] if line.strip() else []
        except InvalidWindowError as error:
            problem = error.problem
            problems.append((f"line {number}, column {problem.position + 1}", problem.text))
    if problems:
        raise InvalidLinesError(problems)
    if len(windows) > MOST_WINDOWS:
        raise ValueError(f"it has {len(windows)} windows; remove those that are over")
    return tuple(windows)


WINDOWS = InputType(
    _read,
    f"a list of at most {MOST_WINDOWS} maintenance windows such as {EXAMPLE}, one per line",
    verbatim=True,
)


def _weekly_time(given: str) -> WeeklyTime:
    found = _WEEKLY.fullmatch(given)
    if not found:
        raise ValueError
    try:
        zone = _offset(found["offset"]) or _zone("", found) or UTC
        return WeeklyTime(WEEKDAYS.index(found["day"].title()), time.fromisoformat(found["time"]), zone)
    except InvalidWindowError as error:
        raise ValueError(error.problem.text) from None


WEEKLY_TIME: InputType[WeeklyTime | None] = InputType(
    _weekly_time, "a day and a time such as Mon 08:00 or Mon 08:00 Europe/Berlin"
)


def _of_line(line: str) -> PlannedWindow:
    indent = len(line) - len(line.lstrip())
    found = _LINE.fullmatch(line.strip())
    if not found:
        text = f"'{line.strip()}' is not a maintenance window: write it as {EXAMPLE}"
        raise InvalidWindowError(Problem("", text, indent))
    try:
        return read_window(found["begin"], found["end"], found["note"] or "")
    except InvalidWindowError as error:
        problem = error.problem
        group = {"from": "begin", "to": "end", "note": "note"}[problem.part]
        raise InvalidWindowError(
            problem._replace(position=indent + found.start(group) + problem.position)
        ) from None


def _time(part: str, given: str) -> tuple[datetime, tzinfo | None]:
    """Return the local time, and its zone if it has one."""
    found = _TIME.fullmatch(given)
    try:
        if found:
            local = datetime.fromisoformat(f"{found['date']} {found['time']}")
            return local, _offset(found["offset"]) or _zone(part, found)
    except ValueError:
        pass
    raise InvalidWindowError(Problem(part, f"'{given}' is not a time: write it as {_EXAMPLE_OF_TIME}"))


def _offset(given: str | None) -> tzinfo | None:
    if not given or given in {"Z", "UTC"}:
        return UTC if given else None
    hours, minutes = int(given[1:3]), int(given[4:6])
    length = timedelta(hours=hours, minutes=minutes)
    return timezone(-length if given[0] == "-" else length)


def _zone(part: str, found: re.Match[str]) -> tzinfo | None:
    name = found["zone"]
    if not name:
        return None
    # imported on demand: most polls need no time zone
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    try:
        return ZoneInfo(name)
    except (OSError, KeyError, ValueError):  # a folder of zones, or none
        text = f"'{name}' is not a time zone: {_nearest_zone(name)}"
        raise InvalidWindowError(Problem(part, text, found.start("zone"))) from None


def _nearest_zone(name: str) -> str:
    if "/" not in name:  # an abbreviation such as CEST
        return "use one such as Europe/Berlin, or UTC"
    from difflib import get_close_matches  # noqa: PLC0415
    from zoneinfo import available_timezones  # noqa: PLC0415

    by_lower = {zone.lower(): zone for zone in sorted(available_timezones())}
    nearest = get_close_matches(name.lower(), by_lower, n=1)
    return f"the nearest is {by_lower[nearest[0]]}" if nearest else "use one such as Europe/Berlin, or UTC"


def _instant(part: str, local: datetime, zone: tzinfo) -> datetime:
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None, fold=0) != local.replace(fold=0):
        shown = f"'{local:%Y-%m-%d %H:%M}'"
        text = f"{shown} does not exist in {zone}, because clocks are set forward: use another time"
        raise InvalidWindowError(Problem(part, text))
    return at.replace(fold=0)
