"""A real Slurm, started once a run, and a real OpenSSH server in front of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real import algorithm_table, cause_table, remedy_table
from tests.servers import program
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables of causes, remedies and algorithms."""
    if rows := config.stash.get(algorithm_table.ROWS, []):
        terminalreporter.section("algorithms, each alone")
        for line in algorithm_table.lines(rows):
            terminalreporter.write_line(line)
    if outcomes := config.stash.get(cause_table.OUTCOMES, []):
        terminalreporter.section("causes")
        for line in cause_table.lines(outcomes):
            terminalreporter.write_line(line)
    if followed := config.stash.get(remedy_table.OUTCOMES, []):
        terminalreporter.section("remedies")
        for line in remedy_table.lines(followed):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    if wants := _missing():
        # not skipped: a run without them would seem to have tested them
        pytest.fail(f"the tests with real servers need {' and '.join(wants)}", pytrace=False)
    with public_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def account(server_directory: Path) -> Iterator[Account]:
    with Account(server_directory) as made:
        yield made


@pytest.fixture(scope="session")
def running_slurm(server_directory: Path) -> Iterator[Slurm]:
    with Slurm(server_directory) as running:
        yield running


@pytest.fixture(scope="session")
def running_openssh(server_directory: Path, account: Account, running_slurm: Slurm) -> Iterator[OpenSSH]:
    with OpenSSH(server_directory, account, set_env=running_slurm.environment) as running:
        yield running


@pytest.fixture
def slurm(running_slurm: Slurm) -> Slurm:
    """Return a Slurm with eight idle nodes, regardless of the test before."""
    running_slurm.reset()
    return running_slurm


@pytest.fixture
def openssh(running_openssh: OpenSSH, slurm: Slurm) -> OpenSSH:  # noqa: ARG001  # its sessions use a Slurm that is reset
    """Return a server that answers, without sessions or offers of the test before."""
    if running_openssh.daemon.is_running:
        running_openssh.daemon.resume()
    else:
        running_openssh.start()
    running_openssh.end_sessions()
    running_openssh.forget_offers()
    return running_openssh


def _missing() -> list[str]:
    wants = []
    if os.geteuid() != 0:
        wants.append("root, for an account of their own (sudo)")
    if packages := program.missing_packages():
        wants.append(f"`apt-get install --no-install-recommends {' '.join(packages)}`")
    return wants
