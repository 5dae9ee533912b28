"""Polls of a healthy cluster, each with one network fault: none of them is worth a message."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from msgspec import Struct

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.app.cluster import Channel, MonitoredCluster, RetryPolicy, Tools
from cluster_status.app.run import run
from cluster_status.domain.history.digests import keyed_digests
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.ssh.target import Credentials, SshTarget
from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from tests.fakes.clock import VirtualClock
from tests.fakes.heartbeat import RecordingHeartbeat
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.runner import RecordingRunner
from tests.fakes.store import MemoryStore
from tests.real.sshd import running_sshd
from tests.servers.account import Account
from tests.servers.fault_proxy import Fault, FaultProxy, Kind, Side, fault_proxy
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm
from tests.unit.app.monitor import FIVE_MINUTES

MONITORS, POLLS = 16, 25
STEP_SECONDS = 3.0  # for each step of the connection, and for sinfo


class Outcome(Struct, frozen=True):
    fault: Fault
    injected: bool
    status: str
    cause: str
    exit_status: ExitStatus
    messages: int
    is_held_back: bool
    annotations: tuple[str, ...]

    @property
    def is_harmless(self) -> bool:
        return self.exit_status is ExitStatus.OK and not self.messages and not self.is_held_back


class FaultyMonitor:
    """Polls through a proxy every five minutes of a virtual clock, in real seconds otherwise."""

    def __init__(self, openssh: OpenSSH, proxy: FaultProxy, seed: int) -> None:
        self._proxy = proxy
        self._random = Random(seed)  # noqa: S311 - the same faults in every run
        self._clock = VirtualClock()
        self._store = MemoryStore()
        self._notifier = RecordingNotifier()
        self._ids = iter(range(10_000))
        self._target = SshTarget(
            route=(Endpoint(openssh.user, "127.0.0.1", proxy.port),),
            credentials=Credentials(password=Secret(openssh.password)),
            pins=Pins.parse(openssh.known_hosts_line.split(" ", 1)[1]),
            connect_timeout_seconds=STEP_SECONDS,
        )
        self._digests = keyed_digests(
            key="a webhook", server=self._target.server_identity, login=self._target.login_identity.reveal()
        )

    def poll(self) -> tuple[RecordingRunner, ExitStatus]:
        self._clock.advance(FIVE_MINUTES)
        runner = RecordingRunner()
        tools = Tools(self._clock, runner, lambda: True, lambda: f"poll{next(self._ids)}")
        probe = SlurmProbe(
            SshExecutor(self._target), SlurmQuery(timeout_seconds=STEP_SECONDS), self._target.redaction()
        )
        retries = RetryPolicy(attempts=3, delay_seconds=0.0, budget_seconds=90.0)
        cluster = MonitoredCluster("mscluster", probe, self._digests, retries=retries)
        channel = Channel(ChannelPolicy("discord", digest="webhook"), self._notifier)
        try:
            return runner, run([cluster], [channel], self._store, RecordingHeartbeat(), tools)
        finally:
            probe.close()

    def poll_with_fault(self, sent: dict[Side, int]) -> Outcome:
        sender = self._random.choice(list(Side))
        offset = self._random.randrange(int(0.85 * sent[sender]))
        fault = Fault(self._random.choice(list(Kind)), sender, offset)
        self._proxy.inject(fault)
        before = len(self._notifier.messages)
        runner, exit_status = self.poll()
        return Outcome(
            fault,
            self._proxy.injected,
            runner.outputs["status"],
            runner.outputs["cause"],
            exit_status,
            len(self._notifier.messages) - before,
            self._store.history.ssh.login.refused_at is not None,
            tuple(runner.of(Level.ERROR) + runner.of(Level.WARNING)),
        )

    def run(self) -> list[Outcome]:
        runner, exit_status = self.poll()
        assert (runner.outputs["status"], exit_status) == ("online", ExitStatus.OK), runner.annotations
        sent = dict(self._proxy.sent)
        return [self.poll_with_fault(sent) for _ in range(POLLS)]


@pytest.fixture
def patient_sshd(account: Account, slurm: Slurm) -> Iterator[OpenSSH]:
    """Run an sshd that accepts the connections of all monitors at once."""
    with running_sshd(account, slurm, "MaxStartups 500") as openssh:
        yield openssh


def test_one_network_fault_per_poll_leads_to_no_message_and_no_failed_run(patient_sshd: OpenSSH) -> None:
    def monitor(seed: int) -> list[Outcome]:
        with fault_proxy(patient_sshd.port) as proxy:
            return FaultyMonitor(patient_sshd, proxy, seed).run()

    with ThreadPoolExecutor(MONITORS) as pool:
        outcomes = [outcome for each in pool.map(monitor, range(MONITORS)) for outcome in each]
    assert len(outcomes) == MONITORS * POLLS
    harmful = [outcome for outcome in outcomes if not outcome.is_harmless]
    statuses = Counter((outcome.status, outcome.cause) for outcome in outcomes)
    assert harmful == [], statuses
    injected = [outcome for outcome in outcomes if outcome.injected]
    assert len(injected) > 0.9 * len(outcomes)  # the others ended before that byte, since padding varies
    assert {outcome.fault.kind for outcome in injected} == set(Kind)
