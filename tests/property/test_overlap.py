"""Runs that overlap: the steps of two or three runs in many orders, over one document and two channels.

A run polls one cluster or both. A step is to load, to check, to send, or to read a newer history and save on
top of it. Between that read and its save no other run has a turn: docs/limits.md describes this window. No
two checks end in the same second: the history could not say which of them is the later one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from itertools import count
from random import Random
from threading import Semaphore
from typing import ClassVar, NamedTuple, TypeVar

import pytest
from msgspec import Struct

from cluster_status.app.cluster import Channel, MonitoredCluster, RetryPolicy, Tools
from cluster_status.app.run import run
from cluster_status.deadline import Deadline
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.outbox import DELIVERY_TAKES_AT_MOST
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult, RememberedLogin
from cluster_status.errors import DeliveryError, ExitStatus, Refusal
from cluster_status.threads import run_in_thread
from tests.fakes.clock import VirtualClock
from tests.fakes.heartbeat import RecordingHeartbeat
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.fakes.runner import RecordingRunner
from tests.fakes.store import MemoryStore

T = TypeVar("T")
CHANNELS = ("first", "second")
CLUSTERS = (("alpha",), ("beta",), ("alpha", "beta"))
RESULTS = (ONLINE, failed(Cause.REFUSED), listed(partition(draining=8)))  # none needs a confirmation
SECONDS_PER_TURN = (1, 5, 20)  # all turns together stay below the time after which a run counts as killed
SEEDS = range(60)


class Odds(NamedTuple):
    """The probability that a message fails, and that a run is killed at its turn."""

    failure: float = 0.0
    kill: float = 0.0


WORLDS = {
    "nothing fails": Odds(),
    "sends fail": Odds(failure=0.3),
    "runs are killed": Odds(kill=0.05),
    "sends fail and runs are killed": Odds(failure=0.3, kill=0.05),
}


class Outbox(NamedTuple):
    """The notifications of one cluster for one channel."""

    cluster: str
    channel: str


class Notified(NamedTuple):
    """A notification, identified by the time of its event; no other one in its outbox has this time."""

    outbox: Outbox
    at: datetime


class Killed(BaseException):
    """Ends a run at a step; each further step ends in the same way."""


class World:
    """The clock, the store and the channels of all runs, and the actions of the runs."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # the same at every run
        self.odds = Odds()
        self.clock = VirtualClock()
        self.store = MemoryStore()
        self.runs: list[Run] = []
        self.enqueued: set[Notified] = set()  # all notifications that were saved as pending at any time
        self.sent: list[Notified] = []
        self.trace = [f"seed {seed}"]

    def overlap(self, number: int, clusters: Iterable[tuple[str, ...]] = CLUSTERS) -> None:
        """Let a number of runs take turns until each has ended."""
        choices = list(clusters)
        runs = [Run(self, self.random.choice(choices)) for _ in range(number)]
        while active := [one for one in runs if not one.is_over]:
            self.clock.advance(timedelta(seconds=self.random.choice(SECONDS_PER_TURN)))
            one = self.random.choice(active)
            one.is_killed = self.random.random() < self.odds.kill
            one.take_turn()
        for one in runs:
            one.end.result()

    def sent_again(self) -> set[Notified]:
        return {one for one, times in Counter(self.sent).items() if times > 1}

    def unsaved(self) -> set[Notified]:
        """Return the notifications of runs that were killed before they saved a delivery."""
        return {sent for one in self.runs for sent in one.unsaved}

    def pending(self) -> list[Notified]:
        return _pending(self.store.histories)

    def saved_checks(self) -> dict[str, list[datetime]]:
        """Return the times of the checks of the runs that saved them, by cluster."""
        checks = [check for one in self.runs if one.saves for check in one.checks]
        return {name: sorted(at for cluster, at in checks if cluster == name) for name, _ in checks}


def _pending(histories: Histories) -> list[Notified]:
    return [
        Notified(Outbox(key, name), one.at)
        for key, history in histories.clusters.items()
        for name, channel in history.outbox.channels.items()
        for one in channel.pending
    ]


