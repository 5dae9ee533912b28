"""Slurm is found where only a login shell finds it, with every login shell and with a restricted key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from tests.contract.ssh_probe import TimedResult
from tests.real.monitor import authorized_keys
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
EVERYTHING = SlurmQuery(PartitionFilter(("debug",)), details=True)


class Site:
    """An account whose profile leads to a real Slurm, and a PATH of sshd that does not."""

    def __init__(self, openssh: OpenSSH, shell: str, slurm: Slurm) -> None:
        self.openssh = openssh
        self._slurm = slurm
        self._profile, self._line = PROFILES[shell]

    def write_profile(self, *lines: str, **variables: object) -> None:
        """Set variables in the profile; by default those that lead to Slurm."""
        values = variables or {"PATH": self._programs, **self._slurm.environment}
        file = self.openssh.account.home / self._profile
        file.parent.mkdir(parents=True, exist_ok=True)
        set_lines = [self._line.format(name=name, value=value) for name, value in values.items()]
        file.write_text("".join(f"{line}\n" for line in [*lines, *set_lines]))

    @property
    def _programs(self) -> str:
        return f"{program.find('sinfo').parent}:/bin"

    def probe(self, **changes: object) -> TimedResult:
        return probe_sshd(self.openssh, password=self.openssh.password, **changes)


@pytest.fixture(params=PROFILES)
def site(request: pytest.FixtureRequest, server_directory: Path, slurm: Slurm) -> Iterator[Site]:
    """Run an sshd whose PATH has none of Slurm's commands."""
    shell = str(request.param)
    with (
        public_directory() as directory,
        Account(server_directory, shell=str(program.find(shell))) as account,
    ):
        (programs := directory / "bin").mkdir()
        for name in ("env", "tr"):
            (programs / name).symlink_to(program.find(name))
        with OpenSSH(directory, account, set_env={"PATH": str(programs)}) as openssh:
            yield Site(openssh, shell, slurm)


def test_sinfo_is_found_through_the_profile(site: Site, tmp_path: Path) -> None:
    site.write_profile()
    key = new_key(tmp_path)
    site.openssh.account.authorize(*authorized_keys(key.public))
    for query in (SlurmQuery(), EVERYTHING):
        by_password = site.probe(query=query).result
        assert isinstance(by_password.outcome, ClusterState), by_password.outcome
        assert (by_password.outcome.nodes.total, by_password.login_shell) == (8, True)
        assert probe_sshd(site.openssh, key, query=query).result.outcome == by_password.outcome
