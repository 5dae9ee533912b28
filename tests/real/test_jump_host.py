"""Through a real jump host to a real head node: what is told apart, and what is offered to whom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.threads import run_in_thread
from tests.contract.ssh_probe import check, is_listed, probing
from tests.fakes.discord import LoopbackDiscord
from tests.real.door import door, knock, offers
from tests.real.monitor import Monitor, authorized_keys
from tests.servers.account import Account
from tests.servers.daemon import wait_until
from tests.servers.key import new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm


@pytest.fixture
def jump(account: Account, slurm: Slurm) -> Iterator[OpenSSH]:
    with door(account, slurm) as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path, openssh: OpenSSH, jump: OpenSSH) -> Iterator[Monitor]:
    with LoopbackDiscord() as discord:
        made = Monitor(tmp_path, openssh, discord)
        made.inputs["cluster-jump"] = f"{jump.user}@{jump.host}:{jump.port}"
        made.inputs["cluster-host-key"] += f"\n{jump.known_hosts_line}"
        yield made


def way(openssh: OpenSSH, jump: OpenSSH, *pins: str, **changes: Any) -> dict[str, Any]:
    """Return what `knock` takes to go through the jump host; by default both host keys are pinned."""
    lines = pins or (openssh.known_hosts_line, jump.known_hosts_line)
    return {
        "password": openssh.password,
        "jump": Endpoint(jump.user, jump.host, jump.port),
        "pins": Pins.parse("\n".join(lines)),
    } | changes


def test_each_of_two_hosts_is_offered_the_password_once(
    monitor: Monitor, openssh: OpenSSH, jump: OpenSSH
) -> None:
    run = monitor.poll()
    assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
    assert (offers(openssh), offers(jump)) == (["password accepted"], ["password accepted"])


def test_a_head_node_that_is_down_behind_the_jump_host_is_an_outage(
    monitor: Monitor, openssh: OpenSSH, jump: OpenSSH
) -> None:
    monitor.poll()
    openssh.stop()
    jump.forget_offers()
    run = monitor.poll(attempts="3")
    assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (0, "offline", "refused")
    assert "(seen from the jump host: connection refused)" in run.log
    assert monitor.headlines() == ["mscluster is online", "mscluster is offline"]
    assert offers(jump) == ["password accepted"]  # for three looks


def test_a_password_that_the_jump_host_refuses_is_not_offered_to_the_head_node(
    openssh: OpenSSH, jump: OpenSSH
) -> None:
    seen = knock(openssh, **way(openssh, jump, password="not it"))
    assert seen.told == (Cause.LOGIN_REFUSED, f"jump host {jump.host}: the password was refused")
    assert seen.result.credential_offered
    assert (offers(jump), offers(openssh)) == (["password refused"], [])


def test_a_login_that_is_held_back_is_offered_to_neither(openssh: OpenSSH, jump: OpenSSH) -> None:
    to = way(openssh, jump, user=openssh.user, password=Secret(openssh.password))
    with probing(openssh.port, **to) as probe:
        seen = check(probe, lambda: RememberedLogin(login_held_back=True))
    assert seen.cause is Cause.LOGIN_REFUSED
    assert (offers(jump), offers(openssh)) == ([], [])


def test_a_jump_host_that_is_not_pinned_is_offered_nothing_and_its_line_is_shown(
    openssh: OpenSSH, jump: OpenSSH
) -> None:
    seen = knock(openssh, **way(openssh, jump, openssh.known_hosts_line))
    assert seen.cause is Cause.HOST_KEY
    assert seen.failure.detail.endswith(f"the line for cluster-host-key is: {jump.known_hosts_line}")
    assert (offers(jump), offers(openssh)) == ([], [])


def test_the_key_of_either_host_is_not_taken_for_that_of_the_other(openssh: OpenSSH, jump: OpenSSH) -> None:
    keys = [server.known_hosts_line.partition(" ")[2] for server in (jump, openssh)]
    names = [server.known_hosts_line.partition(" ")[0] for server in (openssh, jump)]
    swapped = [f"{name} {key}" for name, key in zip(names, keys, strict=True)]
    assert knock(openssh, **way(openssh, jump, *swapped)).cause is Cause.HOST_KEY
    assert offers(jump) == []
    assert is_listed(knock(openssh, **way(openssh, jump, *keys)))  # without names each is good for both


def test_behind_a_pinned_jump_host_the_head_node_s_key_may_be_remembered(
    openssh: OpenSSH, jump: OpenSSH
) -> None:
    seen = knock(openssh, **way(openssh, jump, jump.known_hosts_line))
    assert is_listed(seen)
    assert seen.result.line_to_pin == openssh.known_hosts_line


def test_a_jump_host_that_goes_away_in_between_is_not_the_cluster_s_fault(
    openssh: OpenSSH, jump: OpenSSH
) -> None:
    def is_forwarded() -> bool:
        return f" 0100007F:{openssh.port:04X} 01 " in Path("/proc/net/tcp").read_text(encoding="ascii")

    def go_away() -> None:
        wait_until(is_forwarded, timeout_seconds=5)
        jump.end_sessions()

    openssh.daemon.pause()  # so that its banner is waited for
    leaving = run_in_thread(go_away)
    seen = knock(openssh, **way(openssh, jump))
    leaving.result()
    assert seen.cause is Cause.JUMP_HOST
    assert not seen.result.reached


def test_a_key_that_is_locked_down_on_both_opens_the_way_to_the_head_node_alone(
    tmp_path: Path, account: Account, slurm: Slurm, openssh: OpenSSH
) -> None:
    key = new_key(tmp_path)
    to = {"CLUSTER_HOST": openssh.host, "CLUSTER_PORT": str(openssh.port), "CLUSTER_JUMP": "me@gateway"}
    *_, for_jump = lines = authorized_keys(key.public, **to)
    assert [line[0] for line in lines] == ["#", "r", "#", "r"]
    account.authorize(for_jump)
    with door(account, slurm) as jump, door(account, slurm) as another:
        seen = knock(openssh, key, **way(openssh, jump, password=""))
        assert seen.told == (Cause.SINFO_FAILED, "exit status 1")  # it is let through, and runs nothing there
        seen = knock(another, key, **way(another, jump, password=""))
        assert seen.cause is Cause.JUMP_HOST
