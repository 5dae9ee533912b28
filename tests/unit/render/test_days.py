from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import pytest

from cluster_status.domain.report.report import Day
from cluster_status.domain.uptime.roll_up import RollUp
from cluster_status.render.days import strip
from tests.fakes.reports import NOW, report

ONLINE, GAP = {"online": 86_400}, None
OUTAGE = {"online": 86_000, "offline": 300, "degraded": 100}


def days(*times: dict[str, int] | None) -> Sequence[Day]:
    """Return ninety days that end with these."""
    dates = [NOW.date() - timedelta(days=ago) for ago in range(89, -1, -1)]
    whole = [GAP] * (90 - len(times)) + list(times)
    begins = [datetime.combine(date, time(), UTC) for date in dates]
    return [
        Day(begin.date(), None if one is None else RollUp(begin, **one))
        for begin, one in zip(begins, whole, strict=True)
    ]


def test_each_day_has_one_sign_and_a_gap_is_a_gap() -> None:
    found = strip(days({"degraded": 60, "maintenance": 60}, {"maintenance": 9}, GAP, OUTAGE, ONLINE))
    assert found
    assert found.rows == (("30 Oct", "·" * 25 + "DM·X█"),)


def test_the_legend_counts_the_days_of_each_sign_and_names_no_other() -> None:
    found = strip(days(*[ONLINE] * 28, OUTAGE, ONLINE))
    assert found
    assert found.legend == ("Last 30 days, by the worst status of each day (UTC): X offline 1, █ online 29.")


@pytest.mark.parametrize(("monitored", "rows"), [(1, 1), (30, 1), (31, 2), (61, 3), (90, 3)])
def test_rows_before_the_first_monitored_day_are_left_out(monitored: int, rows: int) -> None:
    found = strip(days(*[ONLINE] * monitored))
    assert found
    assert len(found.rows) == rows
    assert "".join(signs for _, signs in found.rows).count("█") == monitored


def test_a_year_of_history_has_ninety_signs_in_rows_that_fit_a_phone() -> None:
    found = strip(report().days)
    assert found
    assert [len(signs) for _, signs in found.rows] == [30, 30, 30]
    assert [first for first, _ in found.rows] == ["31 Aug", "30 Sep", "30 Oct"]


def test_without_a_monitored_day_there_is_no_strip() -> None:
    assert strip(days()) is None
