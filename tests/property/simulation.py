"""A monitor over a long time: a cluster with outages, blips and flapping, and runs that fail themselves.

The cluster is simulated by the second, a run by its attempts; judge, advance and delivered are real. The
expected notifications are calculated from the real state of the cluster at each last attempt.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.history.history import History, PollContext, advance
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import Criteria, cause_to_retry, judge
from tests.unit.domain.build import DIGESTS, POLICY, delivered, delivery_failed, failed, listed, pending

BEGIN = 1_767_225_600  # 2026-01-01
INTERVAL = 300
ATTEMPTS, DELAY = 3, 15
RETRY_SECONDS = (ATTEMPTS - 1) * DELAY  # from the first attempt to the last
CONFIRM_AFTER = 2

ONLINE = listed(idle=8)
DEGRADED = failed(Cause.SCHEDULER_DOWN)
MAINTENANCE = listed(maintenance=8)
UNREADABLE = failed(Cause.UNPARSABLE)
OUTAGES = tuple(failed(cause) for cause in Cause if CAUSES[cause].network)


class Fault(StrEnum):
    OUTAGE = "outages"
    BLIP = "blips, shorter than the retries of a run"
    DEGRADED = "times degraded"
    MAINTENANCE = "maintenances"
    UNREADABLE = "times unreadable"
    RUNNER = "runs without a network"
    MISSED = "runs that did not start, or were killed before they saved"
    CLOCK = "steps of the clock"
    DISCORD = "times Discord was down"


class State(Struct, frozen=True):
    """The result of a probe from `begin`, a Unix time, until the next state."""

    begin: int
    result: ProbeResult
    fault: Fault | None = None


class Downtime(Struct):
    """Polls in a row that found the cluster offline, except those with an unknown status."""

    polls: int = 0
    at_once: bool = False  # one of the causes needs no confirmation
    events: int = 0
    may_be_withheld: bool = False  # the channel got an outage within the two hours before

    @property
    def is_outage(self) -> bool:
        return self.polls >= CONFIRM_AFTER or self.at_once


class Simulation:
    """Runs polls; `problems` are the wrong and the missing notifications."""

    def __init__(self, seed: int) -> None:
        self.problems: list[str] = []
        self.faults = Counter[Fault]()
        self.messages = Counter[Event]()
        self.outages_confirmed = self.outages_unconfirmed = 0
        self.history = History()
        self._random = Random(seed)  # noqa: S311 - the same at every run
        self._states = self._cluster()
        self._now, self._next = next(self._states), next(self._states)
        self._queued: set[str] = set()
        self._sent: set[str] = set()
        self._downtime: Downtime | None = None
        self._outages: list[datetime] = []  # the latest that was notified
        self._offset = self._offset_polls = self._discord_down = 0

    def run(self, polls: int) -> "Simulation":
        second = BEGIN
        for number in range(polls):
            second += INTERVAL + self._random.randrange(-20, 60)
            self._poll(f"poll{number}", second)
        self._discord_down = 0
        self._deliver(second + INTERVAL)
        self._end_downtime()
        if self._queued != self._sent:
            self.problems.append(f"{len(self._queued - self._sent)} messages were lost")
        return self

    # The cluster and the clock

    def _cluster(self) -> Iterator[State]:
        second, random = BEGIN, self._random
        yield State(second, ONLINE)
        while True:
            second += random.choice([random.randint(60, 3_000), random.randint(3_000, 200_000)])
            fault, length = (
                random.choices(
                    [Fault.OUTAGE, Fault.BLIP, Fault.DEGRADED, Fault.MAINTENANCE, Fault.UNREADABLE],
                    weights=[4, 8, 2, 1, 1],
                )[0],
                random.choice([random.randint(60, 1_200), random.randint(1_200, 40_000)]),
            )
            if fault is Fault.BLIP:
                length = random.randint(1, RETRY_SECONDS - 1)
            for _ in range(random.choice([1, 1, 1, random.randint(2, 8)])):  # more than once if it flaps
                self.faults[fault] += 1
                yield State(second, self._result_in(fault), fault)
                second += length
                yield State(second, ONLINE)
                second += random.randint(RETRY_SECONDS + 1, 1_200)

    def _result_in(self, fault: Fault) -> ProbeResult:
        return {
            Fault.OUTAGE: self._random.choice(OUTAGES),
            Fault.BLIP: self._random.choice((*OUTAGES, DEGRADED)),
            Fault.DEGRADED: DEGRADED,
            Fault.MAINTENANCE: MAINTENANCE,
        }.get(fault, UNREADABLE)

    def _at(self, second: int) -> State:
        while self._next.begin <= second:
            self._now, self._next = self._next, next(self._states)
        return self._now

    def _clock(self, second: int) -> datetime:
        """Return the time of the runner's clock, which is wrong for some polls."""
        if self._offset_polls == 0:
            self._offset = 0
            if self._random.random() < 1 / 3_000:
                self.faults[Fault.CLOCK] += 1
                self._offset = self._random.choice([-7_200, -500, -301, -60, -1, 60, 500, 7_200, 90_000])
                self._offset_polls = self._random.randint(1, 5)
        else:
            self._offset_polls -= 1
        return datetime.fromtimestamp(second + self._offset, UTC)

    # A workflow run

    def _poll(self, id_: str, second: int) -> None:
        if self._random.random() < 1 / 200:
            self.faults[Fault.MISSED] += 1
            return
        state, second = self._check(second)
        result = state.result
        if self._random.random() < 1 / 500:
            self.faults[Fault.RUNNER] += 1
            result = replace(self._random.choice(OUTAGES), runner_online=False)
        at = self._clock(second)
        criteria = Criteria(at=at, degraded_below=50, confirm_after=CONFIRM_AFTER)
        verdict = judge(result, self.history.known_server(DIGESTS, at, result), criteria)
        context = PollContext(
            id=id_,
            at=at,
            digests=DIGESTS,
            confirm_after=CONFIRM_AFTER,
            channels=(POLICY,),
            in_turn=True,
        )
        before = pending(self.history)
        self.history = advance(self.history, result, verdict, context)
        new = [one for one in pending(self.history) if one not in before]
        self._account(at, verdict.status, result, state, new)
        if self._discord_down:
            self._discord_down -= 1
        elif self._random.random() < 1 / 2_000:
            self.faults[Fault.DISCORD] += 1
            self._discord_down = self._random.randint(1, 12)
        self._deliver(second)

    def _check(self, second: int) -> tuple[State, int]:
        """Return the state at the last attempt of a run, and the Unix time of the attempt."""
        state = self._at(second)
        for _ in range(ATTEMPTS - 1):
            if cause_to_retry(state.result, degraded_below=50) is None:
                break
            second += DELAY
            state = self._at(second)
        return state, second

    def _deliver(self, second: int) -> None:
        if self._discord_down and pending(self.history):
            now = datetime.fromtimestamp(second, UTC)
            self.history = delivery_failed(self.history, "no answer", now)
        while pending(self.history) and not self._discord_down:
            notification = pending(self.history)[0]
            if notification.id in self._sent:
                self.problems.append(f"notified twice: {notification}")
            self._sent.add(notification.id)
            self.messages[notification.event] += 1
            self.history = delivered(self.history, notification)

    # Expected notifications

    def _account(
        self, at: datetime, status: Status, result: ProbeResult, state: State, new: list[Notification]
    ) -> None:
        self._queued.update(one.id for one in new)
        outages = [one for one in new if one.event is Event.OUTAGE]
        if status is Status.UNKNOWN:
            if outages:
                self.problems.append(f"an outage without a known status: {outages}")
            return
        if status is not Status.OFFLINE:
            self._end_downtime()
            return
        downtime = self._downtime = self._downtime or Downtime()
        downtime.polls += 1
        downtime.at_once |= result.cause is not None and not CAUSES[result.cause].needs_confirmation
        downtime.events += len(outages)
        downtime.may_be_withheld |= any(timedelta() <= at - one < timedelta(hours=2) for one in self._outages)
        self._outages = [*self._outages, *[at] * len(outages)][-1:]
        if state.fault is not Fault.OUTAGE:
            self.problems.append(f"offline without an outage: {state}")
        if outages and not downtime.is_outage:
            self.problems.append(f"notified too early: {outages}")

    def _end_downtime(self) -> None:
        downtime, self._downtime = self._downtime, None
        if downtime is None:
            return
        self.outages_confirmed += downtime.is_outage
        self.outages_unconfirmed += not downtime.is_outage
        withheld = downtime.is_outage and downtime.may_be_withheld and downtime.events == 0
        if downtime.events != int(downtime.is_outage) and not withheld:
            self.problems.append(f"an outage of {downtime.polls} polls was notified {downtime.events} times")
