from datetime import timedelta

from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.uptime.incident import Incident, Outages, outages
from tests.unit.domain.build import NOON, noon_plus, period

MINUTES = timedelta(minutes=1)
ONGOING = period(Status.OFFLINE, Cause.REFUSED, since=noon_plus(100))


def outage(begin: float, end: float) -> Incident:
    return Incident(Status.OFFLINE, noon_plus(begin), noon_plus(end), (Cause.REFUSED,))


def test_an_ongoing_outage_may_be_the_longest_and_does_not_count_in_the_mean() -> None:
    over = [outage(0, 10), outage(20, 50), Incident(Status.DEGRADED, NOON, noon_plus(999))]
    assert outages(over, period(Status.ONLINE), noon_plus(500)) == Outages(2, over[1], 20 * MINUTES)
    assert outages(over, ONGOING, noon_plus(500)) == Outages(3, outage(100, 500), 20 * MINUTES)


def test_a_single_ongoing_outage_has_no_mean() -> None:
    assert outages([], ONGOING, noon_plus(105)) == Outages(1, outage(100, 105), None)


def test_without_an_outage_there_is_no_summary() -> None:
    assert outages([], period(Status.DEGRADED), NOON) is None
