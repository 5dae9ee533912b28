"""Thirty clusters: how each is at any time. A period ends with quiet hours, in which nothing changes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from tests.fakes.clock import START
from tests.fakes.probe import failed, listed, partition

NAMES = tuple(f"c{number:02}" for number in range(30))
DAY = timedelta(days=1)
QUIET = timedelta(hours=3)  # longer than the damping of a status that was unstable

RESULTS: dict[Status, ProbeResult] = {  # none needs a second poll
    Status.ONLINE: listed(partition(idle=8)),
    Status.OFFLINE: failed(Cause.REFUSED),
    Status.DEGRADED: listed(partition(draining=8)),
}
_BAD = (Status.OFFLINE, Status.OFFLINE, Status.DEGRADED)

Failure = tuple[datetime, datetime, Status]


class Rates(NamedTuple):
    """The length of a period, and the mean time between storms, and between the failures of a cluster."""

    period: timedelta = 7 * DAY
    storms: timedelta = 4 * DAY
    failures: timedelta = 10 * DAY


YEAR = Rates()
DENSE = Rates(DAY, DAY / 3, 3 * DAY)


class World:
    """`storms` are the times at which all clusters go offline."""

    def __init__(self, seed: int, days: int, rates: Rates) -> None:
        self._rates = rates
        random = Random(f"{seed} world")  # noqa: S311 - the same at every run
        end = START + days * DAY
        storms = _times(random, end, mean=rates.storms)
        self.storms = [begin for begin in storms if not self.is_quiet(begin)]
        self._failures = {name: sorted(self._of_cluster(random, end)) for name in NAMES}
        self._place = dict.fromkeys(NAMES, 0)

    def status(self, name: str, at: datetime) -> Status:
        """Return the status of a cluster; `at` never goes back."""
        failures = self._failures[name]
        while self._place[name] < len(failures) and failures[self._place[name]][1] <= at:
            self._place[name] += 1
        begun = (one for one in failures[self._place[name] : self._place[name] + 20] if one[0] <= at < one[1])
        return next((status for _, _, status in begun), Status.ONLINE)

    def _of_cluster(self, random: Random, end: datetime) -> Iterator[Failure]:
        for begin in self.storms:
            yield self._until_quiet(begin, timedelta(minutes=random.randint(30, 300)), Status.OFFLINE)
        for begin in _times(random, end, mean=self._rates.failures):
            status, at = random.choice(_BAD), begin
            for _ in range(random.choice((1, 1, 1, 1, 6))):  # more than once if it flaps
                if self.is_quiet(at):
                    break
                failure = self._until_quiet(at, timedelta(minutes=random.choice((15, 90, 600))), status)
                yield failure
                at = failure[1] + timedelta(minutes=15)

    def is_quiet(self, at: datetime) -> bool:
        return (at - START) % self._rates.period >= self._rates.period - QUIET

    def _until_quiet(self, begin: datetime, length: timedelta, status: Status) -> Failure:
        """Return one that ends before the quiet hours, or lasts as long as they do."""
        quiet = begin + self._rates.period - QUIET - (begin - START) % self._rates.period
        return (begin, begin + length if begin + length < quiet else quiet + QUIET, status)


def _times(random: Random, end: datetime, *, mean: timedelta) -> Iterator[datetime]:
    at = START + timedelta(hours=1)
    while (at := at + timedelta(seconds=int(random.expovariate(1 / mean.total_seconds())))) < end:
        yield at
