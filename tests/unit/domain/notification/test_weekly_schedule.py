"""The report is due in the first poll at or after its time, once, within 48 hours."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from cluster_status.domain.notification.weekly.schedule import WeeklyTime

MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)
REPORT = WeeklyTime(0, time(8))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("late", [timedelta(), MINUTE, 48 * HOUR])
def test_it_is_due_in_the_first_poll_at_or_after_its_time(late: timedelta) -> None:
    assert REPORT.due(MONDAY - MINUTE, MONDAY + late) == MONDAY


@pytest.mark.parametrize(
    ("last_poll", "at"),
    [
        (MONDAY - 2 * MINUTE, MONDAY - MINUTE),
        (MONDAY, MONDAY + MINUTE),
        (MONDAY + HOUR, MONDAY + 2 * HOUR),
        (MONDAY - MINUTE, MONDAY + 48 * HOUR + MINUTE),
        (None, MONDAY),
    ],
    ids=["too early", "sent at its time", "sent later", "missed", "the first poll"],
)
def test_it_is_not_due_in_any_other_poll(last_poll: datetime | None, at: datetime) -> None:
    assert REPORT.due(last_poll, at) is None


ZONES = ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles"]
TIMES = [(0, time(8)), (6, time(2, 30)), (6, time(23, 59)), (3, time())]


@pytest.mark.parametrize("zone", [ZoneInfo(name) for name in ZONES], ids=ZONES)
@pytest.mark.parametrize(("weekday", "clock"), TIMES)
def test_a_year_of_polls_has_one_report_in_each_iso_week(zone: ZoneInfo, weekday: int, clock: time) -> None:
    """Clocks are set forward and back in it, once at a time that is skipped and once at one that repeats."""
    report, at, found = WeeklyTime(weekday, clock, zone), datetime(2026, 1, 1, tzinfo=UTC), list[datetime]()
    while at.year == 2026:
        due = report.due(at - 10 * MINUTE, at)
        found += [due] if due else []
        at += 10 * MINUTE
    assert len(found) in {52, 53}
    assert len({report.week_id(one) for one in found}) == len(found)
    assert {one.astimezone(zone).weekday() for one in found} == {weekday}
    assert all(6.9 < (after - before) / timedelta(days=1) < 7.1 for before, after in pairwise(found))


def test_its_time_is_local_in_summer_and_in_winter() -> None:
    report = WeeklyTime(0, time(8), BERLIN)
    summer, winter = datetime(2026, 10, 19, 6, tzinfo=UTC), datetime(2026, 10, 26, 7, tzinfo=UTC)
    assert report.due(summer - MINUTE, summer) == summer
    assert report.due(winter - HOUR, winter - MINUTE) is None
    assert report.due(winter - MINUTE, winter) == winter
