from datetime import timedelta

from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.uptime.incident import INCIDENTS_KEPT, Incident, Outages, outages
from tests.unit.domain.build import NOON, history, listed, met, noon_plus, period, polled, step

GOOD, DEGRADED = listed(idle=4), listed(idle=1, down=3)
REFUSED, TIMEOUT = met(Cause.REFUSED), met(Cause.TIMEOUT)
MINUTES = timedelta(minutes=1)


def outage(begin: float, end: float) -> Incident:
    return Incident(Status.OFFLINE, noon_plus(begin), noon_plus(end), (Cause.REFUSED,))


def test_what_was_not_online_is_recorded_with_its_causes_when_it_is_over() -> None:
    course = polled(history(Status.ONLINE), TIMEOUT, REFUSED, DEGRADED, GOOD)
    assert course.incidents == (
        Incident(Status.OFFLINE, NOON, noon_plus(10), (Cause.TIMEOUT, Cause.REFUSED)),
        Incident(Status.DEGRADED, noon_plus(10), noon_plus(15), (Cause.NODES_DOWN,)),
    )


def test_neither_a_blip_nor_what_one_cannot_tell_is_an_incident() -> None:
    assert polled(history(Status.ONLINE), TIMEOUT, GOOD, *[met(Cause.HOST_KEY)] * 5, GOOD).incidents == ()


def test_no_more_are_kept_than_the_newest_two_hundred() -> None:
    many = polled(history(Status.ONLINE), *[REFUSED, GOOD] * (INCIDENTS_KEPT + 3)).incidents
    assert len(many) == INCIDENTS_KEPT
    assert many[0].since == noon_plus(3 * 10)


def test_an_incident_never_ends_before_it_begins_whatever_the_clock_says() -> None:
    back = step(polled(history(Status.ONLINE), REFUSED), GOOD, NOON - timedelta(days=1))
    assert [one.length for one in back.incidents] == [timedelta()]


def test_the_longest_outage_may_be_the_one_that_lasts_and_the_mean_is_of_those_that_are_over() -> None:
    over = [outage(0, 10), outage(20, 50), Incident(Status.DEGRADED, NOON, noon_plus(999))]
    assert outages(over, period(Status.ONLINE), noon_plus(500)) == Outages(2, over[1], 20 * MINUTES)
    lasting = period(Status.OFFLINE, Cause.REFUSED, since=noon_plus(100))
    assert outages(over, lasting, noon_plus(500)) == Outages(3, outage(100, 500), 20 * MINUTES)


def test_without_an_outage_there_is_nothing_to_sum_up() -> None:
    assert outages([], period(Status.DEGRADED), NOON) is None
    lasting = outages([], period(Status.OFFLINE, Cause.REFUSED), noon_plus(5))
    assert lasting == Outages(1, outage(0, 5), None)
