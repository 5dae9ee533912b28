"""Thirty clusters in one run, with one history, two channels and issues; runs are killed at each step."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from unittest.mock import patch

from msgspec import Struct, field

from cluster_status.adapters.github.issues import GitHubIssues
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.app.cluster import Channel, MonitoredCluster, RetryPolicy, Tools
from cluster_status.app.run import run
from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.secret import Secret
from cluster_status.domain.status.cause import Status
from tests.fakes.clock import START, VirtualClock
from tests.fakes.github import LoopbackGitHub
from tests.fakes.heartbeat import RecordingHeartbeat
from tests.fakes.probe import ScriptedProbe
from tests.fakes.runner import RecordingRunner
from tests.property.federation.process import (
    ChannelOfRun,
    Document,
    Killed,
    Process,
    Service,
    Store,
    WireOfRun,
    run_at_once,
)
from tests.property.federation.world import DAY, NAMES, RESULTS, Rates, World
from tests.unit.domain.build import DIGESTS

USERS, ADMINS, ISSUES = "users", "admins", "issues"
INTERVAL = timedelta(minutes=10)
UNREACHABLE = 0.01  # of the runs begin a time in which a channel fails
MOST_SINGLE = 3
STORM = 20  # clusters that fail in one run
_MODULES = ("check", "limited_store", "live_message", "mute", "outbox", "run", "stored")  # that start threads


class Sent(NamedTuple):
    """A notification that a channel has accepted; no other one of its cluster has this id."""

    channel: str
    cluster: str
    id: str


class Report(Struct):
    runs: int = 0
    killed: Counter[str] = field(default_factory=Counter)  # runs by the step that killed them
    messages: Counter[str] = field(default_factory=Counter)  # by channel
    sent_again: int = 0
    storms: int = 0
    problems: list[str] = field(default_factory=list)


class Federation:
    """Runs; `report.problems` are the messages that are lost, repeated, wrong or too many."""

    def __init__(self, seed: int, days: int, rates: Rates) -> None:
        self.report = Report()
        self.clock = VirtualClock()
        self.github = LoopbackGitHub(clock=self.clock.now).without_sockets()
        self.services = {name: Service(name) for name in (USERS, ADMINS)}
        self._document = Document()
        self._histories = Histories()  # the saved ones
        self._waiting = False  # whether a notification is pending
        self._end = START + days * DAY
        self._random = Random(f"{seed} runs")  # noqa: S311 - the same at every run
        self._world = World(seed, days, rates)
        self._wire = WireOfRun(self.github)
        self._token = self.github.start_run().github_token
        self._failing: dict[str, int] = {}  # runs in which a channel will still fail
        self._pending: set[Sent] = set()  # all that was ever saved as pending
        self._times: Counter[Sent] = Counter()
        self._allowed: Counter[Sent] = Counter()  # repetitions: after a kill before the second save

    def run(self) -> Report:
        for _ in self.periods():
            pass
        return self.report

    def periods(self) -> Iterator[Report]:
        """Run, and yield the report at the end of each period."""
        with contextlib.ExitStack() as patches:
            for module in _MODULES:
                patches.enter_context(patch(f"cluster_status.app.{module}.run_in_thread", run_at_once))
            while self.clock.now() < self._end:
                self.clock.advance(INTERVAL)
                self._run()
                now, is_quiet = self.clock.now(), self._world.is_quiet
                if is_quiet(now) and not is_quiet(now + INTERVAL):
                    self._judge_rest()
                    yield self.report

    def _run(self) -> None:
        now = self.clock.now()
        truth = {name: self._world.status(name, now) for name in NAMES}
        quiet, before, issues = self._world.is_quiet(now), self._histories, len(self.github.issues.all)
        has_changed = any(before.of(name).tracker.status is not one for name, one in truth.items())
        process = Process(None if quiet else self._next_kill(has_changed=has_changed))
        self._fail_channels(quiet=quiet)
        store = Store(self._document, process)
        with contextlib.suppress(Killed):
            run(self._clusters(truth), self._channels(process), store, RecordingHeartbeat(), self._tools())
        self.report.runs += 1
        self.report.killed.update([process.killed_at] if process.killed_at else [])
        self._judge(store, before, truth, issues, was_killed=bool(process.killed_at))

    def _next_kill(self, *, has_changed: bool) -> int | None:
        """Return a step of this run; one that sends messages has more steps than others."""
        share, steps = (0.5, 30) if has_changed or self._waiting else (0.05, 8)
        return self._random.randrange(steps) if self._random.random() < share else None

    def _fail_channels(self, *, quiet: bool) -> None:
        for name in (USERS, ADMINS, ISSUES):
            left = 0 if quiet else self._failing.get(name, 0) - 1
            if left < 0 and self._random.random() < UNREACHABLE:
                left = self._random.randint(1, 6)
            self._failing[name] = left
        for name, service in self.services.items():
            service.is_reachable = self._failing[name] <= 0
            service.accepted = []
        self._wire.is_reachable = self._failing[ISSUES] <= 0

    def _clusters(self, truth: Mapping[str, Status]) -> list[MonitoredCluster]:
        retries = RetryPolicy(attempts=1)
        return [
            MonitoredCluster(name, ScriptedProbe(self.clock, RESULTS[status]), DIGESTS, retries=retries)
            for name, status in truth.items()
        ]

    def _channels(self, process: Process) -> list[Channel]:
        self._wire.process = process
        users, admins = (ChannelOfRun(self.services[name], process) for name in (USERS, ADMINS))
        http = RetryingHttp(self._wire, VirtualClock())  # type: ignore[arg-type]  # implements request
        github = self.github
        issues = GitHubIssues(http, github.api_url, github.repository, Secret(self._token), "federation")
        kinds = frozenset({Kind.OUTAGE, Kind.DEGRADED, Kind.RECOVERY})
        return [
            Channel(ChannelPolicy(USERS, USERS, live=True, overview=True), users, users),
            Channel(ChannelPolicy(ADMINS, ADMINS), admins),
            Channel(ChannelPolicy(ISSUES, issues=digest_of(github.repository), kinds=kinds), issues),
        ]

    def _tools(self) -> Tools:
        number = iter(range(len(NAMES)))
        new_id = lambda: f"r{self.report.runs}c{next(number)}"  # noqa: E731
        return Tools(self.clock, RecordingRunner(), lambda: True, new_id, owns_history=True)

    # What must hold

    def _judge(
        self,
        store: Store,
        before: Histories,
        truth: Mapping[str, Status],
        issues: int,
        *,
        was_killed: bool,
    ) -> None:
        """Judge a run: nothing is sent that was not saved, twice, or in more messages than one."""
        if store.saves:
            self._histories = store.saves[-1]
            self._pending |= set(_pending(store.saves[0]))
            self._waiting = any(_pending(self._histories))
        is_saved = len(store.saves) > 1
        for name, service in self.services.items():
            changes = [message for message in service.accepted if not message.is_overview]
            self.report.messages[name] += len(changes)
            about = {one.cluster for message in changes for one in message.changes or (message,)}
            if len(about) > MOST_SINGLE and len(changes) > 1:
                self._note(f"{name} got {len(changes)} messages about {len(about)} clusters")
            for sent in _sent(name, changes):
                self._times[sent] += 1
                self.report.sent_again += self._times[sent] > 1
                if sent not in self._pending:
                    self._note(f"sent before it was saved: {sent}")
                if self._times[sent] > 1 + self._allowed[sent]:
                    self._note(f"sent again: {sent}")
                self._allowed[sent] += was_killed and not is_saved
        begun = sum(
            one is not Status.ONLINE and before.of(name).tracker.status is Status.ONLINE
            for name, one in truth.items()
        )
        self.report.storms += begun >= STORM
        opened = len(self.github.issues.all) - issues
        self.report.messages[ISSUES] += opened
        if begun > MOST_SINGLE and opened > 1:
            self._note(f"{opened} issues for {begun} clusters")

    def _judge_rest(self) -> None:
        """Judge the end of quiet hours: all that was saved has arrived, and each channel shows the truth."""
        waiting = set(_pending(self._histories))
        for lost in sorted(one for one in self._pending - waiting if not self._times[one]):
            self._note(f"lost: {lost}")
        for late in sorted(waiting):
            self._note(f"still pending: {late}")
        now = self.clock.now()
        truth = {name: self._world.status(name, now) for name in NAMES}
        for name, service in self.services.items():
            shown = _latest(service.channel.messages)
            for cluster, status in truth.items():
                if shown.get(cluster) is not status:
                    self._note(f"{name} shows {cluster} as {shown.get(cluster)}, and it is {status}")
        overviews = [one for one in self.services[USERS].channel.shown.values() if one.is_overview]
        if {one.cluster: one.status for latest in overviews[-1:] for one in latest.changes} != truth:
            self._note("there is no overview, or it is wrong")
        self._judge_issues({name for name, status in truth.items() if status is not Status.ONLINE})

    def _judge_issues(self, down: set[str]) -> None:
        known = defaultdict[int, set[str]](set)
        for name in NAMES:
            issue = self._histories.of(name).outbox.channel(ISSUES).issue
            if issue and not issue.over_at:
                known[issue.number].add(name)
        found = {one.number for one in self.github.issues.all if one.state == "open"}
        if found != set(known) or set().union(*known.values()) != down:
            self._note(f"open issues: {sorted(found)}, known: {dict(known)}, down: {sorted(down)}")

    def _note(self, problem: str) -> None:
        self.report.problems.append(f"{self.clock.now():%Y-%m-%d %H:%M} {problem}")


def _pending(histories: Histories) -> Iterator[Sent]:
    """Yield what is pending for the channels, without rows of an overview: each poll makes new ones."""
    for key, history in histories.clusters.items():
        for name in (USERS, ADMINS):
            for one in history.outbox.channel(name).pending:
                if one.event is not Event.REMINDER:
                    yield Sent(name, key, one.id)


def _sent(name: str, messages: list[Message]) -> Iterator[Sent]:
    for message in messages:
        for one in message.changes or (message,):
            if one.notification:
                yield Sent(name, one.cluster, one.notification.id)


def _latest(messages: list[Message]) -> dict[str, Status]:
    """Return the status that the latest message about each cluster shows."""
    shown: dict[str, tuple[datetime, Status]] = {}
    for message in messages:
        for one in () if message.is_overview else message.changes or (message,):
            if one.cluster not in shown or shown[one.cluster][0] <= one.at:
                shown[one.cluster] = (one.at, one.status)
    return {name: status for name, (_, status) in shown.items()}
