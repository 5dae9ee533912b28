"""Paths and commands of a user on a real login node, with a file system that hangs and a full one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor, Run, authorized_keys
from tests.servers.account import Account
from tests.servers.hanging_files import HangingFiles, hanging_files, tmpfs
from tests.servers.key import new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

SECONDS = 2
POLLS = 10


@pytest.fixture
def discord() -> Iterator[LoopbackDiscord]:
    with LoopbackDiscord() as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path, openssh: OpenSSH, discord: LoopbackDiscord) -> Monitor:
    (work := tmp_path / "work").mkdir()
    made = Monitor(work, openssh, discord)
    made.inputs["check-timeout"] = str(SECONDS)
    return made


@pytest.fixture
def scratch(server_directory: Path, monitor: Monitor) -> Iterator[HangingFiles]:
    with hanging_files(server_directory / "scratch") as files:
        monitor.inputs["check-paths"] = str(files.path)
        yield files


class Process(NamedTuple):
    """A process without its state, which changes, is the same process."""

    id: str
    command: str
    state: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Process) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)


def processes_of(account: Account) -> set[Process]:
    """Return the processes of the account that belong to no session of sshd."""
    listed = subprocess.run(
        ["ps", "-u", str(account.uid), "-o", "pid=,stat=,args="], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    fields = (line.split(maxsplit=2) for line in listed)
    processes = {Process(id_, command, state) for id_, state, command in fields}
    return {one for one in processes if "sshd" not in one.command and one.state != "Z"}


def texts(discord: LoopbackDiscord) -> list[str]:
    return [message["embeds"][0]["description"].replace("\\", "") for message in discord.messages]


def test_a_path_that_hangs_is_reported_after_two_polls_and_leaves_one_process(
    scratch: HangingFiles, monitor: Monitor, openssh: OpenSSH, discord: LoopbackDiscord, slurm: Slurm
) -> None:
    assert monitor.poll().outputs["status"] == "online"
    of_others = processes_of(openssh.account)  # a command of another test may still run
    scratch.hang()
    runs, left = [], []
    for _ in range(POLLS):
        runs.append(monitor.poll())
        left.append(processes_of(openssh.account) - of_others)
    assert {run.outputs["cause"] for run in runs} == {"path-hangs"}
    assert monitor.headlines() == ["mscluster is online", "mscluster is degraded"]
    assert f"Path {scratch.path} does not respond." in texts(discord)[1]
    assert max(run.seconds for run in runs) < SECONDS + 10
    assert all(len(commands) == 1 for commands in left), left
    assert {process.state[0] for processes in left for process in processes} == {"D"}  # in the kernel
    scratch.respond()
    slurm.wait_for(lambda: not processes_of(openssh.account) - of_others, timeout_seconds=10)
    back = monitor.poll()
    assert back.outputs["status"] == "online"
    assert monitor.headlines()[2:] == ["mscluster is back online"]
    assert processes_of(openssh.account) <= of_others


def test_a_lost_partition_and_a_path_that_hangs_are_one_message(
    scratch: HangingFiles, monitor: Monitor, slurm: Slurm, discord: LoopbackDiscord
) -> None:
    monitor.poll()
    scratch.hang()
    monitor.poll()
    slurm.partition("short", "down")  # at once, because administrators do that
    run = monitor.poll()
    assert run.outputs["cause"] == "partition-down"
    assert monitor.headlines() == ["mscluster is online", "mscluster is degraded"]
    text = texts(discord)[1]
    assert "Partition short takes no new jobs (down)." in text
    assert f"Path {scratch.path} does not respond." in text


def test_a_full_file_system_is_reported(
    server_directory: Path, monitor: Monitor, discord: LoopbackDiscord
) -> None:
    with tmpfs(server_directory / "project") as project:
        monitor.inputs |= {"check-paths": str(project), "check-space": "95%"}
        assert monitor.poll().outputs["status"] == "online"
        (project / "results").write_bytes(bytes(1_000_000))
        assert [monitor.poll().outputs["cause"] for _ in range(2)] == ["path-full"] * 2
        assert f"The file system of {project} is full." in texts(discord)[1]
        (project / "results").unlink()
        assert monitor.poll().outputs["status"] == "online"


def test_a_path_that_never_existed_is_perhaps_misspelled(monitor: Monitor, discord: LoopbackDiscord) -> None:
    monitor.inputs["check-paths"] = "/scrtch"
    runs = [monitor.poll(), monitor.poll()]
    assert [run.outputs["cause"] for run in runs] == ["path-missing"] * 2
    text = "Path /scrtch does not exist and has never passed: check its spelling."
    assert text in texts(discord)[0]


def annotated(run: Run, text: str) -> bool:
    return any(text in shown for _, shown in run.annotations)


def test_a_restricted_key_runs_the_checks_and_nothing_else(
    monitor: Monitor, openssh: OpenSSH, tmp_path: Path
) -> None:
    key = new_key(tmp_path)
    checks = {"check-paths": "/tmp", "checks": "quota: echo '98% used'; exit 1"}  # noqa: S108
    arguments = [f"--{name}={value}" for name, value in (checks | {"check-timeout": str(SECONDS)}).items()]
    openssh.account.authorize(*authorized_keys(key.public, *arguments))
    monitor.inputs |= checks | {"cluster-key": key.private}
    del monitor.inputs["cluster-password"]
    run = monitor.poll()
    assert (run.outputs["cause"], "98% used" in run.summary) == ("check-failed", True)
    assert not annotated(run, "A restricted key allows only them")
    changed = monitor.poll(checks="quota: id")
    assert changed.outputs["status"] == "degraded", changed.log  # it could not run, which changes nothing
    assert annotated(changed, "the restricted key does not allow these checks"), changed.log


def test_without_a_restricted_key_a_notice_says_so(monitor: Monitor) -> None:
    run = monitor.poll(checks="licences: true")
    assert run.outputs["status"] == "online"
    assert annotated(run, "A restricted key allows only them: see docs/checks.md")