class Run:
    """One run, which implements ports.HistoryStore; it waits for its turn before each step."""

    path = ""

    def __init__(self, world: World, clusters: tuple[str, ...]) -> None:
        world.runs.append(self)
        self.world = world
        self.name = f"run {len(world.runs)}"
        self.saves = 0
        self.checks: list[tuple[str, datetime]] = []
        self.unsaved: set[Notified] = set()
        self.is_killed = self.is_over = False
        self._results = {name: world.random.choice(RESULTS) for name in clusters}
        self._store = world.store.of_another_run()
        self._turn, self._pause = Semaphore(0), Semaphore(0)
        self.end = run_in_thread(self._run)
        self._pause.acquire()

    def take_turn(self) -> None:
        """Let the run do its next step; return when it waits again or is over."""
        self._turn.release()
        self._pause.acquire()

    def step(self, what: str) -> None:
        if not self.is_killed:
            self._pause.release()
            self._turn.acquire()
        killed = "killed before: " if self.is_killed else ""
        self.world.trace.append(f"{self.world.clock.now():%T} {self.name}: {killed}{what}")
        if self.is_killed:
            raise Killed

    def _run(self) -> None:
        try:
            exit_status = run(
                [
                    MonitoredCluster(name, RunProbe(self, name, result), retries=RetryPolicy(attempts=1))
                    for name, result in self._results.items()
                ],
                [Channel(ChannelPolicy(name), RunNotifier(self, name)) for name in CHANNELS],
                self,
                RecordingHeartbeat(),
                self._tools(),
            )
            assert exit_status in {ExitStatus.OK, ExitStatus.UNKNOWN, ExitStatus.UNDELIVERED}
        except Killed:
            pass
        finally:
            self.is_over = True
            self._pause.release()

    def _tools(self) -> Tools:
        ids = count()
        return Tools(
            self.world.clock, RecordingRunner(), lambda: True, lambda: f"{self.name} poll {next(ids)}"
        )

    def load(self) -> Histories | None:
        self.step("load")
        return self._store.load()

    def completed(self, loaded: Histories) -> Histories:
        return loaded

    def newer(self) -> Histories | None:
        self.step("read and save")
        return self._store.newer()

    def save(self, histories: Histories) -> None:
        self._store.save(histories)
        self.saves += 1
        self.unsaved.clear()
        self.world.enqueued.update(_pending(histories))


class RunProbe(Struct):
    """Implements ports.Probe."""

    run: Run
    cluster: str
    result: ProbeResult

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> ProbeResult:
        del load_remembered, deadline
        self.run.step(f"check {self.cluster}: {self.result.cause or 'online'}")
        self.run.checks.append((self.cluster, self.run.world.clock.now()))
        return self.result

    def close(self) -> None: ...


class RunNotifier(Struct):
    """Implements ports.Notifier."""

    run: Run
    channel: str
    refusals: ClassVar[Mapping[str, Refusal]] = {}

    def send(self, message: Message) -> None:
        world = self.run.world
        notified = Notified(Outbox(message.headline.partition(" ")[0], self.channel), message.at)
        fails = world.random.random() < world.odds.failure
        self.run.step(f"send {notified}{', which fails' if fails else ''}")
        if fails:
            raise DeliveryError("The channel was not reached.", cause="no answer")
        world.sent.append(notified)
        self.run.unsaved.add(notified)


def in_place(work: Callable[[], T]) -> Future[T]:
    """Replace `run_in_thread`, so that a run has one thread and one next step."""
    future: Future[T] = Future()
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 - the future raises it again
        future.set_exception(error)
    return future


def played(seed: int, odds: Odds) -> World:
    world = World(seed)
    world.overlap(world.random.choice([0, 1]))  # some sequences begin without a history
    world.odds = odds
    world.overlap(world.random.choice([2, 3]))
    world.odds = Odds()
    if any(one.is_killed for one in world.runs):
        world.clock.advance(
            DELIVERY_TAKES_AT_MOST
        )  # until then no other run delivers the notifications of a killed run
    for _ in range(3):  # each delivers for half a minute at most
        world.overlap(1, CLUSTERS[-1:])
    return world


@pytest.fixture(scope="module", params=list(WORLDS.values()), ids=list(WORLDS))
def worlds(request: pytest.FixtureRequest) -> Iterator[list[World]]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("check", "live_message", "outbox", "run", "stored"):
            patch.setattr(f"cluster_status.app.{module}.run_in_thread", in_place)
        yield [played(seed, request.param) for seed in SEEDS]


def assert_none(offending: Iterable[World]) -> None:
    """Fail with the shortest trace if there is one."""
    traces = sorted((world.trace for world in offending), key=len)
    assert not traces, "\n".join(traces[0])


def test_only_a_delivery_that_a_killed_run_did_not_save_is_repeated(worlds: list[World]) -> None:
    assert_none(world for world in worlds if world.sent_again() - world.unsaved())


def test_every_notification_that_was_saved_as_pending_is_sent(worlds: list[World]) -> None:
    assert_none(world for world in worlds if world.enqueued - set(world.sent) or world.pending())


def test_each_channel_gets_the_notifications_of_each_cluster_in_order(worlds: list[World]) -> None:
    def in_order(world: World) -> bool:
        first_sent = list(dict.fromkeys(world.sent))
        return all(
            times == sorted(times)
            for outbox in {one.outbox for one in first_sent}
            if (times := [one.at for one in first_sent if one.outbox == outbox])
        )

    assert_none(world for world in worlds if not in_order(world))


def test_every_poll_that_was_saved_is_in_the_history_once_and_in_order(worlds: list[World]) -> None:
    def polls(world: World) -> dict[str, list[datetime]]:
        return {
            key: [one.at for one in history.record.polls]
            for key, history in world.store.histories.clusters.items()
        }

    assert_none(world for world in worlds if polls(world) != world.saved_checks())
