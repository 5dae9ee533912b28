"""Incidents: outages and degradations with their end."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker

INCIDENTS_KEPT = 200


class Incident(Struct, frozen=True, gc=False):
    """A period that is over, in which the cluster was not online."""

    status: Status
    since: Instant
    until: Instant
    causes: tuple[Cause, ...] = ()

    @property
    def length(self) -> timedelta:
        return self.until - self.since


class Outages(Struct, frozen=True):
    """A summary of outages; the mean covers those that are over."""

    number: int
    longest: Incident
    mean_time_to_recover: timedelta | None


class Downtime(Struct, frozen=True):
    """The outages of some time, and how long they took together."""

    outages: int
    seconds: int


def incident_over(before: StatusTracker, after: StatusTracker) -> Incident | None:
    """Return the incident that ends with the change from `before` to `after`; None if none does."""
    period, successor = before.confirmed, after.confirmed
    if period is None or successor is None or period.status in {Status.ONLINE, successor.status}:
        return None
    return Incident(period.status, period.since, max(period.since, successor.since), period.causes)


def outages(incidents: Iterable[Incident], confirmed: StatusPeriod | None, now: datetime) -> Outages | None:
    """Return a summary of the outages, including the current one; None if there was none."""
    over = [incident for incident in incidents if incident.status is Status.OFFLINE]
    known = [*over, *_current(confirmed, now)]
    if not known:
        return None
    lengths = [incident.length for incident in over]
    mean = sum(lengths, timedelta()) / len(lengths) if lengths else None
    return Outages(len(known), max(known, key=lambda incident: incident.length), mean)


def downtime(
    incidents: Iterable[Incident], confirmed: StatusPeriod | None, since: datetime, now: datetime
) -> Downtime:
    """Return the outages that lasted beyond `since`, including the current one, and their time after it."""
    known = [*incidents, *_current(confirmed, now)]
    offline = [one for one in known if one.status is Status.OFFLINE and one.until > since]
    time = sum((one.until - max(one.since, since) for one in offline), timedelta())
    return Downtime(len(offline), round(time.total_seconds()))


def _current(confirmed: StatusPeriod | None, now: datetime) -> Iterator[Incident]:
    """Yield the outage that is not over."""
    if confirmed and confirmed.status is Status.OFFLINE:
        yield Incident(confirmed.status, confirmed.since, max(confirmed.since, now), confirmed.causes)
