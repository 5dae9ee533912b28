"""Pending jobs of a real Slurm: of three users, hidden ones, and 50,000 tasks of an array."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState, Pending
from cluster_status.domain.slurm.commands import PENDING
from cluster_status.domain.slurm.query import SlurmQuery
from tests.real.sshd import probe_sshd, running_sshd
from tests.servers.account import Account
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

TASKS = 50_000
_LIMITS = (f"MaxArraySize={TASKS + 1}", f"MaxJobCount={4 * TASKS}")


class Site(NamedTuple):
    slurm: Slurm
    openssh: OpenSSH
    users: list[Account]

    def pending(self) -> dict[str, Pending]:
        query = SlurmQuery(details=True)
        probed = probe_sshd(self.openssh, password=self.openssh.password, query=query)
        assert isinstance(probed.result.outcome, ClusterState), probed.result.outcome
        assert probed.result.outcome.details
        return probed.result.outcome.details.pending


@contextmanager
def site(directory: Path, *configuration: str) -> Iterator[Site]:
    """Run a Slurm with two nodes, the sshd of a monitor, and three users."""
    directory.mkdir()
    with ExitStack() as stack:
        slurm = stack.enter_context(
            Slurm(directory, node_count=2, extra_configuration=(*_LIMITS, *configuration))
        )
        monitor, *users = (stack.enter_context(Account(directory)) for _ in range(4))
        yield Site(slurm, stack.enter_context(running_sshd(monitor, slurm)), users)


@pytest.fixture(scope="module")
def open_site(server_directory: Path) -> Iterator[Site]:
    with site(server_directory / "open") as running:
        yield running


def test_the_pending_jobs_of_all_users_are_counted(open_site: Site) -> None:
    slurm, (first, second, third) = open_site.slurm, open_site.users
    slurm.reset()
    begun = int(time.time())
    slurm.fill(first.name)
    slurm.submit(first.name, "--exclusive", "--nodes=2")
    slurm.submit(second.name, "--exclusive", "--nodes=1", "--partition=debug,short")
    slurm.submit(third.name, "--hold", "--nodes=2")
    slurm.submit(third.name, "--array=0-9%1", "--exclusive", "--nodes=1")
    found = open_site.pending()
    assert {name: (one.jobs, one.nodes) for name, one in found.items()} == {
        "debug": (12, 13),
        "short": (1, 1),
    }
    assert all(one.oldest and begun <= one.oldest.timestamp() <= time.time() for one in found.values())


def test_an_array_of_50_000_tasks_is_one_line(open_site: Site) -> None:
    slurm, (user, *_) = open_site.slurm, open_site.users
    slurm.reset()
    slurm.fill(user.name)
    slurm.submit(user.name, f"--array=0-{TASKS - 1}", "--exclusive", "--nodes=1")
    assert open_site.pending()["debug"].jobs == TASKS
    begun = time.monotonic()
    printed = subprocess.run(
        ["sh", "-c", PENDING.line("")],
        env={**slurm.environment, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    ).stdout
    assert time.monotonic() - begun < 5
    assert len(printed) < 100


def test_private_jobs_are_not_counted_as_none(server_directory: Path) -> None:
    with site(server_directory / "private", "PrivateData=jobs") as private:
        private.slurm.fill(private.users[0].name)
        private.slurm.submit(private.users[1].name, "--exclusive", "--nodes=2")
        assert private.pending() == {}
