"""The use cases with fakes, run after run: the history and the channels stay, all else is new each run."""

from datetime import timedelta
from itertools import count
from typing import NamedTuple

from msgspec.structs import replace

from cluster_status.app.cluster import Channel, MonitoredCluster, RetryPolicy, Thresholds, Tools
from cluster_status.app.run import check, run
from cluster_status.domain.history.digests import digest_of, keyed_digests
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ExitStatus
from cluster_status.ports import HistoryStore, Level
from tests.fakes.clock import VirtualClock
from tests.fakes.heartbeat import RecordingHeartbeat
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.probe import ScriptedProbe
from tests.fakes.runner import RecordingRunner
from tests.fakes.store import MemoryStore

SERVER = "head.example.org, port 22"
FIVE_MINUTES = timedelta(minutes=5)


class Run(NamedTuple):
    """What one run left behind."""

    exit_status: ExitStatus
    runner: RecordingRunner
    probe: ScriptedProbe
    messages: list[Message]  # those that arrived in this run

    @property
    def outputs(self) -> dict[str, str]:
        return self.runner.outputs

    @property
    def errors(self) -> list[str]:
        return self.runner.of(Level.ERROR)

    @property
    def headlines(self) -> list[str]:
        return [message.headline for message in self.messages]


class Monitor:
    """Runs a use case with the thresholds and retries that users have by default, every five minutes."""

    def __init__(self, name: str = "mscluster") -> None:
        self.name = name
        self.clock = VirtualClock()
        self.store = MemoryStore()
        self.notifier = RecordingNotifier()
        self.policy = ChannelPolicy("discord", digest=digest_of("a webhook"))
        self.other_channels: list[Channel] = []
        self.heartbeat = RecordingHeartbeat()
        self.runner = RecordingRunner()
        self.network = True  # whether this run reaches anything else than the cluster
        self.connectivity_checks = 0
        self.on_connectivity_check = _do_nothing
        self.pinned = True
        self.probe_seconds = 0.0
        self.thresholds = Thresholds()
        self.retries = RetryPolicy()
        self.digests = keyed_digests(key="a webhook", server=SERVER, login="a login")
        self._ids = count()

    def set_credentials(self, *, webhook: str = "a webhook", login: str = "a login") -> None:
        self.digests = keyed_digests(key=webhook, server=SERVER, login=login)
        self.set_policy(digest=digest_of(webhook))

    def set_policy(self, **changes: object) -> None:
        self.policy = replace(self.policy, **changes)

    def set_thresholds(self, **changes: int) -> None:
        self.thresholds = replace(self.thresholds, **changes)

    def set_retries(self, **changes: float) -> None:
        self.retries = replace(self.retries, **changes)

    def check(self, *script: ProbeResult | BaseException) -> Run:
        probe = self._begin(script)
        exit_status = check([self.cluster(probe)], self.tools())
        return Run(exit_status, self.runner, probe, [])

    def poll(
        self,
        *script: ProbeResult | BaseException,
        later: timedelta = FIVE_MINUTES,
        store: HistoryStore | None = None,
    ) -> Run:
        """Run once, `later` than the run before; the script is that of its attempts."""
        self.clock.advance(later)
        probe = self._begin(script)
        before = len(self.notifier.messages)
        exit_status = run(
            [self.cluster(probe)], self.channels(), store or self.store, self.heartbeat, self.tools()
        )
        return Run(exit_status, self.runner, probe, self.notifier.messages[before:])

    def cluster(self, probe: ScriptedProbe) -> MonitoredCluster:
        return MonitoredCluster(self.name, probe, self.digests, self.thresholds, self.retries)

    def channels(self) -> list[Channel]:
        return [self.channel(), *self.other_channels]

    def channel(self) -> Channel:
        """Return the first channel of the next run."""
        return Channel(self.policy, self.notifier, self.notifier if self.policy.live else None)

    def tools(self) -> Tools:
        return Tools(self.clock, self.runner, self._check_connectivity, lambda: f"poll{next(self._ids)}")

    def _begin(self, script: tuple[ProbeResult | BaseException, ...]) -> ScriptedProbe:
        self.runner = RecordingRunner()
        return ScriptedProbe(self.clock, *script, pinned=self.pinned, probe_seconds=self.probe_seconds)

    def _check_connectivity(self) -> bool:
        self.connectivity_checks += 1
        self.on_connectivity_check()
        return self.network


def _do_nothing() -> None:
    """Stand in until a test wants to know of the moment."""
