"""Many clusters in one run with real servers: hosts that never answer, and a login node that many share."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.deadline import Deadline
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.slots import Place, Slots
from cluster_status.threads import run_in_thread
from tests.contract.ssh_probe import run_probe, ssh_target
from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor, Run
from tests.real.sshd import running_sshd
from tests.servers.account import Account
from tests.servers.black_holes import DroppingHost, MuteHost
from tests.servers.daemon import wait_until
from tests.servers.openssh import OpenSSH
from tests.servers.port import LOOPBACK
from tests.servers.slurm import Slurm

SHARED_BY = 30  # clusters; sshd drops some of 16 logins at the same time, and most of 64


@pytest.fixture
def monitor(tmp_path: Path, openssh: OpenSSH) -> Iterator[Monitor]:
    with LoopbackDiscord() as discord:
        made = Monitor(tmp_path, openssh, discord)
        del made.inputs["cluster-name"]
        made.inputs |= {"attempts": "1", "cluster-connect-timeout": "5"}
        yield made


def causes(run: Run) -> dict[str, str]:
    """Return the cause of each cluster, or its status if it is online."""
    clusters = json.loads(run.outputs["clusters"])
    return {name: one["cause"] or one["status"] for name, one in clusters.items()}


def test_hosts_that_never_answer_delay_no_cluster_that_works(monitor: Monitor) -> None:
    with MuteHost(LOOPBACK) as mute, DroppingHost(LOOPBACK) as dropping:
        run = monitor.poll(
            clusters="clusters:\n"
            f"  - {{name: mute, host: {LOOPBACK}, port: {mute.port}}}\n"
            f"  - {{name: dropping, host: {LOOPBACK}, port: {dropping.port}}}\n"
            "  - {name: alpha}\n"
            "  - {name: beta}\n"
        )
    assert causes(run) == {"mute": "timeout", "dropping": "timeout", "alpha": "online", "beta": "online"}
    places = {name: run.log.index(f"{name} is") for name in ("alpha", "beta", "mute", "dropping")}
    assert max(places["alpha"], places["beta"]) < min(places["mute"], places["dropping"]), run.log


def test_a_login_node_that_many_clusters_share_drops_none_of_them(monitor: Monitor) -> None:
    lines = "\n".join(f"  - {{name: c{number}}}" for number in range(SHARED_BY))
    run = monitor.poll(clusters=f"clusters:\n{lines}\n")
    assert set(causes(run).values()) == {"online"}, run.log


def test_a_jump_host_that_many_clusters_share_drops_none_of_them(
    monitor: Monitor, openssh: OpenSSH, account: Account, slurm: Slurm
) -> None:
    lines = "\n".join(f"  - {{name: c{number}}}" for number in range(SHARED_BY))
    with running_sshd(account, slurm) as jump:
        run = monitor.poll(
            clusters=f"clusters:\n{lines}\n",
            cluster_jump=f"{jump.user}@{jump.host}:{jump.port}",
            cluster_host_key=f"{openssh.known_hosts_line}\n{jump.known_hosts_line}",
        )
    assert set(causes(run).values()) == {"online"}, run.log


def test_a_head_node_that_never_answers_behind_a_jump_host_takes_no_slot(openssh: OpenSSH) -> None:
    slots = Slots(Deadline(0), 1)  # a cluster that would have to wait for one raises NoSlotError
    with MuteHost(LOOPBACK) as mute:
        target = ssh_target(
            mute.port,
            jump_hosts=[Endpoint(openssh.user, openssh.host, openssh.port)],
            pins=Pins.parse(openssh.known_hosts_line),
            password=openssh.password,
            connect_timeout_seconds=5,
        )
        executor = SshExecutor(target, place=Place(slots))
        with closing(SlurmProbe(executor, SlurmQuery(), target.redaction())) as probe:
            probing = run_in_thread(lambda: run_probe(probe))
            wait_until(lambda: mute.has_accepted, timeout_seconds=20, explain=lambda: openssh.log)
            Place(slots).take_slot()
            assert not probing.done()
            assert probing.result(20).cause is Cause.TIMEOUT
