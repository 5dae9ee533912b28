"""A check that waits, with an SSH server."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_status import wiring
from cluster_status.adapters.clock import SystemClock
from cluster_status.deadline import PAUSE_SECONDS
from cluster_status.errors import ExitStatus
from cluster_status.settings import load
from tests.contract.process import SECONDS, Site, site, without_nodes
from tests.fakes.file_commands import read_outputs
from tests.fakes.ssh import print_sinfo


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Site]:
    """Return a cluster without a node in service, whose check waits."""
    with site(tmp_path) as watched:
        watched.ssh_server.command = without_nodes
        watched.inputs = {"command": "check", "wait-minutes": "5"}
        yield watched


def test_a_signal_ends_a_check_that_waits(waiting: Site) -> None:
    with waiting.polling() as process:
        assert process.stdout
        for line in process.stdout:
            if "The next check follows in 60 s. The wait ends in 5 min." in line:
                break
        process.send_signal(signal.SIGINT)
        log, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "Cancelled by SIGINT." in log


def test_a_check_that_waits_logs_in_each_time_until_the_cluster_is_online(
    waiting: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(_: SystemClock, seconds: float) -> None:
        pauses.append(seconds)
        if pauses[1:]:
            waiting.ssh_server.command = print_sinfo

    monkeypatch.setattr(SystemClock, "sleep", pause)
    settings = load.read(waiting.environment())
    assert wiring.run(settings, wiring.runner(settings.runner_context)) is ExitStatus.OK
    assert read_outputs((waiting.workspace / "outputs").read_text())["status"] == "online"
    assert pauses == [PAUSE_SECONDS] * 2
    assert len(waiting.ssh_server.offers) == 3
