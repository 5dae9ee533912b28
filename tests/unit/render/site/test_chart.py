"""Charts: what their shapes, their tables and their texts say."""

from datetime import UTC, date, datetime

from cluster_status.domain.capacity.series import Means
from cluster_status.domain.report.report import Day, Trend
from cluster_status.domain.uptime.roll_up import RollUp
from cluster_status.render.site import chart
from cluster_status.render.site.chart import Chart
from tests.fakes.reports import NOW, report

MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)
HOUR = int(NOW.timestamp()) // 3_600


def strip_of(**seconds: int) -> Chart:
    return chart.strip([Day(MIDNIGHT.date(), RollUp(MIDNIGHT, **seconds))])


def shapes(one: Chart | None) -> dict[str, str]:
    assert one
    return {path.css: path.d for path in one.paths}


def test_a_day_that_was_online_is_one_bar() -> None:
    assert shapes(strip_of(online=86_400)) == {"online": "M1 0h8v40h-8z"}


def test_a_short_outage_can_be_seen() -> None:
    assert shapes(strip_of(online=86_100, offline=300)) == {
        "offline": "M1 0h8v8h-8z",
        "online": "M1 8h8v32h-8z",
    }


def test_the_parts_of_a_day_never_exceed_its_height() -> None:
    found = shapes(strip_of(online=100, offline=86_000, degraded=100, maintenance=100))
    assert found == {"offline": "M1 0h8v40h-8z"}


def test_a_day_without_polls_is_a_gap_and_not_an_outage() -> None:
    one = chart.strip([Day(date(2026, 11, 28), None)])

    assert list(shapes(one)) == ["gap"]
    assert one.text == "1 day not monitored."
    assert one.table.rows == (("28 Nov 2026", "-", "-", "-", "-", "1 d"),)


def test_the_text_of_the_days_counts_those_that_were_not_online() -> None:
    days = [Day(MIDNIGHT.date(), RollUp(MIDNIGHT, online=86_400))] * 3
    assert chart.strip(days).text == "Online on all days."
    outage = Day(MIDNIGHT.date(), RollUp(MIDNIGHT, online=80_000, offline=6_400))
    assert chart.strip([*days, outage, outage]).text == "2 days with an outage."


def test_nodes_are_stacked_to_the_top_and_an_hour_without_polls_is_a_gap() -> None:
    one = chart.hours(report(trend=Trend(hours=((HOUR, Means(3, 6, 1)),))))
    found = shapes(one)

    assert found["idle"] == "M231 84h8v36h-8z"
    assert found["allocated"] == "M231 12h8v72h-8z"
    assert found["down"] == "M231 0h8v12h-8z"
    assert found["gap"].count("M") == 23
    assert one
    assert one.table.rows[-1] == ("14:00", "3", "6", "1")
    assert one.table.rows[0] == ("15:00", "-", "-", "-")


def test_a_cluster_without_numbers_has_no_charts() -> None:
    empty = report(trend=Trend())
    assert [chart.hours(empty), chart.days(empty), chart.week(empty)] == [None, None, None]


def test_the_week_says_when_most_gpus_are_idle() -> None:
    week = tuple((at, Means(1, 7, 0, {"a100": at % 24, "h100": 1})) for at in range(168))
    one = chart.week(report(trend=Trend(week=week)))

    assert one
    assert one.title == "Idle GPUs by hour of the week"
    assert one.text == (
        "Most GPUs are usually idle on Monday at 23:00 UTC (24), fewest on Monday at 00:00 UTC (1)."
    )
    assert one.table.rows[23] == ("23:00", *["24"] * 7)


def test_the_week_of_a_cluster_without_gpus_shows_its_nodes_and_hours_without_polls() -> None:
    one = chart.week(report(trend=Trend(week=((0, Means(2, 6, 0)), (25, Means(0, 8, 0))))))

    assert one
    assert one.title == "Idle nodes by hour of the week"
    assert shapes(one)["none"].count("M") == 166
    assert one.table.rows[0][:3] == ("00:00", "2", "-")


def test_a_cluster_that_is_always_full_has_no_division_by_zero() -> None:
    one = chart.week(report(trend=Trend(week=((0, Means(0, 8, 0)),))))
    assert list(shapes(one)) == ["level-0", "none"]
