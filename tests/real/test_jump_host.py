"""Through real jump hosts to a real head node: causes, and what is offered to which server."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.threads import run_in_thread
from tests.contract.ssh_probe import new_probe, run_probe
from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor, authorized_keys
from tests.real.sshd import offers, probe_sshd, running_sshd
from tests.servers.account import Account
from tests.servers.daemon import wait_until
from tests.servers.key import new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm


@pytest.fixture
def jump(account: Account, slurm: Slurm) -> Iterator[OpenSSH]:
    with running_sshd(account, slurm) as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path, openssh: OpenSSH, jump: OpenSSH) -> Iterator[Monitor]:
    with LoopbackDiscord() as discord:
        made = Monitor(tmp_path, openssh, discord)
        made.inputs["cluster-jump"] = f"{jump.user}@{jump.host}:{jump.port}"
        made.inputs["cluster-host-key"] += f"\n{jump.known_hosts_line}"
        yield made


def through(
    openssh: OpenSSH, *jump_hosts: OpenSSH, pins: Sequence[str] = (), **changes: Any
) -> dict[str, Any]:
    """Return options of `probe_sshd` for a route through jump hosts; by default all host keys are pinned."""
    lines = pins or [server.known_hosts_line for server in (openssh, *jump_hosts)]
    return {
        "password": openssh.password,
        "jump_hosts": [Endpoint(jump.user, jump.host, jump.port) for jump in jump_hosts],
        "pins": Pins.parse("\n".join(lines)),
    } | changes


def test_jump_host_and_head_node_are_each_offered_the_password_once(
    monitor: Monitor, openssh: OpenSSH, jump: OpenSSH
) -> None:
    run = monitor.poll()
    assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
    assert (offers(openssh), offers(jump)) == (["password accepted"], ["password accepted"])


def test_a_head_node_that_is_down_behind_a_jump_host_is_an_outage(
    monitor: Monitor, openssh: OpenSSH, jump: OpenSSH
) -> None:
    monitor.poll()
    openssh.stop()
    jump.forget_offers()
    run = monitor.poll(attempts="3")
    assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (0, "offline", "refused")
    assert "(seen from the jump host: connection refused)" in run.log
    assert monitor.headlines() == ["mscluster is online", "mscluster is offline"]
    assert offers(jump) == ["password accepted"]  # for three attempts


def test_a_password_that_the_jump_host_refuses_is_not_offered_to_the_head_node(
    openssh: OpenSSH, jump: OpenSSH
) -> None:
    probed = probe_sshd(openssh, **through(openssh, jump, password="not it"))
    assert probed.cause_and_detail == (
        Cause.LOGIN_REFUSED,
        f"jump host {jump.host}: the password was refused",
    )
    assert probed.result.credential_offered
    assert (offers(jump), offers(openssh)) == (["password refused"], [])


def test_a_login_that_is_held_back_is_offered_to_neither_server(openssh: OpenSSH, jump: OpenSSH) -> None:
    options = through(openssh, jump, user=openssh.user)
    with new_probe(openssh.port, **options) as probe:
        probed = run_probe(probe, lambda: RememberedLogin(login_held_back=True))
    assert probed.cause is Cause.LOGIN_REFUSED
    assert (offers(jump), offers(openssh)) == ([], [])


def test_a_jump_host_that_is_not_pinned_is_offered_nothing_and_its_line_to_pin_is_shown(
    openssh: OpenSSH, jump: OpenSSH
) -> None:
    probed = probe_sshd(openssh, **through(openssh, jump, pins=[openssh.known_hosts_line]))
    assert probed.cause is Cause.HOST_KEY
    assert probed.failure.detail.endswith(f"the line for cluster-host-key is: {jump.known_hosts_line}")
    assert (offers(jump), offers(openssh)) == ([], [])


def test_the_pin_of_one_server_does_not_apply_to_the_other(openssh: OpenSSH, jump: OpenSSH) -> None:
    keys = [server.known_hosts_line.partition(" ")[2] for server in (jump, openssh)]
    names = [server.known_hosts_line.partition(" ")[0] for server in (openssh, jump)]
    swapped = [f"{name} {key}" for name, key in zip(names, keys, strict=True)]
    assert probe_sshd(openssh, **through(openssh, jump, pins=swapped)).cause is Cause.HOST_KEY
    assert offers(jump) == []
    assert probe_sshd(
        openssh, **through(openssh, jump, pins=keys)
    ).lists_nodes  # without a name a pin applies to both


def test_behind_a_pinned_jump_host_the_key_of_the_head_node_can_be_remembered(
    openssh: OpenSSH, jump: OpenSSH
) -> None:
    probed = probe_sshd(openssh, **through(openssh, jump, pins=[jump.known_hosts_line]))
    assert probed.lists_nodes
    assert probed.result.line_to_pin == openssh.known_hosts_line


def test_a_lost_connection_to_the_jump_host_is_not_an_outage(openssh: OpenSSH, jump: OpenSSH) -> None:
    def is_forwarded() -> bool:
        return f" 0100007F:{openssh.port:04X} 01 " in Path("/proc/net/tcp").read_text(encoding="ascii")

    def disconnect() -> None:
        wait_until(is_forwarded, timeout_seconds=5)
        jump.end_sessions()

    openssh.daemon.pause()  # so that the probe waits for its banner
    disconnecting = run_in_thread(disconnect)
    probed = probe_sshd(openssh, **through(openssh, jump))
    disconnecting.result()
    assert probed.cause is Cause.JUMP_HOST
    assert not probed.result.reached


def test_a_key_that_is_restricted_on_the_jump_host_is_forwarded_to_the_head_node_only(
    tmp_path: Path, account: Account, slurm: Slurm, openssh: OpenSSH
) -> None:
    key = new_key(tmp_path)
    variables = {
        "CLUSTER_HOST": openssh.host,
        "CLUSTER_PORT": str(openssh.port),
        "CLUSTER_JUMP": "me@gateway",
    }
    *_, for_jump = lines = authorized_keys(key.public, **variables)
    assert [line[0] for line in lines] == ["#", "r", "#", "r"]
    account.authorize(for_jump)
    with running_sshd(account, slurm) as jump, running_sshd(account, slurm) as another:
        probed = probe_sshd(openssh, key, **through(openssh, jump, password=""))
        assert probed.cause_and_detail == (
            Cause.SHELL_FAILS,
            "exit status 1",
        )  # it is forwarded, but runs no command there
        probed = probe_sshd(another, key, **through(another, jump, password=""))
        assert probed.cause is Cause.JUMP_HOST


def test_a_route_can_lead_through_several_jump_hosts(
    account: Account, slurm: Slurm, openssh: OpenSSH, jump: OpenSSH
) -> None:
    with running_sshd(account, slurm) as second:
        assert probe_sshd(openssh, **through(openssh, jump, second)).lists_nodes
        assert [offers(server) for server in (jump, second, openssh)] == [["password accepted"]] * 3
        second.stop()
        probed = probe_sshd(openssh, **through(openssh, jump, second))
        assert probed.cause is Cause.JUMP_HOST
        assert probed.failure.detail.endswith("seen from the jump host: connection refused")
