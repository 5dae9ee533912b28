"""The demo cluster works with the real probe, and the demo prints what it promises."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path

import paramiko
import pytest

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.deadline import Deadline
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.ssh.target import Credentials, SshTarget
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult, RememberedLogin
from demo import story
from demo.cluster import DemoCluster
from demo.interruption import Interruption
from tests.servers.process import PROC

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    with DemoCluster() as cluster:
        yield cluster


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`python -m demo`, started in an empty directory; its output is read by the test."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONUTF8": "1"}
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-P", "-W", "error", "-m", "demo"],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        stack.callback(process.kill)  # no effect if it has ended
        yield process


def check(cluster: DemoCluster, *, password: str | None = None, host_key: str = "") -> ProbeResult:
    target = SshTarget(
        (Endpoint(cluster.user, cluster.host, cluster.port),),
        Credentials(Secret(cluster.password if password is None else password)),
        Pins.parse(host_key) if host_key else Pins(),
    )
    with closing(SlurmProbe(SshExecutor(target), SlurmQuery(), target.redaction())) as probe:
        return probe.probe(RememberedLogin, Deadline(30))


def processes_in(directory: Path) -> list[str]:
    """List the processes in a directory. All processes of a demo stay in the directory of the demo."""
    found = []
    for link in PROC.glob("[0-9]*/cwd"):
        try:
            if link.readlink() == directory:
                found.append((link.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:  # the process has ended
            continue
    return found


# the cluster


def test_the_demo_cluster_answers_the_real_probe(cluster: DemoCluster) -> None:
    state = check(cluster, host_key=cluster.host_key).outcome
    assert isinstance(state, ClusterState), state
    assert [partition.name for partition in state.partitions if partition.default] == ["cpu"]
    assert [partition.name for partition in state.partitions] == ["cpu", "gpu", "long"]
    assert state.unknown_states == ()
    # long shares its nodes with cpu: in all, each counts once
    assert state.nodes.total == sum(partition.nodes.total for partition in state.partitions[:2]) == 36
    assert (state.nodes.idle, state.nodes.allocated, state.nodes.down) == (10, 25, 1)


@pytest.mark.parametrize("password", ["", "wrong", "wröng"])
def test_a_wrong_password_is_refused(cluster: DemoCluster, password: str) -> None:
    result = check(cluster, password=password)
    assert result.cause is Cause.LOGIN_REFUSED
    assert result.reached


def test_each_cluster_has_its_own_password_and_host_key(cluster: DemoCluster) -> None:
    with DemoCluster() as other:
        assert check(other, password=cluster.password).cause is Cause.LOGIN_REFUSED
        assert check(other, host_key=cluster.host_key).cause is Cause.HOST_KEY


def test_a_stopped_cluster_refuses_and_restarts_with_the_same_host_key(cluster: DemoCluster) -> None:
    before = check(cluster)
    for _ in range(3):
        cluster.stop()
        assert check(cluster).cause is Cause.REFUSED
        cluster.start()
        after = check(cluster)
        assert after.logged_in
        assert after.host_key == before.host_key


def test_stopping_ends_open_sessions_and_their_processes(cluster: DemoCluster, tmp_path: Path) -> None:
    os.mkfifo(begun := tmp_path / "begun")
    with (
        socket.create_connection((cluster.host, cluster.port)) as idle,
        paramiko.Transport(socket.create_connection((cluster.host, cluster.port))) as transport,
    ):
        transport.connect(username=cluster.user, password=cluster.password)
        channel = transport.open_session()
        channel.exec_command(f"cd '{tmp_path}' && : > begun && sleep 60; echo never")
        begun.read_bytes()  # waits for the other end
        assert processes_in(tmp_path) != []
        cluster.stop()
        assert processes_in(tmp_path) == []
        assert channel.recv(100) == b""
        idle.settimeout(5)
        assert b"never" not in b"".join(iter(lambda: idle.recv(100), b""))


# the demo


def test_the_demo_prints_three_messages_and_leaves_only_its_history_and_page(
    demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, output
    lines = output.splitlines()
    headlines = [after for line, after in pairwise(lines) if line == "─── message ───"]
    assert headlines == ["🟢 demo is online", "❌ demo is offline", "🟢 demo is back online"]
    assert str(tmp_path / "demo-history.json") in output
    assert str(tmp_path / "demo-site" / "index.html") in output
    assert "not pinned" not in output
    assert {path.name for path in tmp_path.iterdir()} == {"demo-history.json", "demo-site"}
    assert (tmp_path / "demo-site" / "index.html").exists()
    assert processes_in(tmp_path) == []


@pytest.mark.parametrize(
    ("moment", "cancelled"),
    [
        ("This is a demo", signal.SIGINT),
        ("==> 1", signal.SIGTERM),
        ("─── message", signal.SIGINT),
        ("==> 2", signal.SIGTERM),
        ("warning: demo is offline", signal.SIGINT),
    ],
)
def test_an_interrupted_demo_ends_at_once_and_leaves_no_process(
    demo: subprocess.Popen[str], tmp_path: Path, moment: str, cancelled: signal.Signals
) -> None:
    assert demo.stdout is not None
    assert any(moment in line for line in demo.stdout)
    demo.send_signal(cancelled)
    rest, _ = demo.communicate(timeout=5)
    assert demo.returncode == 128 + cancelled
    assert "Traceback" not in rest
    assert processes_in(tmp_path) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"demo-history.json", "demo-site"}


def test_a_demo_that_cannot_keep_its_history_fails_with_an_error(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "demo-history.json").mkdir()
    demo: subprocess.Popen[str] = request.getfixturevalue("demo")
    output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "The demo failed: demo-history.json" in output
    assert "Traceback" not in output


def test_a_demo_with_unexpected_results_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(story, "STEPS", (story.Step("the cluster runs", DemoCluster.start, "degraded"),))
    assert story.run(tmp_path, Interruption()) == 1
    assert "The demo failed: the polls had unexpected results" in capfd.readouterr().err
