"""The use cases over fakes, run after run: the history and the channel stay, all else is new each run."""

from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from cluster_status.app.check import check
from cluster_status.app.plan import Channel, Plan, RetryPolicy, Tools
from cluster_status.app.poll import poll
from cluster_status.domain.history.digests import keyed_digests
from cluster_status.domain.history.history import Terms
from cluster_status.domain.notification.message import Message, MessageOptions
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
    """Runs a use case; the patience is what users have by default, five minutes lie between two runs."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.store = MemoryStore()
        self.notifier = RecordingNotifier()
        self.others: list[Channel] = []
        self.live = False
        self.heartbeat = RecordingHeartbeat()
        self.runner = RecordingRunner()
        self.network = True  # whether this run reaches anything else than the cluster
        self.asked_for_network = 0
        self.when_asked_for_network = _do_nothing
        self.pinned = True
        self.probe_seconds = 0.0
        self.plan = Plan(
            RetryPolicy(attempts=3, delay_seconds=15.0, budget_seconds=90.0),
            degraded_below=50,
            terms=Terms(keyed_digests(webhook="a webhook", server=SERVER, login="a login")),
            message_options=MessageOptions("mscluster"),
        )

    def keyed_digests(self, *, webhook: str = "a webhook", login: str = "a login") -> None:
        self.set_terms(identity=keyed_digests(webhook=webhook, server=SERVER, login=login))

    def set_terms(self, **changes: object) -> None:
        self.plan = replace(self.plan, terms=replace(self.plan.terms, **changes))

    def set_patience(self, **changes: float) -> None:
        self.plan = replace(self.plan, retries=replace(self.plan.retries, **changes))

    def probe(self, *script: ProbeResult | BaseException) -> Run:
        probe = self._begin(script)
        exit_status = check(self._tools(probe), self.plan)
        return Run(exit_status, self.runner, probe, [])

    def poll(
        self,
        *script: ProbeResult | BaseException,
        later: timedelta = FIVE_MINUTES,
        store: HistoryStore | None = None,
    ) -> Run:
        """Run once, `later` than the run before; the script is that of its looks."""
        self.clock.advance(later)
        probe = self._begin(script)
        before = len(self.notifier.messages)
        channels = [self.channel(), *self.others]
        exit_status = poll(self._tools(probe), store or self.store, channels, self.heartbeat, self.plan)
        return Run(exit_status, self.runner, probe, self.notifier.messages[before:])

    def keep_up_to_date(self) -> None:
        self.live = True
        self.set_terms(live=True)

    def channel(self) -> Channel:
        """Return the channel of the next run."""
        editor = self.notifier if self.live else None
        return Channel("discord", self.notifier, self.plan.terms.identity.webhook, editor)

    def _begin(self, script: tuple[ProbeResult | BaseException, ...]) -> ScriptedProbe:
        self.runner = RecordingRunner()
        return ScriptedProbe(self.clock, *script, pinned=self.pinned, probe_seconds=self.probe_seconds)

    def _tools(self, probe: ScriptedProbe) -> Tools:
        return Tools(probe, self.clock, self._connectivity_check, self.runner)

    def _connectivity_check(self) -> bool:
        self.asked_for_network += 1
        self.when_asked_for_network()
        return self.network


def _do_nothing() -> None:
    """Stand in until a test wants to know of the moment."""
