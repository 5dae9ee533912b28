"""The use cases with fakes. The history and the channels are kept between runs; other objects are new."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from msgspec import json
from msgspec.structs import replace

from cluster_status.app.cluster import Channel, MonitoredCluster, RetryPolicy, Thresholds, Tools, unknown_runs
from cluster_status.app.gate import check
from cluster_status.app.run import run
from cluster_status.deadline import RunDeadlines
from cluster_status.domain.history.digests import digest_of, keyed_digests
from cluster_status.domain.maintenance.plan import NO_PLAN
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ExitStatus
from cluster_status.ports import HistoryStore, Level, Probe, RecentRuns, Site, SiteCheckRunner
from tests.fakes.clock import VirtualClock
from tests.fakes.heartbeat import RecordingHeartbeat
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.probe import ScriptedProbe
from tests.fakes.recent_runs import WorkflowRuns
from tests.fakes.runner import RecordingRunner
from tests.fakes.store import MemoryStore

if TYPE_CHECKING:
    from cluster_status.domain.conditions.condition import Condition
    from cluster_status.domain.notification.weekly.schedule import WeeklyTime

SERVER = "head.example.org, port 22"
FIVE_MINUTES = timedelta(minutes=5)

Script: TypeAlias = Sequence[ProbeResult | BaseException]
"""The results of the attempts of one run; the last one is repeated."""


class Run(NamedTuple):
    """The results of one run."""

    exit_status: ExitStatus
    runner: RecordingRunner
    probes: Mapping[str, ScriptedProbe]  # by the name of the cluster
    messages: list[Message]  # those of the first channel in this run

    @property
    def probe(self) -> ScriptedProbe:
        """The only probe."""
        [only] = self.probes.values()
        return only

    @property
    def outputs(self) -> dict[str, str]:
        return self.runner.outputs

    @property
    def clusters(self) -> dict[str, dict[str, Any]]:
        """The output `clusters`."""
        clusters: dict[str, dict[str, Any]] = json.decode(self.outputs["clusters"])
        return clusters

    @property
    def errors(self) -> list[str]:
        return self.runner.of(Level.ERROR)

    @property
    def warnings(self) -> list[str]:
        return self.runner.of(Level.WARNING)

    @property
    def notices(self) -> list[str]:
        return self.runner.of(Level.NOTICE)

    @property
    def headlines(self) -> list[str]:
        return [message.headline for message in self.messages]


class Monitor:
    """Runs a use case with the default thresholds and retries, every five minutes."""

    def __init__(self, name: str = "mscluster") -> None:
        self.name = name
        self.clock = VirtualClock()
        self.owns_history = False
        self.store = MemoryStore()
        self.other_histories: dict[str, MemoryStore] = {}  # by name
        self.notifier = RecordingNotifier()
        self.policy = ChannelPolicy("discord", digest=digest_of("a webhook"))
        self.other_channels: list[Channel] = []
        self.heartbeat = RecordingHeartbeat()
        self.own_heartbeats: dict[str, RecordingHeartbeat] = {}  # by the name of the cluster
        self.workflow = WorkflowRuns(self.clock)
        self.runner = RecordingRunner()
        self.network = True  # whether runs reach other hosts than the cluster
        self.connectivity_checks = 0
        self.on_connectivity_check = _do_nothing
        self.during_probe = _do_nothing
        self.pinned = True
        self.run_url = ""
        self.page: Site | None = None  # the status page
        self.page_url = ""
        self.report: WeeklyTime | None = None
        self.probe_seconds = 0.0
        self.thresholds = Thresholds()
        self.retries = RetryPolicy()
        self.wait_seconds = 0.0  # of a check
        self.plan = NO_PLAN
        self.mute = MuteRequest()
        self.conditions: tuple[Condition, ...] = ()
        self.site_checks: SiteCheckRunner | None = None
        self.digests = keyed_digests(key="a webhook", server=SERVER, login="a login")
        self.new_deadlines: Callable[[], RunDeadlines] = RunDeadlines
        self._ids = count()

    def set_credentials(self, *, webhook: str = "a webhook", login: str = "a login") -> None:
        self.digests = keyed_digests(key=webhook, server=SERVER, login=login)
        self.set_policy(digest=digest_of(webhook))

    def set_policy(self, **changes: object) -> None:
        """Change the policy of the first channel."""
        self.policy = replace(self.policy, **changes)

    def set_thresholds(self, **changes: int) -> None:
        self.thresholds = replace(self.thresholds, **changes)

    def set_retries(self, **changes: float) -> None:
        self.retries = replace(self.retries, **changes)

    def add_channel(self, channel_id: str = "second", /, **policy: Any) -> RecordingNotifier:
        notifier = RecordingNotifier()
        self.other_channels.append(
            _channel(ChannelPolicy(channel_id, digest=digest_of(channel_id), **policy), notifier)
        )
        return notifier

    def check(self, *script: ProbeResult | BaseException) -> Run:
        return self.check_all({self.name: script})

    def check_all(self, scripts: Mapping[str, Script]) -> Run:
        """Check clusters in one run; the scripts are by the name of the cluster."""
        probes = self._begin(scripts)
        exit_status = check(
            lambda: nullcontext((self.clusters(probes), self.tools())), self.clock, self.wait_seconds
        )
        return Run(exit_status, self.runner, probes, [])

    def poll(
        self,
        *script: ProbeResult | BaseException,
        later: timedelta = FIVE_MINUTES,
        store: HistoryStore | None = None,
        recent_runs: RecentRuns | None = None,
    ) -> Run:
        """Run once, `later` than the run before."""
        return self.poll_all({self.name: script}, later=later, store=store, recent_runs=recent_runs)

    def poll_all(
        self,
        scripts: Mapping[str, Script],
        *,
        later: timedelta = FIVE_MINUTES,
        store: HistoryStore | None = None,
        recent_runs: RecentRuns | None = None,
    ) -> Run:
        """Poll clusters in one run; the scripts are by the name of the cluster."""
        self.clock.advance(later)
        probes = self._begin(scripts)
        exit_status, messages = self.run(probes, store, recent_runs)
        return Run(exit_status, self.runner, probes, messages)

    def run(
        self,
        probes: Mapping[str, Probe],
        store: HistoryStore | None = None,
        recent_runs: RecentRuns | None = None,
    ) -> tuple[ExitStatus, list[Message]]:
        """Run once with these probes; return the messages to the first channel, too."""
        before = len(self.notifier.messages)
        workflow_run = self.workflow.start()
        tools = self.tools(recent_runs or workflow_run.since)
        exit_status = run(self.clusters(probes), self.channels(), store or self.store, self.heartbeat, tools)
        workflow_run.finish(failed=exit_status is not ExitStatus.OK)
        return exit_status, self.notifier.messages[before:]

    def new_runner(self, _: Sequence[str]) -> RecordingRunner:
        """Return the runner of the next run of clusters with these names."""
        return RecordingRunner()

    def clusters(self, probes: Mapping[str, Probe]) -> list[MonitoredCluster]:
        return [
            MonitoredCluster(
                name,
                probe,
                self.digests,
                self.thresholds,
                self.retries,
                plan=self.plan,
                heartbeat=self.own_heartbeats.get(name),
                site_checks=self.site_checks,
                conditions=self.conditions,
                mute=self.mute,
            )
            for name, probe in probes.items()
        ]

    def channels(self) -> list[Channel]:
        return [self.channel(), *self.other_channels]

    def channel(self) -> Channel:
        """Return the first channel of the next run."""
        return _channel(self.policy, self.notifier)

    def tools(self, recent_runs: RecentRuns = unknown_runs) -> Tools:
        return Tools(
            self.clock,
            self.runner,
            self._check_connectivity,
            lambda: f"poll{next(self._ids)}",
            self.run_url,
            recent_runs,
            self.new_deadlines(),
            self.owns_history,
            self.other_histories.get,
            self.page,
            self.page_url,
            self.report,
        )

    def _begin(self, scripts: Mapping[str, Script]) -> dict[str, ScriptedProbe]:
        self.runner = self.new_runner(list(scripts))
        return {
            name: ScriptedProbe(
                self.clock,
                *script,
                pinned=self.pinned,
                probe_seconds=self.probe_seconds,
                during_probe=self.during_probe,
            )
            for name, script in scripts.items()
        }

    def _check_connectivity(self) -> bool:
        self.connectivity_checks += 1
        self.on_connectivity_check()
        return self.network


def _channel(policy: ChannelPolicy, notifier: RecordingNotifier) -> Channel:
    return Channel(policy, notifier, notifier if policy.live else None)


def _do_nothing() -> object:
    """Do nothing; a test replaces this."""
    return None
