"""A restricted key can run the Slurm commands and nothing else, with every login shell, even a noisy one."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.commands import TOTAL
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from tests.contract.ssh_probe import TimedResult
from tests.real.monitor import authorized_keys
from tests.real.sshd import probe_sshd, running_sshd
from tests.servers import program
from tests.servers.account import Account
from tests.servers.key import KeyPair, new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

SHELLS = ("bash", "dash", "tcsh", "fish")
# output without a line end, a command that needs a terminal, a command that does not exist
NOISE = "echo Welcome!\nstty erase x\nno-such-module load slurm\nprintf 'quota: 93%% '\n"
RC_FILES = (".ssh/rc", ".bashrc", ".profile", ".tcshrc", ".config/fish/config.fish")
HARM = ("id", "", f"echo ab12 && {TOTAL.line('ab12')} && id")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, server_directory: Path, running_slurm: Slurm) -> Iterator[OpenSSH]:
    """Run a server for an account whose login shell prints."""
    with Account(server_directory, shell=str(program.find(request.param))) as account:
        for name in RC_FILES:
            file = account.home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(NOISE)
        with running_sshd(account, running_slurm, "Banner /etc/hostname") as openssh:
            yield openssh


def nodes(probed: TimedResult) -> int:
    assert isinstance(probed.result.outcome, ClusterState), probed.result.outcome
    return probed.result.outcome.nodes.total


def test_what_a_login_shell_prints_itself_is_ignored(shell: OpenSSH, tmp_path: Path) -> None:
    key = new_key(tmp_path)
    shell.account.authorize(key.public)
    assert "Welcome!" in StolenKey(shell, key).ssh(shell.host, "true").stdout
    assert nodes(probe_sshd(shell, password=shell.password)) == 8
    shell.account.authorize(*authorized_keys(key.public))
    assert nodes(probe_sshd(shell, key)) == 8


class StolenKey:
    """The restricted key, used with OpenSSH's own client."""

    def __init__(self, openssh: OpenSSH, key: KeyPair) -> None:
        self._openssh = openssh
        self._file = openssh.directory / "stolen"
        self._file.write_text(key.private)
        self._file.chmod(0o600)

    def ssh(self, *words: str) -> subprocess.CompletedProcess[str]:
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        return subprocess.run(
            [
                *(program.find("ssh"), "-F", "none", "-i", self._file, "-p", str(self._openssh.port)),
                *(part for option in (*options, "BatchMode=yes") for part in ("-o", option)),
                *("-l", self._openssh.user, *words),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )


def test_a_stolen_restricted_key_runs_and_forwards_nothing_else(
    tmp_path: Path, account: Account, slurm: Slurm
) -> None:
    key = new_key(tmp_path)
    account.authorize(*authorized_keys(key.public))
    with running_sshd(account, slurm, "AcceptEnv *") as openssh:
        stolen = StolenKey(openssh, key)
        for command in HARM:
            done = stolen.ssh(openssh.host, command)
            assert done.returncode in {1, 126}, (command, done)
            assert "uid=" not in done.stdout + done.stderr, (command, done)
        done = stolen.ssh("-W", f"{openssh.host}:{openssh.port}", openssh.host)
        assert (done.returncode, done.stdout) == (255, "")
        assert nodes(probe_sshd(openssh, key)) == 8  # the same key is accepted for these commands


def test_a_restricted_key_reads_everything_that_a_password_reads(
    tmp_path: Path, account: Account, slurm: Slurm, openssh: OpenSSH
) -> None:
    slurm.drain("n1", "broken fan")
    key = new_key(tmp_path)
    account.authorize(*authorized_keys(key.public))
    for query in (
        SlurmQuery(details=True),
        SlurmQuery(PartitionFilter(("deb*",)), details=True, node_names=True),
    ):
        by_key = probe_sshd(openssh, key, query=query).result.outcome
        assert by_key == probe_sshd(openssh, password=openssh.password, query=query).result.outcome
        assert isinstance(by_key, ClusterState)
        assert by_key.details
        assert by_key.details.drain_reasons


def test_without_an_argument_the_line_is_for_the_private_key(tmp_path: Path) -> None:
    key = new_key(tmp_path, passphrase="a passphrase")
    [from_private] = authorized_keys(CLUSTER_KEY=key.private, CLUSTER_KEY_PASSPHRASE="a passphrase")
    [from_public] = authorized_keys(key.public)
    assert from_public == f"{from_private} made for a test"
