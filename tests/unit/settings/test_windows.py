"""Maintenance windows as lines: times, time zones, notes, and what is wrong with a line."""

from datetime import UTC, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.weekly.schedule import WeeklyTime
from cluster_status.settings.windows import (
    EXAMPLE,
    MOST_WINDOWS,
    WEEKLY_TIME,
    WINDOWS,
    InvalidLinesError,
    as_line,
)


def window(begin: str, end: str, note: str = "") -> PlannedWindow:
    begins, ends = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begin, end))
    return PlannedWindow(begins, ends, note)


VALID = {
    EXAMPLE: window("2026-12-01 07:00", "2026-12-01 17:00", "Cooling"),
    "2026-12-01 08:00 to 2026-12-01 18:00": window("2026-12-01 08:00", "2026-12-01 18:00"),
    "2026-12-01T08:00Z to 2026-12-01T18:00:30+01:00": window("2026-12-01 08:00", "2026-12-01 17:00:30"),
    "2026-12-01 08:00 Europe/Berlin to 2026-12-01 18:00": window("2026-12-01 07:00", "2026-12-01 17:00"),
    "2026-12-01 08:00 Europe/Berlin to 2026-12-01 18:00 UTC": window("2026-12-01 07:00", "2026-12-01 18:00"),
    "\t2026-12-01  08:00  to  2026-12-01 18:00 : \t a: b to c ": window(
        "2026-12-01 08:00", "2026-12-01 18:00", "a: b to c"
    ),
    "2026-12-01 08:00 to 2026-12-01 18:00:": window("2026-12-01 08:00", "2026-12-01 18:00"),
    # clocks are set forward at 02:00, and back at 03:00
    "2027-03-28 00:00 to 2027-03-28 06:00 Europe/Berlin": window("2027-03-27 23:00", "2027-03-28 04:00"),
    "2026-10-25 00:00 to 2026-10-25 06:00 Europe/Berlin": window("2026-10-24 22:00", "2026-10-25 05:00"),
}


@pytest.mark.parametrize(("line", "expected"), VALID.items(), ids=VALID)
def test_a_line_is_a_window(line: str, expected: PlannedWindow) -> None:
    assert WINDOWS.read(line) == (expected,)


def test_a_time_that_occurs_twice_gives_the_longer_window() -> None:
    [found] = WINDOWS.read("2026-10-25 02:30 to 2026-10-25 02:30 Europe/Berlin")
    assert found == window("2026-10-25 00:30", "2026-10-25 01:30")


def test_blank_lines_are_ignored() -> None:
    assert len(WINDOWS.read(f"\n{EXAMPLE}\n\n  {EXAMPLE}\n")) == 2


@pytest.mark.parametrize("expected", VALID.values())
def test_a_window_can_be_written_as_a_line(expected: PlannedWindow) -> None:
    assert WINDOWS.read(as_line(expected)) == (expected,)


WRONG = {
    "soon": ("column 1", "'soon' is not a maintenance window: write it as 2026-12-01 08:00 to"),
    "2026-12-01 to 2026-12-02": ("column 1", "'2026-12-01' is not a time: write it as 2026-12-01 08:00 "),
    "2026-12-01 08:00 to 2026-12-01 25:00": ("column 21", "'2026-12-01 25:00' is not a time"),
    "2026-12-01 08:00 to 2026-11-31 08:00": ("column 21", "'2026-11-31 08:00' is not a time"),
    "2026-12-01 08:00+25:00 to 2026-12-01 18:00": ("column 1", "is not a time"),
    "  2026-12-01 08:00 to 2026-12-01 18:00 Europe/Berlim: x": (
        "column 40",
        "'Europe/Berlim' is not a time zone: the nearest is Europe/Berlin",
    ),
    "2026-12-01 08:00 to 2026-12-01 18:00 CEST": ("column 38", "use one such as Europe/Berlin, or UTC"),
    "2026-12-01 08:00 to 2026-12-01 18:00 Europe": ("column 38", "'Europe' is not a time zone"),
    "2026-12-01 08:00 to 2026-12-01 18:00 Etc/../UTC": ("column 21", "is not a time"),
    "2026-12-01 18:00 to 2026-12-01 08:00": ("column 21", "is not later than the begin"),
    "2026-12-01 18:00 to 2026-12-01 18:00": ("column 21", "is not later than the begin"),
    "2026-12-01 08:00 to 2027-12-01 18:00": ("column 21", "is more than 31 days after the begin"),
    "2027-03-28 02:30 to 2027-03-28 10:00 Europe/Berlin": (
        "column 1",
        "'2027-03-28 02:30' does not exist in Europe/Berlin, because clocks are set forward",
    ),
    f"2026-12-01 08:00 to 2026-12-01 18:00: {'x' * 201}": ("column 39", "is not one line of at most 200"),
}


@pytest.mark.parametrize(("line", "expected"), WRONG.items(), ids=WRONG)
def test_a_wrong_line_has_its_column_and_what_to_change(line: str, expected: tuple[str, str]) -> None:
    place, problem = expected
    with pytest.raises(InvalidLinesError) as caught:
        WINDOWS.read(line)
    [(found_place, found)] = caught.value.problems
    assert found_place == f"line 1, {place}"
    assert problem in found


def test_each_wrong_line_is_named() -> None:
    with pytest.raises(InvalidLinesError) as caught:
        WINDOWS.read(f"soon\n{EXAMPLE}\nlater")
    assert [place for place, _ in caught.value.problems] == ["line 1, column 1", "line 3, column 1"]


def test_too_many_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="it has 51 windows; remove those that are over"):
        WINDOWS.read("\n".join([EXAMPLE] * (MOST_WINDOWS + 1)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Mon 08:00", WeeklyTime(0, time(8))),
        ("sun  23:59 UTC", WeeklyTime(6, time(23, 59))),
        ("Fri 17:30 Europe/Berlin", WeeklyTime(4, time(17, 30), ZoneInfo("Europe/Berlin"))),
        ("Fri 17:30+02:00", WeeklyTime(4, time(17, 30), timezone(timedelta(hours=2)))),
    ],
)
def test_a_weekly_time_has_the_zones_of_a_window(given: str, expected: WeeklyTime) -> None:
    assert WEEKLY_TIME.read(given) == expected


@pytest.mark.parametrize("given", ["Monday 08:00", "Mon", "08:00", "Mon 8:00", "Mon 25:00", "Mon 08:00 CEST"])
def test_another_text_is_no_weekly_time(given: str) -> None:
    with pytest.raises(ValueError, match=r"^$|0\.\.23|is not a time zone"):
        WEEKLY_TIME.read(given)
