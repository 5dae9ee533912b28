"""Polls of a real Slurm on this machine have the results of polls over SSH."""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor, Run
from tests.servers import process
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

PROFILES = (".profile", ".bash_profile", ".zprofile")
COMPARED = ("status", "previous-status", "changed", "cause", "message", "partitions")


@pytest.fixture
def home(tmp_path: Path, slurm: Slurm) -> Path:
    """Return a home directory whose profile names the configuration of Slurm."""
    (home := tmp_path / "home").mkdir()
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in slurm.environment.items()]
    for profile in PROFILES:
        (home / profile).write_text("".join(lines))
    return home


@pytest.fixture
def monitors(tmp_path: Path, openssh: OpenSSH, home: Path) -> Iterator[tuple[Monitor, Monitor]]:
    """Return a monitor over SSH, and one of this machine, each with its own channel."""
    (tmp_path / "ssh").mkdir()
    (tmp_path / "local").mkdir()
    with LoopbackDiscord() as first, LoopbackDiscord() as second:
        over_ssh, here = (
            Monitor(tmp_path / "ssh", openssh, first),
            Monitor(tmp_path / "local", openssh, second),
        )
        here.poll_locally_from_now_on(home)
        yield over_ssh, here


def drain(slurm: Slurm) -> None:
    slurm.drain("n[1-2]", "broken fan")


def drain_most(slurm: Slurm) -> None:
    slurm.drain("n[1-5]", "broken fans")


def close_a_partition(slurm: Slurm) -> None:
    slurm.partition("short", "down")


def reserve(slurm: Slurm) -> None:
    slurm.scontrol(
        "create",
        "reservation",
        "reservationname=update",
        "starttime=now",
        "duration=60",
        "nodes=ALL",
        "users=root",
        "flags=maint,ignore_jobs",
    )
    slurm.wait_for(lambda: set(slurm.node_states().values()) == {"maint"}, timeout_seconds=30)


STATES: dict[str, tuple[Callable[[Slurm], object], str]] = {
    "idle": (lambda _: None, "online"),
    "drained": (drain, "online"),
    "mostly drained": (drain_most, "degraded"),
    "a partition is down": (close_a_partition, "degraded"),
    "maintenance": (reserve, "maintenance"),
    "no controller": (Slurm.kill_controller, "degraded"),
}


def shown(run: Run) -> dict[str, str]:
    return {name: run.outputs[name] for name in COMPARED}


@pytest.mark.parametrize(("change", "status"), STATES.values(), ids=STATES)
def test_a_poll_of_this_machine_has_the_results_of_a_poll_over_ssh(
    change: Callable[[Slurm], object], status: str, monitors: tuple[Monitor, Monitor], slurm: Slurm
) -> None:
    inputs = {"details": "full", "attempts": "1", "confirm_after": "1"}
    first = [monitor.poll(**inputs) for monitor in monitors]
    assert [run.outputs["status"] for run in first] == ["online", "online"], first[1].log
    change(slurm)
    over_ssh, here = (monitor.poll(**inputs) for monitor in monitors)
    assert shown(here) == shown(over_ssh)
    assert here.outputs["status"] == status
    assert here.exit_status == over_ssh.exit_status
    assert monitors[1].headlines() == monitors[0].headlines()


def test_a_poll_of_this_machine_warns_of_no_host_key_and_leaves_nothing_running(
    monitors: tuple[Monitor, Monitor], home: Path
) -> None:
    _, here = monitors
    pid = home / "agent"
    with (home / ".profile").open("a") as profile:
        profile.write(f"[ -e {pid} ] || setsid sh -c 'echo $$ >{pid}; exec sleep 600' >/dev/null 2>&1 &\n")
    (home / ".bash_profile").unlink()
    run = here.poll()
    assert (run.exit_status, run.warnings) == (0, []), run.log
    ssh = here.history().ssh
    assert (ssh.host_key, ssh.server.reached, ssh.server.scheduler_seen) == (None, False, True)
    assert ssh.server.slurm.login_shell
    assert process.still_running([int(pid.read_text())]) == []


def test_the_history_of_this_machine_is_not_taken_for_that_of_an_ssh_server(
    monitors: tuple[Monitor, Monitor], openssh: OpenSSH
) -> None:
    over_ssh, here = monitors
    over_ssh.inputs["discord-webhook"] = here.inputs["discord-webhook"]  # the key of both digests
    assert here.poll().outputs["status"] == "online"
    here.history_file.rename(over_ssh.history_file)
    openssh.stop()
    run = over_ssh.poll(attempts="1")
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "refused"), run.log


def test_a_clusters_file_can_have_this_machine_and_a_head_node(
    monitors: tuple[Monitor, Monitor], openssh: OpenSSH
) -> None:
    over_ssh, here = monitors
    here.variables["HPC_PASSWORD"] = openssh.password
    here.inputs["clusters"] = (
        f"defaults: {{user: {openssh.user}, password: $HPC_PASSWORD, port: {openssh.port}}}\n"
        "clusters:\n"
        "  - {name: here, host: local}\n"
        f"  - {{name: there, host: {openssh.host}, host-key: '{over_ssh.inputs['cluster-host-key']}'}}\n"
    )
    del here.inputs["cluster-host"], here.inputs["cluster-name"]
    run = here.poll()
    results = json.loads(run.outputs["clusters"])
    assert {name: result["status"] for name, result in results.items()} == {
        "here": "online",
        "there": "online",
    }
    assert results["here"]["nodes"] == results["there"]["nodes"]
    assert run.exit_status == 0, run.log
