"""The main courses of partitions and maintenances on a real Slurm: the action as a process, poll by poll."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor, Run
from tests.servers import slurm_configuration
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

GPU_NODES = "n[7-8]"
ALL_NODES = "n[1-8]"
PING = "<@&123456789012345678>"


class Cluster:
    """A cluster with a partition for GPUs, a monitor of it, and the messages that its channel gets."""

    def __init__(self, slurm: Slurm, monitor: Monitor, discord: LoopbackDiscord) -> None:
        self.slurm = slurm
        self._monitor = monitor
        self._discord = discord
        self.inputs: dict[str, str] = {}

    def poll(self) -> tuple[str, list[str]]:
        """Return the status and cause that a poll finds, and the text of its messages without the tables."""
        before = len(self._discord.messages)
        run: Run = self._monitor.poll(discord_ping=PING, **self.inputs)
        assert run.exit_status == 0, run.log
        found = " ".join(filter(None, (run.outputs["status"], run.outputs["cause"])))
        return found, [_text(message) for message in self._discord.messages[before:]]

    def reserve(self, nodes: str, start: str) -> None:
        self.slurm.scontrol(
            "create",
            "reservation",
            "reservationname=cooling",
            f"starttime={start}",
            "duration=120",
            "user=root",
            f"nodes={nodes}",
            "flags=maint,ignore_jobs",
        )

    def end_reservation(self) -> None:
        self.slurm.scontrol("delete", "reservationname=cooling")
        self.wait_for(ALL_NODES, "idle")

    def wait_for(self, hosts: str, state: str) -> None:
        names = self.slurm.scontrol("show", "hostnames", hosts).split()
        self.slurm.wait_for(
            lambda: {self.slurm.node_states()[name] for name in names} == {state}, timeout_seconds=60
        )


def _text(message: Mapping[str, Any]) -> str:
    [embed] = message["embeds"]
    return f"{message.get('content', '')}\n{embed['title']}\n{embed['description'].partition('```')[0]}"


@pytest.fixture(scope="module")
def slurm_with_gpus(server_directory: Path) -> Iterator[Slurm]:
    del server_directory  # it checks that the programs are installed
    with public_directory() as directory:
        partitions = [
            slurm_configuration.Partition(name="batch", nodes="n[1-6]", default=True),
            slurm_configuration.Partition(name="gpu", nodes=GPU_NODES),
        ]
        with Slurm(directory, partitions=partitions) as slurm:
            yield slurm


@pytest.fixture
def cluster(slurm_with_gpus: Slurm, account: Account, tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster after the first poll, with all nodes idle."""
    slurm_with_gpus.reset()
    with (
        public_directory() as directory,
        OpenSSH(directory, account, set_env=slurm_with_gpus.environment) as openssh,
        LoopbackDiscord() as discord,
    ):
        yield Cluster(slurm_with_gpus, Monitor(tmp_path, openssh, discord), discord)


def test_a_partition_without_nodes_in_service_is_named_after_two_polls(cluster: Cluster) -> None:
    cluster.poll()
    cluster.slurm.scontrol("update", f"nodename={GPU_NODES}", "state=down", "reason=PDU")
    assert cluster.poll()[1] == []
    found, [lost] = cluster.poll()
    assert found == "degraded partition-down"
    assert "gpu" in lost
    assert cluster.poll()[1] == []
    cluster.slurm.resume(GPU_NODES)
    assert cluster.poll()[1] == []
    found, [back] = cluster.poll()
    assert found == "online"
    assert "gpu" in back


def test_a_partition_that_the_input_names_is_reported_at_once(cluster: Cluster) -> None:
    cluster.inputs["partitions"] = "batch, gpu"
    cluster.poll()
    cluster.slurm.scontrol("update", f"nodename={GPU_NODES}", "state=down", "reason=PDU")
    found, [lost] = cluster.poll()
    assert found == "degraded partition-down"
    assert "gpu" in lost
    cluster.slurm.resume(GPU_NODES)
    found, [back] = cluster.poll()
    assert found == "online"
    assert "gpu" in back


def test_a_partition_that_is_set_down_is_reported_at_once(cluster: Cluster) -> None:
    cluster.poll()
    cluster.slurm.partition("gpu", "DOWN")
    found, [lost] = cluster.poll()
    assert found == "degraded partition-down"
    assert "gpu" in lost
    cluster.slurm.partition("gpu", "UP")
    found, [back] = cluster.poll()
    assert found == "online"
    assert "gpu" in back


def test_a_partition_in_its_own_maintenance_is_no_degradation(cluster: Cluster) -> None:
    cluster.poll()
    cluster.reserve(GPU_NODES, "now")
    cluster.wait_for(GPU_NODES, "maint")
    polls = [cluster.poll(), cluster.poll(), cluster.poll()]
    assert [found for found, _ in polls] == ["online"] * 3
    [started] = [text for _, texts in polls for text in texts]
    assert "gpu" in started
    cluster.end_reservation()
    polls = [cluster.poll(), cluster.poll(), cluster.poll()]
    assert [found for found, _ in polls] == ["online"] * 3
    [ended] = [text for _, texts in polls for text in texts]
    assert "gpu" in ended


def test_a_maintenance_is_notified_when_it_is_scheduled_begins_and_ends(cluster: Cluster) -> None:
    cluster.poll()
    cluster.reserve(ALL_NODES, "now+2hours")
    found, [scheduled] = cluster.poll()
    assert found == "online"
    assert "scheduled" in scheduled
    assert cluster.poll()[1] == []
    cluster.slurm.scontrol("update", "reservationname=cooling", "starttime=now")
    cluster.wait_for(ALL_NODES, "maint")
    found, [started] = cluster.poll()
    assert found == "maintenance maintenance"
    assert "in maintenance" in started
    assert cluster.poll()[1] == []
    cluster.end_reservation()
    found, [ended] = cluster.poll()
    assert found == "online"
    assert "back online" in ended
    assert not any(PING in text for text in (scheduled, started, ended))


def test_a_maintenance_that_is_cancelled_is_taken_back_after_two_polls(cluster: Cluster) -> None:
    cluster.poll()
    cluster.reserve(ALL_NODES, "now+2hours")
    assert len(cluster.poll()[1]) == 1
    cluster.end_reservation()
    assert cluster.poll()[1] == []
    found, [cancelled] = cluster.poll()
    assert found == "online"
    assert "cancelled" in cancelled
    assert cluster.poll()[1] == []
