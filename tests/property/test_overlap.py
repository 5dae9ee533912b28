"""Runs that overlap: the steps of two or three of them in many orders, over one history and one channel.

A step is to load, to look, to send, or to ask for a newer history and save on top of it. Between that
question and its save no other run has a turn: docs/limits.md describes this window. No two runs look in the
same second: the history could not say which of them saw the later state.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from random import Random
from threading import Semaphore
from typing import NamedTuple, TypeVar

import pytest

from cluster_status.app.plan import Channel, Plan, RetryPolicy, Tools
from cluster_status.app.poll import poll
from cluster_status.domain.history.history import History, Terms
from cluster_status.domain.notification.message import Message, MessageOptions
from cluster_status.domain.notification.outbox import DELIVERY_TAKES_AT_MOST
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult, RememberedLogin
from cluster_status.errors import DeliveryError, ExitStatus
from cluster_status.threads import run_in_thread
from tests.fakes.clock import VirtualClock
from tests.fakes.heartbeat import RecordingHeartbeat
from tests.fakes.probe import ONLINE, met
from tests.fakes.runner import RecordingRunner
from tests.fakes.store import MemoryStore

T = TypeVar("T")
PLAN = Plan(
    RetryPolicy(1, 0, 90), degraded_below=50, terms=Terms(), message_options=MessageOptions("mscluster")
)
RESULTS = [ONLINE, met(Cause.REFUSED), met(Cause.SCHEDULER_DOWN)]  # each is believed at once
SECONDS_A_TURN = [1, 5, 20]  # all turns together stay below the time after which a run is taken for dead
SEEDS = range(60)


class Odds(NamedTuple):
    """How likely it is that a message fails, and that a run is killed when its turn comes."""

    failure: float = 0.0
    kill: float = 0.0


WORLDS = {
    "nothing fails": Odds(),
    "sends fail": Odds(failure=0.3),
    "runs are killed": Odds(kill=0.1),
    "sends fail and runs are killed": Odds(failure=0.3, kill=0.1),
}


class Killed(BaseException):
    """Ends a run where it stands; whatever it attempts on its way out meets the same end."""


class World:
    """What all runs share, and what came of them. An announcement is known by its instant, its own."""

    def __init__(self, seed: int, odds: Odds) -> None:
        self.random = Random(seed)  # noqa: S311  # the same at every run
        self.odds = odds
        self.clock = VirtualClock()
        self.store = MemoryStore()
        self.runs: list[Run] = []
        self.announced: set[datetime] = set()  # all that was ever saved as pending
        self.told: list[datetime] = []
        self.trace = [f"seed {seed}"]

    def overlap(self, number: int) -> None:
        """Let so many runs go on in turns, until each has ended."""
        runs = [Run(self, self.random.choice(RESULTS)) for _ in range(number)]
        while going := [run for run in runs if not run.is_over]:
            self.clock.advance(timedelta(seconds=self.random.choice(SECONDS_A_TURN)))
            run = self.random.choice(going)
            run.is_killed = self.random.random() < self.odds.kill
            run.go_on()
        for run in runs:
            run.end.result()

    def told_again(self) -> set[datetime]:
        return {at for at, times in Counter(self.told).items() if times > 1}

    def not_noted(self) -> set[datetime]:
        """Return what was told by a run that was killed before it could note it."""
        return {at for run in self.runs for at in run.to_note}

    def saved(self) -> list[datetime]:
        """Return when each run looked that lived to save what it saw."""
        return sorted(run.looked_at for run in self.runs if run.looked_at and run.saves)


class Run:
    """One run of `poll`, and all it works with: before each step it waits for its turn."""

    path = ""

    def __init__(self, world: World, result: ProbeResult) -> None:
        world.runs.append(self)
        self.name = f"run {len(world.runs)}"
        self.saves = 0
        self.looked_at: datetime | None = None
        self.to_note: set[datetime] = set()
        self.is_killed = self.is_over = False
        self._world = world
        self._result = result
        self._kept = world.store.of_another_run()
        self._turn, self._pause = Semaphore(0), Semaphore(0)
        self.end = run_in_thread(self._live)
        self._pause.acquire()

    def go_on(self) -> None:
        """Let it do what it waits to do, and return when it waits again, or is over."""
        self._turn.release()
        self._pause.acquire()

    def _live(self) -> None:
        try:
            tools = Tools(self, self._world.clock, lambda: True, RecordingRunner())
            exit_status = poll(tools, self, [Channel("discord", self)], RecordingHeartbeat(), PLAN)
            assert exit_status in {ExitStatus.OK, ExitStatus.UNKNOWN, ExitStatus.UNDELIVERED}
        except Killed:
            pass
        finally:
            self.is_over = True
            self._pause.release()

    def _step(self, what: str) -> None:
        if not self.is_killed:
            self._pause.release()
            self._turn.acquire()
        killed = "killed, was to " if self.is_killed else ""
        self._world.trace.append(f"{self._world.clock.now():%T} {self.name}: {killed}{what}")
        if self.is_killed:
            raise Killed

    def load(self) -> History | None:
        self._step("load")
        return self._kept.load()

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], *, seconds: float) -> ProbeResult:
        del load_remembered, seconds
        self._step(f"look: {self._result.cause or 'all is well'}")
        self.looked_at = self._world.clock.now()
        return self._result

    def close(self) -> None: ...

    def newer(self) -> History | None:
        self._step("ask and save")
        return self._kept.newer()

    def save(self, history: History) -> None:
        self._kept.save(history)
        self.saves += 1
        self.to_note.clear()
        self._world.announced.update(notification.at for notification in history.pending)

    def send(self, message: Message) -> None:
        fails = self._world.random.random() < self._world.odds.failure
        self._step(f"send what came about at {message.at:%T}{', which fails' if fails else ''}")
        if fails:
            raise DeliveryError("Discord was not reached.", cause="no answer")
        self._world.told.append(message.at)
        self.to_note.add(message.at)


def in_place(work: Callable[[], T]) -> Future[T]:
    """Stand in for `beside`: a run that is one thread has one next step."""
    future: Future[T] = Future()
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
        future.set_exception(error)
    return future


def played(seed: int, odds: Odds) -> World:
    world = World(seed, Odds())
    world.overlap(world.random.choice([0, 1]))  # some begin with nothing remembered
    world.odds = odds
    world.overlap(world.random.choice([2, 3]))
    world.odds = Odds()
    if any(run.is_killed for run in world.runs):
        world.clock.advance(DELIVERY_TAKES_AT_MOST)  # only a dead run's mark has to be waited for
    for _ in range(2):  # one tells for half a minute at the most
        world.overlap(1)
    return world


@pytest.fixture(scope="module", params=list(WORLDS.values()), ids=list(WORLDS))
def worlds(request: pytest.FixtureRequest) -> Iterator[list[World]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cluster_status.app.poll.run_in_thread", in_place)
        patch.setattr("cluster_status.app.outbox.run_in_thread", in_place)
        yield [played(seed, request.param) for seed in SEEDS]


def assert_none(offending: Iterable[World]) -> None:
    """Show the shortest of them, if there is one."""
    traces = sorted((world.trace for world in offending), key=len)
    assert not traces, "\n".join(traces[0])


def test_nothing_is_told_twice_but_what_a_killed_run_could_not_note(worlds: list[World]) -> None:
    assert_none(world for world in worlds if world.told_again() - world.not_noted())


def test_nothing_that_was_saved_as_pending_is_lost(worlds: list[World]) -> None:
    assert_none(world for world in worlds if world.announced - set(world.told) or world.store.history.pending)


def test_what_is_told_is_told_in_the_order_in_which_it_came_about(worlds: list[World]) -> None:
    # what is told again counts where it was told first
    assert_none(world for world in worlds if (once := list(dict.fromkeys(world.told))) != sorted(once))


def test_every_poll_that_was_saved_is_in_the_history_once_and_in_order(worlds: list[World]) -> None:
    def kept(world: World) -> list[datetime]:
        return [one.at for one in world.store.history.polls]

    assert_none(world for world in worlds if kept(world) != world.saved())
