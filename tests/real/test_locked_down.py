"""A key that can do nothing but ask Slurm, and login shells of all kinds, noisy ones too."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.commands import TOTAL
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from tests.contract.ssh_probe import Check
from tests.real.door import door, knock
from tests.real.monitor import authorized_keys
from tests.servers import program
from tests.servers.account import Account
from tests.servers.key import KeyPair, new_key
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

SHELLS = ("bash", "dash", "tcsh", "fish")
# what people have in there: output without an end of line, a terminal that is none, a command that is missing
NOISE = "echo Welcome!\nstty erase x\nno-such-module load slurm\nprintf 'quota: 93%% '\n"
RC_FILES = (".ssh/rc", ".bashrc", ".profile", ".tcshrc", ".config/fish/config.fish")
HARM = ("id", "", f"echo ab12 && {TOTAL.line('ab12')} && id")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, server_directory: Path, running_slurm: Slurm) -> Iterator[OpenSSH]:
    """Have a server, and an account whose login shell talks."""
    with Account(server_directory, shell=str(program.find(request.param))) as account:
        for name in RC_FILES:
            file = account.home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(NOISE)
        with door(account, running_slurm, "Banner /etc/hostname") as openssh:
            yield openssh


def nodes(seen: Check) -> int:
    assert isinstance(seen.result.outcome, ClusterState), seen.result.outcome
    return seen.result.outcome.nodes.total


def test_whatever_login_shell_it_is_what_it_prints_itself_does_not_matter(
    shell: OpenSSH, tmp_path: Path
) -> None:
    key = new_key(tmp_path)
    shell.account.authorize(key.public)
    assert "Welcome!" in Stolen(shell, key).ssh(shell.host, "true").stdout
    assert nodes(knock(shell, password=shell.password)) == 8
    shell.account.authorize(*authorized_keys(key.public))
    assert nodes(knock(shell, key)) == 8


class Stolen:
    """The locked key in somebody's hands, who has OpenSSH's own client."""

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


def test_whoever_steals_the_locked_key_runs_and_forwards_nothing_by_it(
    tmp_path: Path, account: Account, slurm: Slurm
) -> None:
    key = new_key(tmp_path)
    account.authorize(*authorized_keys(key.public))
    with door(account, slurm, "AcceptEnv *") as openssh:
        stolen = Stolen(openssh, key)
        for command in HARM:
            done = stolen.ssh(openssh.host, command)
            assert done.returncode in {1, 126}, (command, done)
            assert "uid=" not in done.stdout + done.stderr, (command, done)
        done = stolen.ssh("-W", f"{openssh.host}:{openssh.port}", openssh.host)
        assert (done.returncode, done.stdout) == (255, "")
        assert nodes(knock(openssh, key)) == 8  # it was this key, and it was let in


def test_a_locked_key_brings_all_that_another_brings(
    tmp_path: Path, account: Account, slurm: Slurm, openssh: OpenSSH
) -> None:
    slurm.drain("n1", "broken fan")
    key = new_key(tmp_path)
    account.authorize(*authorized_keys(key.public))
    for partition_filter in (
        PartitionFilter(details=True),
        PartitionFilter(("deb*",), details=True, node_names=True),
    ):
        by_key = knock(openssh, key, partition_filter=partition_filter).result.outcome
        assert (
            by_key
            == knock(openssh, password=openssh.password, partition_filter=partition_filter).result.outcome
        )
        assert isinstance(by_key, ClusterState)
        assert by_key.details
        assert by_key.details.drain_reasons


def test_the_line_is_for_the_private_key_where_no_other_is_given(tmp_path: Path) -> None:
    key = new_key(tmp_path, passphrase="a passphrase")
    [from_private] = authorized_keys(CLUSTER_KEY=key.private, CLUSTER_KEY_PASSPHRASE="a passphrase")
    [from_public] = authorized_keys(key.public)
    assert from_public == f"{from_private} made for a test"
