"""Logins to a real sshd with PAM: what the user reads, what is offered, and that the remedy works."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor, Run
from tests.real.sshd import offers, running_sshd
from tests.servers import pam
from tests.servers.account import Account
from tests.servers.key import new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

TEXT = "Scheduled maintenance until 17:00 UTC. All logins are disabled."
BOOTING = "System is booting up. Unprivileged users are not permitted to log in yet."
PROMPTS = ("KbdInteractiveAuthentication yes", "PasswordAuthentication no")
KEY_AND_PROMPTS = ("KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive")


class Site(NamedTuple):
    """A server with its own PAM stack, and a monitor of it."""

    openssh: OpenSSH
    monitor: Monitor
    discord: LoopbackDiscord

    def poll(self, **changes: str) -> Run:
        return self.monitor.poll(**changes)

    def poll_online(self, **changes: str) -> None:
        run = self.poll(**changes)
        assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
        self.openssh.forget_offers()

    @property
    def nologin(self) -> Path:
        return self.openssh.directory / "nologin"

    def close_logins(self, text: str = TEXT) -> None:
        self.nologin.write_text(f"{text}\n", encoding="ascii")


@pytest.fixture
def site(tmp_path: Path, account: Account, slurm: Slurm) -> Iterator[Callable[..., Site]]:
    """Return a function that starts a server with a PAM stack and lines of sshd_config."""
    with ExitStack() as running:
        discord = running.enter_context(LoopbackDiscord())

        def start(*lines: str, stack: Sequence[str] = pam.PASSWORD) -> Site:
            openssh = running.enter_context(running_sshd(account, slurm, *lines, pam=stack))
            return Site(openssh, Monitor(tmp_path, openssh, discord), discord)

        yield start


def use_key(site: Site, tmp_path: Path) -> None:
    key = new_key(tmp_path)
    site.openssh.account.authorize(key.public)
    site.monitor.inputs |= {"cluster-password": "", "cluster-key": key.private}


# Closed logins


@pytest.mark.parametrize(
    ("method", "lines"),
    [("password", ()), ("keyboard-interactive/pam", PROMPTS), ("publickey", ())],
    ids=["password", "prompts", "key"],
)
def test_logins_that_are_closed_are_maintenance_until_they_are_open(
    tmp_path: Path, site: Callable[..., Site], method: str, lines: tuple[str, ...]
) -> None:
    here = site(*lines, stack=pam.NOLOGIN)
    if method == "publickey":
        use_key(here, tmp_path)
    here.poll_online()
    here.close_logins()
    for _ in range(2):  # it is not held back
        run = here.poll()
        assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (
            0,
            "maintenance",
            "logins-closed",
        ), run.log
        assert TEXT in run.log
        assert TEXT in run.summary
    assert offers(here.openssh) == [f"{method} refused"] * 2
    here.nologin.unlink()
    here.poll_online()
    assert here.monitor.headlines() == [
        "mscluster is online",
        "mscluster is in maintenance",
        "mscluster is back online",
    ]
    assert not any(message["pinged"] for message in here.discord.messages)


@pytest.mark.parametrize(("by_key", "offered"), [(False, 3), (True, 5)], ids=["password", "key"])
def test_while_logins_are_closed_three_passwords_an_hour_are_offered_and_each_key(
    tmp_path: Path, site: Callable[..., Site], offered: int, *, by_key: bool
) -> None:
    here = site(stack=pam.NOLOGIN)
    if by_key:
        use_key(here, tmp_path)
    here.poll_online()
    here.close_logins()
    runs = [here.poll() for _ in range(5)]
    assert {run.outputs["cause"] for run in runs} == {"logins-closed"}
    assert len(offers(here.openssh)) == offered


def test_a_text_of_the_server_is_shown_without_user_and_address(site: Callable[..., Site]) -> None:
    here = site(stack=pam.NOLOGIN)
    here.poll_online()
    here.close_logins(f"Closed for {here.openssh.user} from 192.0.2.7")
    run = here.poll()
    assert "Closed for *** from ***" in run.log
    assert "192.0.2.7" not in run.log + run.summary


def test_a_server_that_is_booting_is_an_outage_only_if_it_lasts(site: Callable[..., Site]) -> None:
    here = site(stack=pam.NOLOGIN)
    here.poll_online()
    here.close_logins(BOOTING)
    run = here.poll(confirm_after="2")
    assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (0, "offline", "booting")
    assert here.monitor.headlines() == ["mscluster is online"]
    here.poll(confirm_after="2")
    assert here.monitor.headlines() == ["mscluster is online", "mscluster is offline"]
    here.nologin.unlink()
    here.poll_online()


# A login without a response


def test_a_login_without_a_response_is_tried_again_at_the_next_poll(site: Callable[..., Site]) -> None:
    here = site(stack=pam.HANGS)
    (here.openssh.directory / "hangs").touch()
    run = here.poll(cluster_connect_timeout="1")
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "login-hangs")
    assert "Log in as cluster-user with ssh" in run.log
    assert len(offers(here.openssh)) == 1  # it has not worked before
    (here.openssh.directory / "hangs").unlink()
    here.poll_online()


def test_three_passwords_an_hour_are_offered_without_a_response(site: Callable[..., Site]) -> None:
    here = site(stack=("auth required pam_unix.so", "account required pam_deny.so"))
    runs = [here.poll() for _ in range(4)]
    assert {run.outputs["cause"] for run in runs} == {"login-hangs"}
    assert "within the last hour, three offers had no response" in runs[-1].log
    assert len(offers(here.openssh)) == 3


def test_a_connection_that_is_lost_once_after_the_login_is_opened_again(
    tmp_path: Path, account: Account, slurm: Slurm
) -> None:
    marker = account.home / "lost"
    profile = account.home / ".bashrc"
    profile.write_text(
        f'if [ ! -e {marker} ]; then touch {marker}; kill -9 "$PPID"; sleep 5; fi\n', encoding="ascii"
    )
    try:
        with running_sshd(account, slurm) as openssh, LoopbackDiscord() as discord:
            run = Monitor(tmp_path, openssh, discord).poll()
            assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
            assert "SSH connection dropped; attempt 2 of 3 follows" in run.log
            assert offers(openssh) == ["password accepted"] * 2
    finally:
        profile.unlink()
        marker.unlink(missing_ok=True)


# Prompts


@pytest.mark.parametrize("with_secret", [False, True], ids=["not asked", "optional"])
def test_a_key_alone_passes_prompts_that_need_no_answer(
    tmp_path: Path, site: Callable[..., Site], *, with_secret: bool
) -> None:
    code = pam.code("[default=ignore]", prompt="Second Factor (optional): ", options="nullok")
    here = site(*KEY_AND_PROMPTS, stack=(code, "auth required pam_permit.so", *pam.PASSWORD[1:]))
    use_key(here, tmp_path)
    if with_secret:
        pam.write_code_secret(here.openssh.directory)
    run = here.poll()
    assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
    assert offers(here.openssh) == ["publickey accepted", "keyboard-interactive/pam accepted"]


def test_a_second_factor_is_named_and_a_key_that_needs_none_works_at_once(
    tmp_path: Path, site: Callable[..., Site]
) -> None:
    here = site(
        "KbdInteractiveAuthentication yes",
        "AuthenticationMethods keyboard-interactive publickey",
        stack=(*pam.PASSWORD, pam.code()),
    )
    pam.write_code_secret(here.openssh.directory)
    run = here.poll()
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "login-refused")
    assert "second factor, which an unattended login cannot give: 'Verification code:'" in run.log
    assert "Ask the administrators for an account or a key that needs no second factor." in run.log
    assert "not tried again" in here.poll().log
    use_key(here, tmp_path)
    here.poll_online()


@pytest.mark.parametrize(
    "prompt",
    ["Password:", "Senha: ", "Пароль: ", "First Factor: ", "Enter your NetID passphrase: ", "密码: "],
)
@pytest.mark.parametrize("options", ["", "echo_verification_code"], ids=["hidden", "shown"])
def test_the_password_is_typed_where_the_prompt_asks_for_it(
    site: Callable[..., Site], prompt: str, options: str
) -> None:
    # any answer is accepted: what counts is that the prompt gets one, and sshd logs it
    asks = pam.code("[default=ignore]", prompt=prompt, options=options)
    here = site(*PROMPTS, stack=(asks, "auth required pam_permit.so", *pam.PASSWORD[1:]))
    pam.write_code_secret(here.openssh.directory)
    run = here.poll()
    assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
    assert offers(here.openssh) == ["keyboard-interactive/pam accepted"]


@pytest.mark.parametrize("prompt", ["Enter your one-time password: ", "New password: ", "Пароль из SMS: "])
def test_no_password_is_typed_where_the_prompt_is_for_another_one(
    site: Callable[..., Site], prompt: str
) -> None:
    here = site(*PROMPTS, stack=(pam.code(prompt=prompt), *pam.PASSWORD))
    pam.write_code_secret(here.openssh.directory)
    run = here.poll()
    assert run.outputs["cause"] == "login-refused"
    assert prompt.strip() in run.log
    assert "keyboard-interactive/pam" not in here.openssh.log  # no prompt got an answer


# Inputs


def test_a_private_key_in_the_password_is_sent_to_no_server(
    tmp_path: Path, site: Callable[..., Site]
) -> None:
    here = site()
    key = new_key(tmp_path)
    here.openssh.account.authorize(key.public)
    before = here.openssh.log
    run = here.poll(cluster_password=key.private)
    assert run.exit_status == 2
    assert "::error::cluster-password is not a password: it is an SSH key: put the private key" in run.log
    assert here.openssh.log == before
    shown = "\n".join(line for line in run.log.splitlines() if not line.startswith("::add-mask::"))
    assert [line for line in key.private.splitlines() if line in shown] == []
    here.poll_online(cluster_password="", cluster_key=key.private)


def test_a_blank_at_the_end_of_a_refused_password_has_its_own_remedy(site: Callable[..., Site]) -> None:
    here = site()
    run = here.poll(cluster_password=f"{here.openssh.password} ")
    assert "If the password does not begin or end with a blank" in run.log
    here.poll_online()


@pytest.mark.parametrize("parts", [{"realm": "@uni.test"}, {"domain": "UNI\\"}], ids=["realm", "domain"])
def test_a_user_name_can_have_a_realm_or_a_domain(
    tmp_path: Path, server_directory: Path, slurm: Slurm, parts: dict[str, str]
) -> None:
    with (
        Account(server_directory, **parts) as account,
        running_sshd(account, slurm) as openssh,
        running_sshd(account, slurm) as jump,
        LoopbackDiscord() as discord,
    ):
        monitor = Monitor(tmp_path, openssh, discord)
        monitor.inputs["cluster-host-key"] += f"\n{jump.known_hosts_line}"
        run = monitor.poll(cluster_jump=f"{account.name}@{jump.host}:{jump.port}")
        assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log
        for server in (openssh, jump):
            assert offers(server) == ["password accepted"]
