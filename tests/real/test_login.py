"""Logins to a real OpenSSH server: what is offered, in which order, and how often."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor
from tests.real.sshd import WITH_PAM, offers, probe_sshd, running_sshd
from tests.servers.account import Account
from tests.servers.key import KeyPair, new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm


@pytest.fixture
def key(tmp_path: Path, account: Account) -> KeyPair:
    """Return a key that the account accepts."""
    made = new_key(tmp_path)
    account.authorize(made.public)
    return made


@pytest.fixture
def monitor(tmp_path: Path, openssh: OpenSSH) -> Iterator[Monitor]:
    with LoopbackDiscord() as discord:
        yield Monitor(tmp_path, openssh, discord)


# The key


@pytest.mark.parametrize(
    "kind",
    [("ed25519", "", ""), ("ecdsa", "a passphrase", "PEM"), ("rsa", "", "PKCS8")],
    ids=["ed25519", "an encrypted ECDSA key in PEM", "RSA in PKCS8"],
)
def test_a_poll_with_a_key_and_without_a_password_offers_the_key_once(
    tmp_path: Path, monitor: Monitor, openssh: OpenSSH, kind: tuple[str, str, str]
) -> None:
    of_type, passphrase, form = kind
    key = new_key(tmp_path, of_type, passphrase=passphrase, form=form)
    openssh.account.authorize(key.public)
    run = monitor.poll(cluster_password="", cluster_key=key.private, cluster_key_passphrase=passphrase)
    assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
    assert offers(openssh) == ["publickey accepted"]


def test_an_unusable_key_ends_the_run_before_anything_is_sent(
    tmp_path: Path, monitor: Monitor, openssh: OpenSSH
) -> None:
    key = new_key(tmp_path, passphrase="a passphrase")
    before = openssh.log
    run = monitor.poll(cluster_password="", cluster_key=key.private, cluster_key_passphrase="another")
    assert run.exit_status == 2
    assert "::error::cluster-key-passphrase does not decrypt cluster-key" in run.log
    assert openssh.log == before


def test_a_refused_key_is_held_back_but_a_changed_one_is_tried_at_once(
    tmp_path: Path, monitor: Monitor, openssh: OpenSSH, key: KeyPair
) -> None:
    other = new_key(tmp_path)
    monitor.inputs["cluster-password"] = ""
    runs = [monitor.poll(cluster_key=one.private) for one in (other, other, key)]
    assert [run.outputs["cause"] for run in runs] == ["login-refused", "login-refused", ""]
    assert "the key was refused" in runs[0].log
    assert "not tried again" in runs[1].log
    assert offers(openssh) == ["publickey refused", "publickey accepted"]


def test_no_line_of_a_key_is_shown_anywhere(monitor: Monitor, key: KeyPair) -> None:
    run = monitor.poll(cluster_key=key.private, discord_msg_always="true")
    shown = "\n".join(line for line in run.log.splitlines() if not line.startswith("::add-mask::"))
    visible = [shown, run.summary, *run.outputs.values(), monitor.history_file.read_text()]
    assert [line for line in key.private.splitlines() if line in "\n".join(visible)] == []


# The key and the password


def test_the_password_is_offered_after_a_refused_key(
    tmp_path: Path, slurm: Slurm, account: Account, key: KeyPair
) -> None:
    with running_sshd(account, slurm) as openssh:
        assert probe_sshd(openssh, new_key(tmp_path), password=account.password).lists_nodes
        assert offers(openssh) == ["publickey refused", "password accepted"]
        assert probe_sshd(openssh, key, password=account.password).lists_nodes
        assert offers(openssh)[2:] == ["publickey accepted"]


@pytest.mark.parametrize(
    ("methods", "offered"),
    [
        ("publickey,password", ["publickey", "password"]),
        ("password,publickey", ["password", "publickey"]),
        ("publickey,keyboard-interactive", ["publickey", "keyboard-interactive/pam"]),
    ],
)
def test_a_server_that_requires_key_and_password_gets_both_once(
    slurm: Slurm, account: Account, key: KeyPair, methods: str, offered: list[str]
) -> None:
    with running_sshd(account, slurm, *WITH_PAM, f"AuthenticationMethods {methods}") as openssh:
        assert probe_sshd(openssh, key, password=account.password).lists_nodes
        assert offers(openssh) == [f"{method} accepted" for method in offered]


def test_a_key_that_is_accepted_but_not_sufficient_names_the_missing_method(
    slurm: Slurm, account: Account, key: KeyPair
) -> None:
    with running_sshd(account, slurm, "AuthenticationMethods publickey,password") as openssh:
        probed = probe_sshd(openssh, key)
    assert probed.cause_and_detail == (
        Cause.LOGIN_REFUSED,
        "the key was accepted, but the server also requires: password",
    )


# The password, by any method


def test_a_server_that_prompts_for_the_password_gets_it_once(slurm: Slurm, account: Account) -> None:
    with running_sshd(account, slurm, *WITH_PAM, "PasswordAuthentication no") as openssh:
        assert probe_sshd(openssh, password=account.password).lists_nodes
        assert offers(openssh) == ["keyboard-interactive/pam accepted"]


@pytest.mark.parametrize("by_password", ["yes", "no"])
def test_a_wrong_password_is_offered_once_even_with_two_methods(
    slurm: Slurm, account: Account, by_password: str
) -> None:
    with running_sshd(account, slurm, *WITH_PAM, f"PasswordAuthentication {by_password}") as openssh:
        assert probe_sshd(openssh, password="not it").cause_and_detail == (
            Cause.LOGIN_REFUSED,
            "the password was refused",
        )
        assert len(offers(openssh)) == 1


def test_a_server_that_accepts_no_password_is_not_sent_it(slurm: Slurm, account: Account) -> None:
    with running_sshd(account, slurm, "PasswordAuthentication no") as openssh:
        probed = probe_sshd(openssh, password=account.password)
        assert probed.cause_and_detail == (
            Cause.LOGIN_REFUSED,
            "the server accepts no password, only: publickey",
        )
        assert not probed.result.credential_offered
        assert "Failed password" not in openssh.log


# One session at a time


def test_with_one_session_at_a_time_no_part_of_a_poll_is_missing(slurm: Slurm, account: Account) -> None:
    slurm.drain("n1", "fan")
    query = SlurmQuery(PartitionFilter(("debug",)), details=True)
    with running_sshd(account, slurm, "MaxSessions 1") as openssh:
        for _ in range(30):
            outcome = probe_sshd(openssh, password=account.password, query=query).result.outcome
            assert isinstance(outcome, ClusterState), outcome
            assert outcome.details
            assert [one.reason for one in outcome.details.drain_reasons] == ["fan"]
