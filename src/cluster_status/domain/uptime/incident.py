"""Incidents: outages and degradations with their end."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker

INCIDENTS_KEPT = 200


class Incident(Struct, frozen=True):
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


def incident_over(before: StatusTracker, after: StatusTracker) -> Incident | None:
    """Return the incident that ends with the change from `before` to `after`; None if none does."""
    period, successor = before.confirmed, after.confirmed
    if period is None or successor is None or period.status in {Status.ONLINE, successor.status}:
        return None
    return Incident(period.status, period.since, max(period.since, successor.since), period.causes)


def outages(incidents: Iterable[Incident], confirmed: StatusPeriod | None, now: datetime) -> Outages | None:
    """Return a summary of the outages, including the current one; None if there was none."""
    over = [incident for incident in incidents if incident.status is Status.OFFLINE]
    known = list(over)
    if confirmed and confirmed.status is Status.OFFLINE:
        until = max(confirmed.since, now)
        known.append(Incident(confirmed.status, confirmed.since, until, confirmed.causes))
    if not known:
        return None
    lengths = [incident.length for incident in over]
    mean = sum(lengths, timedelta()) / len(lengths) if lengths else None
    return Outages(len(known), max(known, key=lambda incident: incident.length), mean)
