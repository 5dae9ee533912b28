from datetime import timedelta

import pytest

from cluster_status.domain.history.history import History, Terms, gap_ended
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.uptime.gaps import Gap
from tests.unit.domain.build import (
    IDENTITY,
    NOON,
    events,
    history,
    listed,
    met,
    noon_plus,
    polled,
    step,
)

GOOD, REFUSED = listed(idle=4), met(Cause.REFUSED)
ALWAYS = Terms(IDENTITY, notify_always=True)
HOUR = timedelta(hours=1)


def watched(minutes: int, *, polls: int = 4) -> History:
    """Return a history of polls so many minutes apart, the last of them at noon."""
    every = timedelta(minutes=minutes)
    return polled(history(Status.ONLINE), *[GOOD] * polls, start=NOON - (polls - 1) * every, every=every)


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
def test_a_silence_is_longer_than_an_hour_and_than_three_intervals(
    every: int, length: int, missed: int | None
) -> None:
    after = step(watched(every), GOOD, noon_plus(length))
    gap = Gap(NOON, noon_plus(length), missed) if missed else None
    assert after.gaps == ((gap,) if gap else ())
    assert gap_ended(after, noon_plus(length)) == gap


def test_a_silence_tells_nothing_by_itself() -> None:
    assert step(watched(5), GOOD, noon_plus(600)).pending == ()


def test_the_time_of_a_silence_is_neither_up_nor_down() -> None:
    before = watched(5)
    assert step(before, GOOD, noon_plus(600)).ledger == before.ledger
    assert step(before, REFUSED, noon_plus(600)).ledger == before.ledger


def test_the_next_message_says_how_many_polls_were_missed_and_none_after_it() -> None:
    after = polled(watched(5), GOOD, GOOD, REFUSED, GOOD, start=noon_plus(125))
    assert [(one.event, one.missed_polls) for one in after.pending] == [
        (Event.OUTAGE, 24),
        (Event.RECOVERY, 0),
    ]


def test_what_a_repeat_that_was_never_told_would_have_mentioned_the_next_message_does() -> None:
    after = polled(watched(5), GOOD, REFUSED, start=noon_plus(125), terms=ALWAYS)
    assert [(one.event, one.missed_polls) for one in after.pending] == [(Event.OUTAGE, 24)]


def test_missed_polls_are_not_lost_with_the_messages_that_are_summed_up() -> None:
    after = polled(watched(5), *[REFUSED, GOOD] * 12, start=noon_plus(125))
    assert [one.missed_polls for one in after.pending] == [24, *[0] * 19]


def test_a_silence_has_ended_in_one_poll_only() -> None:
    after = polled(watched(5), GOOD, GOOD, start=noon_plus(125))
    assert gap_ended(after, noon_plus(130)) is None


def test_where_no_rhythm_is_known_yet_nothing_is_missed_and_nothing_is_booked() -> None:
    after = step(watched(5, polls=1), GOOD, noon_plus(600))
    assert (after.gaps, after.ledger.days) == ((), ())


def test_a_rhythm_that_was_changed_is_learned_within_a_dozen_polls() -> None:
    after = polled(watched(5, polls=100), *[GOOD] * 30, start=NOON + 2 * HOUR, every=2 * HOUR)
    assert 0 < len(after.gaps) <= 13
    assert after.gaps[-1].end <= NOON + 26 * HOUR


def test_a_poll_with_a_wrong_clock_makes_no_silence_of_the_years_between() -> None:
    long_ago = step(watched(5), GOOD, NOON - timedelta(days=20_000))
    after = polled(long_ago, GOOD, GOOD, REFUSED, start=noon_plus(10))
    assert after.gaps == ()
    assert [one.missed_polls for one in after.pending] == [0]


def test_a_silence_that_lies_in_the_future_was_a_wrong_clock() -> None:
    ahead = step(watched(5), GOOD, noon_plus(24 * 60))
    assert ahead.missed_polls == 287
    after = step(ahead, GOOD, noon_plus(5))
    assert (after.gaps, after.missed_polls) == ((), 0)


def test_three_changes_within_a_second_are_three_messages() -> None:
    pending = polled(history(Status.ONLINE), REFUSED, GOOD, REFUSED, every=timedelta()).pending
    assert events(pending) == [Event.OUTAGE, Event.RECOVERY, Event.OUTAGE]
    assert len({(one.event, one.at) for one in pending}) == 3
