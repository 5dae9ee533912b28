"""Every short sequence of polls, and long random ones: the events and the recorded time."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import TRANSITIONS, Event
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.tracker import UNKNOWN_POLLS_BEFORE_NOTIFICATION
from cluster_status.domain.uptime.uptime import WINDOWS, uptime
from tests.property.steady import steady_courses
from tests.unit.domain.build import (
    CHANNEL,
    NOON,
    delivered,
    failed,
    history,
    listed,
    noon_plus,
    pending,
    step,
)

LENGTH = 6
ALPHABET = (
    listed(idle=4),
    listed(draining=4),
    listed(maintenance=4),
    failed(Cause.REFUSED),  # offline, confirmed by one poll
    failed(Cause.TIMEOUT),  # offline, confirmed by two polls
    failed(Cause.HOST_KEY),  # unknown
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
    """The changes and the times of a sequence, calculated from its statuses only."""

    changes: list[tuple[Status | None, Status]]
    seconds: dict[Status, int]


def expected(sequence: Sequence[int]) -> Expected:
    confirmed: Status | None = None
    changes = list[tuple[Status | None, Status]]()
    seconds, open_seconds = dict.fromkeys(Status, 0), 0
    agreeing, latest = 0, None  # the number of latest known polls with the same status
    for number, letter in enumerate(sequence):
        if number and STATUSES[sequence[number - 1]] is not Status.UNKNOWN:
            open_seconds += 3_600
        status = STATUSES[letter]
        is_unknown = status is Status.UNKNOWN
        if is_unknown and ends_in_unknown(sequence[: number + 1]):
            agreeing, latest = 0, confirmed
        is_other = status is not latest and not is_unknown
        if is_other or latest is confirmed:  # the pending status was not confirmed
            if confirmed:
                seconds[confirmed] += open_seconds
            open_seconds = 0
        if is_unknown:
            continue
        agreeing, latest = (agreeing + 1 if status is latest else 1), status
        if status is not confirmed and agreeing >= NEEDED[letter]:
            changes.append((confirmed, status))
            seconds[status], open_seconds = seconds[status] + open_seconds, 0
            confirmed = status
    return Expected(changes, seconds)


def ends_in_unknown(sequence: Sequence[int]) -> bool:
    """Return whether so many latest polls were unknown that no pending status survives."""
    latest = [STATUSES[letter] for letter in sequence[-UNKNOWN_POLLS_BEFORE_NOTIFICATION:]]
    return latest == [Status.UNKNOWN] * UNKNOWN_POLLS_BEFORE_NOTIFICATION


def recorded(reached: History) -> dict[Status, int]:
    days = reached.record.ledger.days
    return {status: sum(getattr(day, status.value, 0) for day in days) for status in Status}


def test_every_short_sequence_notifies_each_change_once_and_records_its_time() -> None:
    new = history()
    sequences = 0

    def follow(before: History, sequence: tuple[int, ...], events: tuple[tuple[Event, Status], ...]) -> None:
        nonlocal sequences
        for letter, result in enumerate(ALPHABET):
            path = (*sequence, letter)
            after = step(before, result, noon_plus(60 * len(sequence)))
            all_events = (*events, *((one.event, one.period.status) for one in pending(after) if one.period))
            for notification in pending(after):
                after = delivered(after, notification)
            sequences += 1
            changes = [one for one in all_events if one[0] in CHANGES]
            wanted = expected(path)
            assert changes == [(TRANSITIONS[old][new], new) for old, new in wanted.changes], path
            assert recorded(after) == wanted.seconds, path
            assert pending(after) == ()
            if len(path) < LENGTH:
                follow(after, path, all_events)

    follow(new, (), ())
    assert sequences == sum(len(ALPHABET) ** length for length in range(1, LENGTH + 1))


@steady_courses
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), min_size=20, max_size=60))
def test_a_long_sequence_notifies_each_change_once_and_records_its_time(runs: list[tuple[int, int]]) -> None:
    sequence = [letter for letter, polls in runs for _ in range(polls)]
    reached, changes = history(), list[tuple[Event, Status]]()
    for number, letter in enumerate(sequence):
        reached = step(reached, ALPHABET[letter], noon_plus(60 * number))
        for notification in pending(reached):
            if notification.event in CHANGES and notification.period:
                changes.append((notification.event, notification.period.status))
            reached = delivered(reached, notification)
    wanted = expected(sequence)
    assert changes == [(TRANSITIONS[old][new], new) for old, new in wanted.changes]
    assert recorded(reached) == wanted.seconds
    assert len(reached.record.incidents) == sum(old not in {None, Status.ONLINE} for old, _ in wanted.changes)


INTERVALS = st.sampled_from(
    [0, 1, 30, 300, 300, 300, 300, 3_000, 20_000, -1, -300, -4_000, -90_000, 40_000_000]
)


@steady_courses
@given(st.lists(st.tuples(st.sampled_from(ALPHABET), INTERVALS, st.booleans()), max_size=60))
def test_a_wrong_clock_never_adds_time(
    polls: list[tuple[ProbeResult, int, bool]],
) -> None:
    reached, at = history(Status.ONLINE), NOON
    elapsed = 0
    for result, interval, in_turn in polls:
        at += timedelta(seconds=interval)
        elapsed += max(interval, 0)
        reached = step(reached, result, at, in_turn=in_turn)
    ledger = reached.record.ledger
    assert all(hour.monitored <= 3_600 for hour in ledger.hours)
    assert all(day.monitored <= 86_400 for day in ledger.days)
    assert sum(day.monitored for day in ledger.days) <= elapsed
    for roll_ups in (ledger.hours, ledger.days):
        assert all(one.begin < other.begin for one, other in pairwise(roll_ups))
    was_offline = any(result.cause and CAUSES[result.cause].status is Status.OFFLINE for result, *_ in polls)
    assert was_offline or recorded(reached)[Status.OFFLINE] == 0
    assert all(incident.length >= timedelta() for incident in reached.record.incidents)
    assert all(gap.begin < gap.end and gap.missed > 0 for gap in reached.record.gaps)
    assert reached.outbox.channel(CHANNEL).missed_polls >= 0
    for window in WINDOWS.values():
        found = uptime(ledger, window, at)
        assert found is None or (0 <= found.degraded <= found.up <= 1 and 0 < found.coverage <= 1)


@steady_courses
@given(
    st.lists(st.tuples(st.sampled_from(ALPHABET), st.sampled_from([300, 3_000, 3_601, 90_000])), max_size=60)
)
def test_the_time_of_a_gap_is_never_recorded(polls: list[tuple[ProbeResult, int]]) -> None:
    reached, at, monitored = history(Status.ONLINE), NOON, 0
    for result, interval in [(ALPHABET[0], 300)] * 3 + polls + [(ALPHABET[0], 300)]:
        at += timedelta(seconds=interval)
        before = reached
        reached = step(before, result, at)
        polls_before = before.record.polls
        was_known = bool(polls_before) and polls_before[-1].status is not Status.UNKNOWN
        monitored += interval if reached.record.gaps == before.record.gaps and was_known else 0
    assert sum(recorded(reached).values()) == monitored
