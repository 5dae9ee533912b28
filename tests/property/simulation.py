"""A monitor over a long time: a cluster with outages, blips and flaps, and runs with troubles of their own.

The cluster is simulated by the second, a run by its looks; the rest is the domain: judge, advance, told.
What is to be told is worked out apart from it, from what the cluster really was when a run looked last.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.history import History, Terms, advance
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import cause_to_retry, judge
from tests.fakes.probe import ONLINE, listed, met, partition
from tests.unit.domain.build import delivery_failed, told

BEGIN = 1_767_225_600  # 2026-01-01
INTERVAL = 300
ATTEMPTS, DELAY = 3, 15
RETRIES = (ATTEMPTS - 1) * DELAY
TERMS = Terms(Digests("server-digest", "login-digest", "webhook-digest"), confirm_after=2)

DEGRADED = met(Cause.SCHEDULER_DOWN)
MAINTENANCE = listed(partition(maintenance=8))
UNREADABLE = met(Cause.UNPARSABLE)
OUTAGES = tuple(met(cause) for cause in Cause if CAUSES[cause].network)


class Fault(StrEnum):
    OUTAGE = "outages"
    BLIP = "blips, shorter than a run's patience"
    DEGRADED = "times degraded"
    MAINTENANCE = "maintenances"
    UNREADABLE = "times unreadable"
    RUNNER = "runs without a network"
    MISSED = "runs that never came, or were killed before they saved"
    CLOCK = "steps of the clock"
    DISCORD = "times Discord was down"


class StatusPeriod(Struct, frozen=True):
    """What the cluster is, from one second on to the next spell."""

    begin: int
    result: ProbeResult
    fault: Fault | None = None


class Run(Struct):
    """A number of polls in a row that saw the cluster offline, those that could not tell left out."""

    polls: int = 0
    at_once: bool = False  # one of them saw what needs no confirmation
    events: int = 0

    @property
    def is_due(self) -> bool:
        return self.polls >= TERMS.confirm_after or self.at_once


class Simulation:
    """Runs so many polls; `problems` says what was wrong with them."""

    def __init__(self, seed: int) -> None:
        self.problems: list[str] = []
        self.faults = Counter[Fault]()
        self.messages = Counter[Event]()
        self.outages_due = self.outages_passed_over = 0
        self.history = History(cluster="mscluster")
        self._random = Random(seed)  # noqa: S311 - the same at every run
        self._periods = self._cluster()
        self._now, self._next = next(self._periods), next(self._periods)
        self._queued: set[tuple[Event, datetime]] = set()
        self._sent: set[tuple[Event, datetime]] = set()
        self._run: Run | None = None
        self._offset = self._offset_polls = self._discord_down = 0

    def run(self, polls: int) -> "Simulation":
        second = BEGIN
        for _ in range(polls):
            second += INTERVAL + self._random.randrange(-20, 60)
            self._poll(second)
        self._discord_down = 0
        self._deliver(second + INTERVAL)
        self._close_run()
        if self._queued != self._sent:
            self.problems.append(f"{len(self._queued - self._sent)} messages were lost")
        return self

    # The world

    def _cluster(self) -> Iterator[StatusPeriod]:
        second, chance = BEGIN, self._random
        yield StatusPeriod(second, ONLINE)
        while True:
            second += chance.choice([chance.randint(60, 3_000), chance.randint(3_000, 200_000)])
            fault, length = (
                chance.choices(
                    [Fault.OUTAGE, Fault.BLIP, Fault.DEGRADED, Fault.MAINTENANCE, Fault.UNREADABLE],
                    weights=[4, 8, 2, 1, 1],
                )[0],
                chance.choice([chance.randint(60, 1_200), chance.randint(1_200, 40_000)]),
            )
            if fault is Fault.BLIP:
                length = chance.randint(1, RETRIES - 1)
            for _ in range(chance.choice([1, 1, 1, chance.randint(2, 8)])):  # else it flaps
                self.faults[fault] += 1
                yield StatusPeriod(second, self._result_in(fault), fault)
                second += length
                yield StatusPeriod(second, ONLINE)
                second += chance.randint(RETRIES + 1, 1_200)

    def _result_in(self, fault: Fault) -> ProbeResult:
        return {
            Fault.OUTAGE: self._random.choice(OUTAGES),
            Fault.BLIP: self._random.choice((*OUTAGES, DEGRADED)),
            Fault.DEGRADED: DEGRADED,
            Fault.MAINTENANCE: MAINTENANCE,
        }.get(fault, UNREADABLE)

    def _at(self, second: int) -> StatusPeriod:
        while self._next.begin <= second:
            self._now, self._next = self._next, next(self._periods)
        return self._now

    def _clock(self, second: int) -> datetime:
        """Return what the runner takes for the time: some are wrong, for some polls."""
        if self._offset_polls == 0:
            self._offset = 0
            if self._random.random() < 1 / 3_000:
                self.faults[Fault.CLOCK] += 1
                self._offset = self._random.choice([-7_200, -500, -301, -60, -1, 60, 500, 7_200, 90_000])
                self._offset_polls = self._random.randint(1, 5)
        else:
            self._offset_polls -= 1
        return datetime.fromtimestamp(second + self._offset, UTC)

    # A run

    def _poll(self, second: int) -> None:
        if self._random.random() < 1 / 200:
            self.faults[Fault.MISSED] += 1
            return
        period, second = self._look(second)
        result = period.result
        if self._random.random() < 1 / 500:
            self.faults[Fault.RUNNER] += 1
            result = replace(self._random.choice(OUTAGES), runner_online=False)
        known = self.history.known_server(TERMS.identity)
        verdict = judge(result, known, degraded_below=50)
        at = self._clock(second)
        waiting = self.history.pending
        self.history = advance(self.history, result, verdict, TERMS, at, in_turn=True)
        new = [one for one in self.history.pending if one not in waiting]
        self._account(verdict.status, result, period, new)
        if self._discord_down:
            self._discord_down -= 1
        elif self._random.random() < 1 / 2_000:
            self.faults[Fault.DISCORD] += 1
            self._discord_down = self._random.randint(1, 12)
        self._deliver(second)

    def _look(self, second: int) -> tuple[StatusPeriod, int]:
        """Look as patiently as a run does; return what was there at the last look, and when."""
        period = self._at(second)
        for _ in range(ATTEMPTS - 1):
            if cause_to_retry(period.result, degraded_below=50) is None:
                break
            second += DELAY
            period = self._at(second)
        return period, second

    def _deliver(self, second: int) -> None:
        if self._discord_down and self.history.pending:
            now = datetime.fromtimestamp(second, UTC)
            self.history = delivery_failed(self.history, "no answer", now, webhook_gone=None)
        while self.history.pending and not self._discord_down:
            notification = self.history.pending[0]
            key = (notification.event, notification.at)
            if key in self._sent:
                self.problems.append(f"told twice: {notification}")
            self._sent.add(key)
            self.messages[notification.event] += 1
            self.history = told(self.history, notification)

    # What is due

    def _account(
        self, status: Status, result: ProbeResult, period: StatusPeriod, new: list[Notification]
    ) -> None:
        for notification in new:
            self._queued.add((notification.event, notification.at))
        offline = [one for one in new if one.period.status is Status.OFFLINE and one.before]
        if status is Status.UNKNOWN:
            if offline:
                self.problems.append(f"told of an outage without knowing: {offline}")
            return
        if status is not Status.OFFLINE:
            self._close_run()
            return
        run = self._run = self._run or Run()
        run.polls += 1
        run.at_once |= result.cause is not None and not CAUSES[result.cause].needs_confirmation
        run.events += len(offline)
        if period.fault is not Fault.OUTAGE:
            self.problems.append(f"offline in no outage: {period}")
        if offline and not run.is_due:
            self.problems.append(f"told too early: {offline}")

    def _close_run(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        self.outages_due += run.is_due
        self.outages_passed_over += not run.is_due
        if run.events != int(run.is_due):
            self.problems.append(f"an outage of {run.polls} polls was told {run.events} times")
