from datetime import timedelta

import pytest

from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.gaps import Gap, Interval, since_last_poll, without_future
from cluster_status.domain.uptime.polls import Poll, Polls
from tests.unit.domain.build import NOON, noon_plus

HOUR = timedelta(hours=1)


def polls(every: float, number: int = 4) -> Polls:
    """Return polls `every` minutes, the last of them at noon."""
    return tuple(Poll(noon_plus(-every * back), Status.ONLINE) for back in reversed(range(number)))


@pytest.mark.parametrize(
    ("every", "length", "missed"),
    [
        (5, 15, None),
        (5, 60, None),
        (5, 61, 11),
        (5, 24 * 60, 287),
        (20, 60, None),
        (20, 61, 2),
        (60, 180, None),
        (60, 181, 2),
        (360, 18 * 60, None),
        (360, 24 * 60, 3),
    ],
)
def test_a_gap_is_longer_than_an_hour_and_than_three_intervals(
    every: int, length: int, missed: int | None
) -> None:
    end = noon_plus(length)
    expected = Gap(NOON, end, missed) if missed else Interval(NOON, end)
    assert since_last_poll(polls(every), end) == expected


def test_with_a_single_poll_no_polls_are_missed() -> None:
    assert since_last_poll(polls(5, number=1), noon_plus(600)) is None
    assert since_last_poll(polls(5, number=1), noon_plus(60)) == Interval(NOON, noon_plus(60))


def test_a_changed_interval_is_learned_within_a_dozen_polls() -> None:
    known, gaps = polls(5, number=100), list[Gap]()
    for number in range(1, 31):
        at = NOON + number * 2 * HOUR
        elapsed = since_last_poll(known, at)
        gaps += [elapsed] if isinstance(elapsed, Gap) else []
        known = (*known, Poll(at, Status.ONLINE))
    assert 0 < len(gaps) <= 13
    assert gaps[-1].end <= NOON + 26 * HOUR


def test_after_a_clock_was_set_back_the_time_since_the_last_poll_is_unknown() -> None:
    assert since_last_poll(polls(5), noon_plus(-1)) is None
    assert since_last_poll(polls(5), NOON) is None
    assert since_last_poll((), NOON) is None


def test_the_time_between_a_wrong_clock_and_the_right_one_is_no_gap() -> None:
    long_ago = Poll(NOON - timedelta(days=20_000), Status.ONLINE)
    assert since_last_poll((*polls(5), long_ago), noon_plus(10)) is None


def test_gaps_that_end_in_the_future_were_measured_by_a_wrong_clock() -> None:
    past, future = Gap(noon_plus(-99), NOON, 20), Gap(NOON, noon_plus(99), 20)
    assert without_future((past, future), noon_plus(5)) == (past,)
