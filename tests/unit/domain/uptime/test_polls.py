from datetime import datetime, timedelta

import pytest

from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.polls import POLLS_KEPT, Poll, appended, inserted, is_overtaken
from tests.unit.domain.build import NOON, noon_plus

SECOND = timedelta(seconds=1)


def poll(minutes: float) -> Poll:
    return Poll(noon_plus(minutes), Status.ONLINE)


@pytest.mark.parametrize(
    ("at", "overtaken"),
    [
        (NOON, False),  # in the same second
        (NOON - SECOND, True),
        (noon_plus(-10) + SECOND, True),
        (noon_plus(-10), False),  # a clock that was set back
        (noon_plus(5), False),
    ],
)
def test_a_poll_is_overtaken_by_a_poll_in_the_ten_minutes_after_it(at: datetime, *, overtaken: bool) -> None:
    assert is_overtaken((poll(0),), at) is overtaken
    assert not is_overtaken((), at)


def test_an_overtaken_poll_is_inserted_by_its_time() -> None:
    polls = (poll(0), poll(5), poll(6))
    assert inserted(polls, poll(4)) == (poll(0), poll(4), poll(5), poll(6))
    assert inserted(polls, poll(5.5)) == (poll(0), poll(5), poll(5.5), poll(6))


def test_the_polls_of_a_day_are_kept() -> None:
    day = tuple(poll(5 * number) for number in range(POLLS_KEPT))
    assert day[-1].at - day[0].at == timedelta(days=1) - timedelta(minutes=5)
    assert appended(day, poll(9_999)) == (*day[1:], poll(9_999))
    assert len(inserted(day, poll(3))) == POLLS_KEPT
