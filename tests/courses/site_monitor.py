"""A monitor of a simulated site: every poll runs the real probe, with the settings of the given inputs."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import CAUSES, Status
from cluster_status.domain.status.probe_result import LoginProgress, ProbeFailure
from cluster_status.settings.load import Settings, read
from tests.fakes.executor import LOGGED_IN, ScriptedExecutor
from tests.fakes.site import Site
from tests.fakes.site_checks import SimulatedChecks
from tests.fakes.slurm_commands import answer
from tests.fakes.store import MemoryStore
from tests.unit.app.monitor import Monitor

NAME = "mscluster"
INTERVAL = timedelta(minutes=15)
_INPUTS = {
    "cluster-host": "head.example.org",
    "cluster-user": "alice",
    "cluster-password": "s3cret",
    "cluster-name": NAME,
    "discord-webhook": "https://discord.com/api/webhooks/123456789012345678/tOkEn",
    "discord-ping": "<@&123456789012345678>",
}


class Sent(Struct, frozen=True):
    """A message that the channel has accepted, and its event."""

    event: Event
    message: Message


class Polled(Struct, frozen=True):
    """A poll: the status that it found, the history after it, what it sent, and what its run shows."""

    at: datetime
    status: Status
    history: History
    sent: tuple[Sent, ...]
    annotations: tuple[str, ...]
    summary: tuple[str, ...]  # the facts in it


class SiteMonitor(Monitor):
    """`inputs` are those of the action. Polls begin at whole intervals, also after retries."""

    def __init__(
        self, site: Site, *, inputs: Mapping[str, str] | None = None, interval: timedelta = INTERVAL
    ) -> None:
        super().__init__(NAME)
        self.site = site
        self._inputs = _INPUTS | dict(inputs or {})
        self._query = self._configured()
        self.clock = site.clock
        self.saves: list[Histories] = []  # of the last poll
        self.store = _StoreThatShowsSaves(self.saves)
        self.next_poll = self.clock.now()
        self.before_poll: Callable[[], object] = lambda: None
        self._interval = interval

    def set_inputs(self, **inputs: str) -> None:
        """Change inputs for the next polls."""
        self._inputs |= inputs
        self._query = self._configured()

    def _configured(self) -> SlurmQuery:
        settings = self.read_settings(self._inputs)
        [cluster] = (one for one in settings.clusters if one.name == NAME)
        self.policy = settings.channels[0].policy
        self.thresholds, self.retries, self.plan = cluster.thresholds, cluster.retries, cluster.plan
        self.mute, self.conditions = MuteRequest(cluster.mute_until), cluster.conditions
        checks = cluster.site_checks
        self.site_checks = SimulatedChecks(self.site, checks) if checks.checks else None
        return cluster.query

    def read_settings(self, inputs: Mapping[str, str]) -> Settings:
        return read({f"INPUT_{name.upper()}": text for name, text in inputs.items()})

    def poll_site(self) -> Polled:
        at, self.next_poll = self.next_poll, self.next_poll + self._interval
        self.clock.advance(at - self.clock.now())
        self.before_poll()
        self.runner = self.new_runner([NAME])
        self.saves.clear()
        _, messages = self.run({NAME: SlurmProbe(_executor(self.site), self._query, PLAIN)})
        history = self.saves[-1].of(NAME)
        return Polled(
            at,
            Status(self.runner.outputs["status"]),
            history,
            tuple(self._sent(messages)),
            tuple(annotation.text for annotation in self.runner.annotations),
            next((summary.facts for summary in self.runner.summaries), ()),
        )

    def _sent(self, messages: list[Message]) -> list[Sent]:
        """Return the accepted messages with the events of the notifications that were pending before."""
        before, after = (
            save.of(NAME).outbox.channel(self.policy.id).pending for save in (self.saves[0], self.saves[-1])
        )
        left = {one.id for one in after}
        accepted = [one for one in before if one.id not in left]
        return [Sent(one.event, message) for one, message in zip(accepted, messages, strict=True)]


class _StoreThatShowsSaves(MemoryStore):
    def __init__(self, shown: list[Histories]) -> None:
        super().__init__()
        self._shown = shown

    def save(self, histories: Histories) -> None:
        super().save(histories)
        self._shown.append(histories)


def _executor(site: Site) -> ScriptedExecutor:
    """Return an executor of one run; the login may fail."""
    cause = site.failures.login
    if cause is None:
        return ScriptedExecutor(lambda command: answer(site, command), login=LOGGED_IN)
    login = LoginProgress(reached=not CAUSES[cause].network)
    return ScriptedExecutor(lambda _: "", login=login, failure=ProbeFailure(cause))
