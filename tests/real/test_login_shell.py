"""Slurm is found where only a login shell finds it, with every login shell and with a restricted key."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import TimedResult
from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor, authorized_keys
from tests.real.sshd import probe_sshd
from tests.servers import program
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.key import new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

PROFILES = {
    "bash": (".bash_profile", "export {name}={value}"),
    "dash": (".profile", "export {name}={value}"),
    "zsh": (".zprofile", "export {name}={value}"),
    "tcsh": (".login", "setenv {name} {value}"),
    "fish": (".config/fish/config.fish", "if status is-login; set -gx {name} {value}; end"),
}
SLACK_SECONDS = 5.0  # of a busy machine
EVERYTHING = SlurmQuery(PartitionFilter(("debug",)), details=True)


class Site:
    """An account whose profile leads to a real Slurm, and a PATH of sshd that does not."""

    def __init__(self, openssh: OpenSSH, shell: str, slurm: Slurm) -> None:
        self.openssh = openssh
        self._slurm = slurm
        self._profile, self._line = PROFILES[shell]
        self._of_login = "if status is-login; {line}; end" if shell == "fish" else "{line}"

    def write_profile(self, *lines: str, **variables: object) -> None:
        """Set variables in the profile; by default those that lead to Slurm."""
        values = variables or {"PATH": self._programs, **self._slurm.environment}
        file = self.openssh.account.home / self._profile
        file.parent.mkdir(parents=True, exist_ok=True)
        set_lines = [self._line.format(name=name, value=value) for name, value in values.items()]
        own_lines = [self._of_login.format(line=line) for line in lines]
        file.write_text("".join(f"{line}\n" for line in [*own_lines, *set_lines]))

    @property
    def _programs(self) -> str:
        return f"{program.find('sinfo').parent}:/bin"

    def probe(self, **changes: Any) -> TimedResult:
        return probe_sshd(self.openssh, password=self.openssh.password, **changes)


@contextmanager
def new_site(shell: str, server_directory: Path, slurm: Slurm) -> Iterator[Site]:
    """Run an sshd whose PATH has none of Slurm's commands."""
    with (
        public_directory() as directory,
        Account(server_directory, shell=str(program.find(shell))) as account,
    ):
        (programs := directory / "bin").mkdir()
        for name in ("env", "tr"):
            (programs / name).symlink_to(program.find(name))
        with OpenSSH(directory, account, set_env={"PATH": str(programs)}) as openssh:
            yield Site(openssh, shell, slurm)


@pytest.fixture(params=PROFILES)
def site(request: pytest.FixtureRequest, server_directory: Path, slurm: Slurm) -> Iterator[Site]:
    with new_site(str(request.param), server_directory, slurm) as made:
        yield made


def test_sinfo_is_found_through_the_profile(site: Site, tmp_path: Path) -> None:
    site.write_profile()
    key = new_key(tmp_path)
    site.openssh.account.authorize(*authorized_keys(key.public))
    for query in (SlurmQuery(), EVERYTHING):
        by_password = site.probe(query=query).result
        assert isinstance(by_password.outcome, ClusterState), by_password.outcome
        assert (by_password.outcome.nodes.total, by_password.login_shell) == (8, True)
        assert probe_sshd(site.openssh, key, query=query).result.outcome == by_password.outcome


def test_slurm_is_found_where_only_the_profile_names_its_configuration(site: Site, tmp_path: Path) -> None:
    site.write_profile()
    key = new_key(tmp_path)
    site.openssh.account.authorize(*authorized_keys(key.public))
    sinfo = Path(site.openssh.set_env["PATH"]) / "sinfo"
    sinfo.symlink_to(program.find("sinfo"))
    for probed in (site.probe(), probe_sshd(site.openssh, key)):
        assert isinstance(probed.result.outcome, ClusterState), probed.result.outcome
        assert (probed.result.outcome.nodes.total, probed.result.login_shell) == (8, True)


