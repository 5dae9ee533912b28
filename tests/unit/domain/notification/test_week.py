"""The numbers of a week, and their text."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cluster_status.domain.capacity.capacity import Capacity, with_sample
from cluster_status.domain.capacity.sample import Sample
from cluster_status.domain.notification.content.week_text import brief, numbers, period, uptime
from cluster_status.domain.notification.weekly.week import Quiet, Watched, Week, week_before
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.incident import Incident
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.roll_up import RollUp

MONDAY = datetime(2026, 3, 16, 8, tzinfo=UTC)
BEGIN = datetime(2026, 3, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WHOLE_DAY = 86_400


def watched(*days: RollUp, **known: Any) -> Watched:
    given = {
        "incidents": (),
        "confirmed": StatusPeriod(Status.ONLINE, BEGIN),
        "capacity": Capacity(),
        **known,
    }
    return Watched(UptimeLedger(days=days), **given)


def online(first: datetime, number: int) -> list[RollUp]:
    return [RollUp(first + one * DAY, online=WHOLE_DAY) for one in range(number)]


def week_of(*days: RollUp, **known: Any) -> Week:
    week = week_before(MONDAY, watched(*days, **known))
    assert week
    return week


def capacity(weeks: int, idle_at_night: int) -> Capacity:
    """Return the capacity of weeks of hourly polls, up to the time of the report."""
    found, at = Capacity(), MONDAY - timedelta(weeks=weeks)
    while at <= MONDAY:
        idle = idle_at_night if at.weekday() == 5 and 2 <= at.hour < 8 else 10
        found = with_sample(found, Sample(idle, 100 - idle, 0, {"a100": 4, "h100": 2}), at)
        at += HOUR
    return found


def test_a_week_is_the_seven_days_before_and_is_compared_with_the_seven_before_it() -> None:
    down = RollUp(BEGIN - DAY, online=WHOLE_DAY // 2, offline=WHOLE_DAY // 2)
    today = RollUp(BEGIN + 7 * DAY, offline=8 * 3_600)
    week = week_of(*online(BEGIN - 7 * DAY, 6), down, *online(BEGIN, 7), today)
    assert (week.begin, week.coverage, week.up) == (BEGIN, 1.0, 1.0)
    assert uptime(week) == "up 100 % (+7.14)"
    assert period(week).startswith("2026-03-09 to 2026-03-15 (UTC), ")


def test_without_the_week_before_there_is_no_change() -> None:
    week = week_of(*online(BEGIN + DAY, 6))
    assert uptime(week) == "up 100 %"
    assert period(week) == "2026-03-09 to 2026-03-15 (UTC)."
    assert numbers(week) == "No outage. 86 % of the week monitored."


def test_a_week_of_maintenance_has_no_uptime() -> None:
    week = week_of(RollUp(BEGIN, maintenance=WHOLE_DAY))
    assert uptime(week) == "uptime not known"
    assert numbers(week) == "No outage. 1 d in maintenance. 14 % of the week monitored."


def test_a_week_that_was_not_monitored_has_no_report() -> None:
    assert week_before(MONDAY, watched(*online(BEGIN - DAY, 1), *online(BEGIN + 7 * DAY, 1))) is None


def test_outages_of_the_week_are_counted_with_the_one_that_lasts() -> None:
    incidents = [
        Incident(Status.OFFLINE, BEGIN - 2 * DAY, BEGIN - DAY),
        Incident(Status.OFFLINE, BEGIN + HOUR, BEGIN + 2 * HOUR),
        Incident(Status.DEGRADED, BEGIN + 3 * HOUR, BEGIN + 5 * HOUR),
        Incident(Status.OFFLINE, BEGIN + DAY, BEGIN + DAY + 3 * HOUR),
    ]
    lasting = StatusPeriod(Status.OFFLINE, BEGIN + 6 * DAY)
    week = week_of(*online(BEGIN, 7), incidents=incidents, confirmed=lasting)
    assert numbers(week) == "3 outages, the longest 1 d, mean time to recover 2 h."
    today = StatusPeriod(Status.OFFLINE, BEGIN + 7 * DAY + HOUR)
    week = week_of(*online(BEGIN, 7), incidents=incidents[:2], confirmed=today)
    assert brief(week) == "1 outage of 1 h"


def test_idle_nodes_and_gpus_are_shares_of_all() -> None:
    week = week_of(*online(BEGIN, 7), capacity=capacity(1, 10), gpus=60)
    assert (week.idle_nodes, week.idle_gpus) == (0.1, 0.1)
    assert brief(week) == "no outage, 10 % of nodes and 10 % of GPUs idle"


def test_quiet_hours_are_those_with_most_idle_nodes() -> None:
    week = week_of(*online(BEGIN, 7), capacity=capacity(2, 70))
    assert week.quiet == Quiet(5 * 24 + 2, idle=70)
    assert numbers(week).endswith("Quiet from Sat 02:00 to 08:00 UTC, 70 nodes idle on average.")


def test_without_a_whole_week_or_a_difference_no_hours_are_quiet() -> None:
    assert week_of(*online(BEGIN, 7), capacity=capacity(1, 12)).quiet is None
    young = with_sample(Capacity(), Sample(10, 0, 0), MONDAY)
    assert week_of(*online(BEGIN, 7), capacity=young).quiet is None


def test_quiet_hours_can_begin_on_sunday_and_end_on_monday() -> None:
    week = Week(BEGIN, coverage=1.0, up=1.0, quiet=Quiet(6 * 24 + 22, idle=5))
    assert "Quiet from Sun 22:00 to Mon 04:00 UTC" in numbers(week)
