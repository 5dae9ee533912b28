from datetime import UTC, datetime, timedelta, timezone

import pytest

from cluster_status.render.phrases import duration, instant, percent


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(seconds=59.6), "1 min"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(minutes=5, seconds=1), "5 min 1 s"),
        (timedelta(hours=2, minutes=30, seconds=59), "2 h 30 min"),
        (timedelta(hours=2, seconds=59), "2 h"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
        (timedelta(days=3, minutes=5), "3 d"),
        (timedelta(days=400), "400 d"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_a_duration_has_at_most_the_two_largest_units(length: timedelta, shown: str) -> None:
    assert duration(length) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0 %"),
        (1e-9, "< 0.01 %"),
        (0.0001, "0.01 %"),
        (0.29, "29 %"),
        (0.999_999, "99.99 %"),
        (1, "100 %"),
    ],
)
def test_a_share_is_rounded_down_but_never_to_zero(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_an_instant_is_shown_with_its_time_zone() -> None:
    assert instant(datetime(2026, 1, 31, 9, 5, 7, tzinfo=UTC)) == "2026-01-31 09:05:07 UTC"


@pytest.mark.parametrize(
    ("offset", "shown"),
    [
        (timedelta(hours=5, minutes=30), "2026-01-31 20:00:00 UTC"),
        (timedelta(hours=-11), "2026-02-01 12:30:00 UTC"),
        (timedelta(0), "2026-02-01 01:30:00 UTC"),
    ],
)
def test_an_instant_of_another_offset_is_shown_in_utc(offset: timedelta, shown: str) -> None:
    assert instant(datetime(2026, 2, 1, 1, 30, tzinfo=timezone(offset))) == shown


@pytest.mark.parametrize(
    ("edge", "shown"),
    [
        ("0001-01-01T00:00:00+14:00", "0001-01-01 00:00:00"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31 23:59:59"),
    ],
)
def test_an_instant_beyond_the_calendar_in_utc_is_shown(edge: str, shown: str) -> None:
    assert instant(datetime.fromisoformat(edge)) == f"{shown} UTC"