def test_where_the_profile_does_not_help_sinfo_is_not_found(site: Site, tmp_path: Path) -> None:
    key = new_key(tmp_path)
    site.openssh.account.authorize(*authorized_keys(key.public))
    for lines in ((), ("exit 3",), ("echo Welcome; /bin/sleep 600",)):
        site.write_profile(*lines, TERM="dumb")
        for probed in (
            site.probe(query=SlurmQuery(timeout_seconds=3)),
            probe_sshd(site.openssh, key, query=SlurmQuery(timeout_seconds=3)),
        ):
            assert (probed.cause, probed.result.login_shell) == (Cause.NO_SCHEDULER, None), lines
            assert probed.seconds < 3 + SLACK_SECONDS


# Polls


@pytest.fixture
def bash(server_directory: Path, slurm: Slurm) -> Iterator[Site]:
    with new_site("bash", server_directory, slurm) as site:
        yield site


@pytest.fixture
def monitor(bash: Site, tmp_path: Path) -> Iterator[Monitor]:
    with LoopbackDiscord() as discord:
        yield Monitor(tmp_path, bash.openssh, discord)


def test_the_next_poll_begins_with_the_login_shell(bash: Site, monitor: Monitor) -> None:
    bash.write_profile("date >> ~/profile.log")
    runs = [monitor.poll() for _ in range(2)]
    assert [run.outputs["status"] for run in runs] == ["online", "online"], runs[1].log
    assert monitor.history().ssh.server.slurm.login_shell
    begun = bash.openssh.account.home / "begun"
    (bash.openssh.account.home / ".bashrc").write_text(f"echo >> {begun}\n")
    assert monitor.poll().outputs["status"] == "online"
    assert len(begun.read_text()) == 2  # two commands, and in each one shell without the profile


def test_after_the_remedy_for_a_missing_sinfo_the_next_poll_checks_slurm(
    bash: Site, monitor: Monitor
) -> None:
    first, second = monitor.poll(), monitor.poll()
    for run in (first, second):
        assert (run.exit_status, run.outputs["status"]) == (0, "online")
        assert "::warning::mscluster is online (Slurm is not checked)" in run.log
        assert "to PATH in the profile of cluster-user" in run.log
        assert "set scheduler to none" in run.log
    bash.write_profile()
    assert "(8 of 8 nodes in service)" in monitor.poll().outputs["message"]


def test_after_the_login_alone_is_accepted_no_run_warns(monitor: Monitor) -> None:
    run = monitor.poll(scheduler="none")
    assert (run.exit_status, run.outputs["status"]) == (0, "online")
    assert "::warning::" not in run.log
    assert run.outputs["message"] == "mscluster is online (Slurm is not checked)"


def test_the_first_message_shows_that_slurm_is_not_checked(bash: Site, tmp_path: Path) -> None:
    with LoopbackDiscord() as discord:
        Monitor(tmp_path, bash.openssh, discord).poll()
        [message] = discord.messages
    assert "Slurm is not checked" in str(message)


@pytest.mark.parametrize(
    ("cause", "fault", "remedy"),
    [
        (Cause.SHELL_HANGS, "/bin/sleep 600", "case $- in *i*) /bin/sleep 600;; esac"),
        (Cause.SHELL_FAILS, "exit 1", "case $- in *i*) exit 1;; esac"),
        (Cause.SHELL_FAILS, "/usr/bin/yes more", ""),
    ],
)
def test_after_the_remedy_for_a_login_script_the_next_poll_is_online(
    cause: Cause, fault: str, remedy: str, bash: Site, monitor: Monitor
) -> None:
    bash.write_profile()
    login_script = bash.openssh.account.home / ".bashrc"
    login_script.write_text(f"{fault}\n")
    run = monitor.poll(cluster_command_timeout="2", attempts="1")
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", cause)
    assert "~/.bashrc" in run.log
    login_script.write_text(f"{remedy}\n")
    assert monitor.poll().outputs["status"] == "online"


def test_after_the_remedy_for_a_shell_without_slurm_the_next_poll_is_online(
    bash: Site, monitor: Monitor
) -> None:
    programs = Path(bash.openssh.set_env["PATH"])
    (programs / "sinfo").symlink_to(program.find("sinfo"))
    run = monitor.poll(attempts="1")
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "scheduler-down")
    assert "SLURM_CONF" in run.log
    assert "see docs/login.md" in run.log
    bash.write_profile()
    assert monitor.poll().outputs["status"] == "online"
