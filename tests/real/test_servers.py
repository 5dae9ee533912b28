"""The real servers behave as the tests that use them expect."""

import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.servers import process, program
from tests.servers.account import Account
from tests.servers.daemon import DaemonError, wait_until
from tests.servers.directory import public_directory
from tests.servers.openssh import Offer, OpenSSH
from tests.servers.slurm import Slurm

SINFO = "sinfo -h -o '%P|%a|%l|%D|%T'"


def start_ssh(server: OpenSSH, command: str, *, password: str | None = None) -> subprocess.Popen[str]:
    known_hosts = server.directory / "known_hosts"
    known_hosts.write_text(f"{server.known_hosts_line}\n", encoding="ascii")
    options = {
        "UserKnownHostsFile": str(known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "PreferredAuthentications": "password",
        "NumberOfPasswordPrompts": "1",
        "LogLevel": "ERROR",
    }
    return subprocess.Popen(
        [
            *(program.find("sshpass"), "-p", password or server.password, program.find("ssh"), "-F", "none"),
            *(f"-o{name}={value}" for name, value in options.items()),
            *("-p", str(server.port), f"{server.user}@{server.host}", command),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ssh(server: OpenSSH, command: str, *, password: str | None = None) -> list[str]:
    with start_ssh(server, command, password=password) as client:
        output, _ = client.communicate(timeout=30)
    return output.splitlines()


def test_sinfo_over_a_password_login_lists_eight_idle_nodes(openssh: OpenSSH) -> None:
    assert ssh(openssh, SINFO) == ["debug*|up|1-00:00:00|8|idle", "short|up|30:00|4|idle"]


def test_every_offered_password_is_listed(openssh: OpenSSH) -> None:
    ssh(openssh, "true", password="wrong")
    ssh(openssh, "true")

    assert openssh.offered_credentials() == (
        Offer("password", openssh.user, accepted=False),
        Offer("password", openssh.user, accepted=True),
    )


def test_offers_of_an_earlier_test_are_forgotten(openssh: OpenSSH) -> None:
    assert openssh.offered_credentials() == ()


def test_a_stopped_sshd_refuses_and_answers_again_after_a_restart(openssh: OpenSSH) -> None:
    openssh.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((openssh.host, openssh.port)).close()

    openssh.start()

    # the client accepts only the same host key
    assert ssh(openssh, "echo back again") == ["back again"]


def test_a_stopped_sshd_ends_its_sessions(openssh: OpenSSH) -> None:
    with start_ssh(openssh, "echo begun; sleep 600") as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "begun\n"

        openssh.stop()

        assert client.wait(timeout=5) == 255


def test_a_paused_sshd_accepts_a_connection_and_sends_nothing(openssh: OpenSSH) -> None:
    openssh.daemon.pause()

    with socket.create_connection((openssh.host, openssh.port), timeout=0.2) as client:
        with pytest.raises(TimeoutError):
            client.recv(1)

        openssh.daemon.resume()

        client.settimeout(5)
        assert client.recv(4) == b"SSH-"


def test_drained_nodes_and_idle_ones_are_listed_apart(slurm: Slurm, openssh: OpenSSH) -> None:
    slurm.drain("n[1-2]", "broken fan")

    assert ssh(openssh, SINFO)[:2] == ["debug*|up|1-00:00:00|2|drained", "debug*|up|1-00:00:00|6|idle"]


def test_resumed_nodes_are_idle(slurm: Slurm) -> None:
    slurm.drain("n3", "broken fan")

    slurm.resume("n3")

    assert slurm.node_states()["n3"] == "idle"


def test_a_partition_that_is_down_is_listed_as_down(slurm: Slurm, openssh: OpenSSH) -> None:
    slurm.partition("debug", "down")

    assert ssh(openssh, SINFO) == ["debug*|down|1-00:00:00|8|idle", "short|up|30:00|4|idle"]


def test_a_job_can_use_all_nodes(slurm: Slurm, openssh: OpenSSH) -> None:
    slurm.fill(openssh.user)

    assert ssh(openssh, SINFO) == ["debug*|up|1-00:00:00|8|allocated", "short|up|30:00|4|allocated"]


def test_without_a_controller_sinfo_fails_within_seconds_and_a_new_one_keeps_the_states(
    slurm: Slurm, openssh: OpenSSH
) -> None:
    slurm.drain("n8", "broken fan")
    slurm.kill_controller()
    begun = time.monotonic()

    assert ssh(openssh, SINFO)[-1].startswith("slurm_load_partitions: Unable to contact slurm controller")
    assert time.monotonic() - begun < 6

    slurm.start_controller()

    assert slurm.node_states() == {**dict.fromkeys(slurm.nodes, "idle"), "n8": "drained"}


def test_a_reset_undoes_the_changes_of_tests(slurm: Slurm, account: Account) -> None:
    before = slurm.sinfo()
    slurm.fill(account.name)
    slurm.drain("n1", "broken fan")
    slurm.partition("short", "inactive")
    slurm.scontrol(
        "create", "reservation", "starttime=now", "duration=60", "user=root", "nodes=n7", "flags=ignore_jobs"
    )
    slurm.nodes["n2"].kill()
    slurm.munge.stop()
    slurm.kill_controller()

    slurm.reset()

    assert slurm.sinfo() == before


def test_an_sshd_that_cannot_start_shows_its_log(account: Account) -> None:
    with public_directory() as directory:
        server = OpenSSH(directory, account, extra_configuration=["NoSuchOption yes"])

        with pytest.raises(DaemonError, match="Bad configuration option: NoSuchOption"):
            server.start()


def test_no_process_outlives_the_servers(server_directory: Path) -> None:
    assert server_directory.exists()  # fails if something that real servers need is missing
    with (
        public_directory() as directory,
        Account(directory) as account,
        Slurm(directory, node_count=2) as slurm,
        OpenSSH(directory, account, set_env=slurm.environment) as openssh,
    ):
        slurm.fill(account.name)
        left_behind = start_ssh(openssh, "setsid sleep 600 >/dev/null 2>&1 & sleep 601")
        wait_until(lambda: len(process.owned_by(account.uid)) > 4, timeout_seconds=10)
        uid = account.uid
        started = {
            openssh.daemon.pid,
            *process.descendants(openssh.daemon.pid),
            *process.owned_by(uid),
            *slurm.processes(),
            slurm.munge.pid,
        }

    left_behind.communicate(timeout=10)
    assert process.still_running(started) == []
    assert process.owned_by(uid) == []
    assert slurm.processes() == []
