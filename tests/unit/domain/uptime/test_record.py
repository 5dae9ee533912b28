from datetime import timedelta

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.uptime.gaps import GAPS_KEPT
from cluster_status.domain.uptime.incident import INCIDENTS_KEPT, Incident
from tests.unit.domain.build import NOON, failed, history, listed, noon_plus, pending, polled, step

GOOD, DEGRADED = listed(idle=4), listed(draining=4)
REFUSED, TIMEOUT, UNTRUSTED = failed(Cause.REFUSED), failed(Cause.TIMEOUT), failed(Cause.HOST_KEY)
READY = history(Status.ONLINE)
WATCHED = polled(READY, *[GOOD] * 4, start=noon_plus(-15))
"""The last poll was at noon."""


def missed(history: History) -> list[tuple[Event, int]]:
    return [(one.event, one.missed_polls) for one in pending(history)]


# Gaps


def test_a_gap_is_recorded_and_ended_by_one_poll_only() -> None:
    ended = step(WATCHED, GOOD, noon_plus(125))
    [gap] = ended.record.gaps
    assert (gap.begin, gap.end, gap.missed) == (NOON, noon_plus(125), 24)
    assert ended.record.gap_ended(noon_plus(125)) == gap
    assert step(ended, GOOD, noon_plus(130)).record.gap_ended(noon_plus(130)) is None


def test_a_gap_is_not_notified_by_itself() -> None:
    assert pending(step(WATCHED, GOOD, noon_plus(600))) == ()


def test_the_time_of_a_gap_is_neither_up_nor_down() -> None:
    for result in (GOOD, REFUSED):
        assert step(WATCHED, result, noon_plus(600)).record.ledger == WATCHED.record.ledger


def test_the_next_notification_has_the_number_of_missed_polls() -> None:
    after = polled(WATCHED, GOOD, GOOD, REFUSED, GOOD, start=noon_plus(125))
    assert missed(after) == [(Event.OUTAGE, 24), (Event.RECOVERY, 0)]


def test_after_a_wrong_clock_no_polls_are_missed() -> None:
    past = step(WATCHED, GOOD, NOON - timedelta(days=20_000))
    future = step(WATCHED, GOOD, noon_plus(24 * 60))
    assert [gap.missed for gap in future.record.gaps] == [287]
    for wrong in (past, future):
        corrected = polled(wrong, GOOD, GOOD, REFUSED, start=noon_plus(10))
        assert corrected.record.gaps == ()
        assert missed(corrected) == [(Event.OUTAGE, 0)]


def test_the_newest_gaps_are_kept() -> None:
    after, at = WATCHED, NOON
    for _ in range(GAPS_KEPT + 5):
        for minutes in (5, 5, 125):
            at += timedelta(minutes=minutes)
            after = step(after, GOOD, at)
    assert len(after.record.gaps) == GAPS_KEPT
    assert after.record.gaps[-1].end == at


# Incidents


def test_an_incident_is_recorded_with_its_causes_when_it_is_over() -> None:
    assert polled(READY, TIMEOUT, REFUSED, DEGRADED, GOOD).record.incidents == (
        Incident(Status.OFFLINE, NOON, noon_plus(10), (Cause.TIMEOUT, Cause.REFUSED)),
        Incident(Status.DEGRADED, noon_plus(10), noon_plus(15), (Cause.NODES_DRAINING,)),
    )


def test_neither_an_unconfirmed_nor_an_unknown_status_is_an_incident() -> None:
    assert polled(READY, TIMEOUT, GOOD, *[UNTRUSTED] * 5, GOOD).record.incidents == ()


def test_the_newest_incidents_are_kept() -> None:
    incidents = polled(READY, *[REFUSED, GOOD] * (INCIDENTS_KEPT + 3)).record.incidents
    assert len(incidents) == INCIDENTS_KEPT
    assert incidents[0].since == noon_plus(3 * 10)


def test_an_incident_never_ends_before_it_begins() -> None:
    clock_set_back = step(polled(READY, REFUSED), GOOD, NOON - timedelta(days=1))
    assert [one.length for one in clock_set_back.record.incidents] == [timedelta()]


# Polls in the same second


def test_each_change_in_one_second_is_notified_and_takes_no_time() -> None:
    after = polled(READY, REFUSED, GOOD, REFUSED, every=timedelta())
    assert after.record.ledger.days == ()
    assert [event for event, _ in missed(after)] == [Event.OUTAGE, Event.RECOVERY, Event.OUTAGE]
    assert len({one.id for one in pending(after)}) == 3
    assert step(after, GOOD, noon_plus(5)).record.ledger.days[0].offline == 300
