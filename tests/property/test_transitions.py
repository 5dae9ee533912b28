"""Every course of polls up to a length, and long random ones: what is told, and how time is booked."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.transitions import TRANSITIONS, Event
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.uptime.uptime import WINDOWS, uptime
from tests.property.steady import steady_courses
from tests.unit.domain.build import NOON, history, listed, met, noon_plus, step, told

LENGTH = 6
ALPHABET = (
    listed(idle=4),
    listed(idle=1, down=3),
    listed(maintenance=4),
    met(Cause.REFUSED),  # offline, believed at once
    met(Cause.TIMEOUT),  # offline, believed after two polls
    met(Cause.HOST_KEY),  # cannot tell
)
STATUSES = (
    Status.ONLINE,
    Status.DEGRADED,
    Status.MAINTENANCE,
    Status.OFFLINE,
    Status.OFFLINE,
    Status.UNKNOWN,
)
NEEDED = (1, 1, 1, 1, 2, 1)
CHANGES = {event for row in TRANSITIONS.values() for event in row.values() if event}


class Expected(Struct):
    """What is to come of a course, worked out once more: from its statuses alone, with hindsight."""

    changes: list[tuple[Status | None, Status]]
    seconds: dict[Status, int]


def expected(course: Sequence[int]) -> Expected:
    believed: Status | None = None
    changes = list[tuple[Status | None, Status]]()
    seconds, waiting = dict.fromkeys(Status, 0), 0
    agreeing, latest = 0, None  # how many of the last polls that could tell saw the same
    for number, letter in enumerate(course):
        if number and STATUSES[course[number - 1]] is not Status.UNKNOWN:
            waiting += 300
        status = STATUSES[letter]
        if status is Status.UNKNOWN:
            if latest is believed and believed:
                seconds[believed], waiting = seconds[believed] + waiting, 0
            continue
        if status is not latest or latest is believed:  # what waited is decided: it was what it was before
            if believed:
                seconds[believed] += waiting
            waiting = 0
        agreeing, latest = (agreeing + 1 if status is latest else 1), status
        if status is not believed and agreeing >= NEEDED[letter]:
            changes.append((believed, status))
            seconds[status], waiting = seconds[status] + waiting, 0
            believed = status
        elif status is believed:
            waiting = 0
    return Expected(changes, seconds)


def recorded(reached: History) -> dict[Status, int]:
    return {status: sum(getattr(day, status.value, 0) for day in reached.ledger.days) for status in Status}


def test_of_every_course_each_change_is_told_once_none_is_lost_and_no_gap_is_booked() -> None:
    new = history()
    courses = 0

    def follow(before: History, course: tuple[int, ...], events: tuple[tuple[Event, Status], ...]) -> None:
        nonlocal courses
        for letter, result in enumerate(ALPHABET):
            path = (*course, letter)
            after = step(before, result, noon_plus(5 * len(course)))
            heard = (*events, *((one.event, one.period.status) for one in after.pending))
            for notification in after.pending:
                after = told(after, notification)
            courses += 1
            changes = [one for one in heard if one[0] in CHANGES]
            wanted = expected(path)
            assert changes == [(TRANSITIONS[old][new], new) for old, new in wanted.changes], path
            assert recorded(after) == wanted.seconds, path
            assert after.pending == ()
            if len(path) < LENGTH:
                follow(after, path, heard)

    follow(new, (), ())
    assert courses == sum(len(ALPHABET) ** length for length in range(1, LENGTH + 1))


@steady_courses
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), min_size=20, max_size=60))
def test_of_a_long_course_too(runs: list[tuple[int, int]]) -> None:
    course = [letter for letter, polls in runs for _ in range(polls)]
    reached, changes = history(), list[tuple[Event, Status]]()
    for number, letter in enumerate(course):
        reached = step(reached, ALPHABET[letter], noon_plus(5 * number))
        for notification in reached.pending:
            if notification.event in CHANGES:
                changes.append((notification.event, notification.period.status))
            reached = told(reached, notification)
    wanted = expected(course)
    assert changes == [(TRANSITIONS[old][new], new) for old, new in wanted.changes]
    assert recorded(reached) == wanted.seconds
    assert len(reached.incidents) == sum(old not in {None, Status.ONLINE} for old, _ in wanted.changes)


GAPS = st.sampled_from([0, 1, 30, 300, 300, 300, 300, 3_000, 20_000, -1, -300, -4_000, -90_000, 40_000_000])


@steady_courses
@given(st.lists(st.tuples(st.sampled_from(ALPHABET), GAPS, st.booleans()), max_size=60))
def test_whatever_the_clock_does_nothing_breaks_and_no_time_is_made_up(
    polls: list[tuple[ProbeResult, int, bool]],
) -> None:
    reached, at = history(Status.ONLINE), NOON
    elapsed = 0
    for result, gap, in_turn in polls:
        at += timedelta(seconds=gap)
        elapsed += max(gap, 0)
        reached = step(reached, result, at, in_turn=in_turn)
    assert all(hour.watched <= 3_600 for hour in reached.ledger.hours)
    assert all(day.watched <= 86_400 for day in reached.ledger.days)
    assert sum(day.watched for day in reached.ledger.days) <= elapsed
    for roll_ups in (reached.ledger.hours, reached.ledger.days):
        assert all(one.begin < other.begin for one, other in pairwise(roll_ups))
    saw_it_down = any(result.cause and CAUSES[result.cause].status is Status.OFFLINE for result, *_ in polls)
    assert saw_it_down or recorded(reached)[Status.OFFLINE] == 0
    assert all(incident.length >= timedelta() for incident in reached.incidents)
    assert all(gap.begin < gap.end and gap.missed > 0 for gap in reached.gaps)
    assert reached.missed_polls >= 0
    for window in WINDOWS.values():
        found = uptime(reached.ledger, window, at)
        assert found is None or (0 <= found.degraded <= found.up <= 1 and 0 < found.coverage <= 1)


@steady_courses
@given(
    st.lists(st.tuples(st.sampled_from(ALPHABET), st.sampled_from([300, 3_000, 3_601, 90_000])), max_size=60)
)
def test_the_time_of_a_silence_is_never_booked(polls: list[tuple[ProbeResult, int]]) -> None:
    reached, at, watched = history(Status.ONLINE), NOON, 0
    for result, gap in [(ALPHABET[0], 300)] * 3 + polls + [(ALPHABET[0], 300)]:
        at += timedelta(seconds=gap)
        before = reached
        reached = step(before, result, at)
        could_tell = bool(before.polls) and before.polls[-1].status is not Status.UNKNOWN
        watched += gap if reached.gaps == before.gaps and could_tell else 0
    assert sum(recorded(reached).values()) == watched
