"""Pruning through PyGithub, over HTTP, checked against GitHub's OpenAPI document."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import cluster_status
from cluster_status.adapters.github import pygithub
from cluster_status.adapters.github.pygithub import PyGithubTransport
from cluster_status.adapters.github.rate_limiter import RateLimiter
from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.github.runs import GitHubRuns
from cluster_status.adapters.http import HttpFailure
from cluster_status.app.prune import prune
from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.secret import Secret
from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from tests.fakes.clock import VirtualClock
from tests.fakes.file_commands import read_outputs
from tests.fakes.github import (
    Broken,
    Failed,
    Fault,
    LoopbackGitHub,
    Operation,
    Reset,
    SecondaryRateLimited,
    Silent,
    Truncated,
)
from tests.fakes.github_actions import Permission
from tests.fakes.runner import RecordingRunner
from tests.servers.port import free_ports

CheckExchange = Callable[[Mapping[str, object]], list[str]]
SOURCES = str(Path(cluster_status.__file__).parents[1])


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub(newest_first=True) as github:
        yield github


@pytest.fixture
def runner() -> RecordingRunner:
    return RecordingRunner()


def prune_by_http(github: LoopbackGitHub, runner: RecordingRunner, *, keep: int = 3) -> ExitStatus:
    clock = VirtualClock()
    plan = PrunePlan(("poll.yml",), keep, dry_run=False, current_run=None)
    with contextlib.closing(
        PyGithubTransport(github.api_url, Secret(github.new_token("write")))
    ) as transport:
        limiter = RateLimiter(transport, clock, budget_seconds=300, reserved_requests=300)
        rest = Rest(limiter, github.repository, permission="write")
        return prune(GitHubRuns(rest, limiter), runner, plan)


def poll(github: LoopbackGitHub, times: int) -> None:
    for _ in range(times):
        github.plant("cluster-status-a", b"")


def test_all_requests_conform_to_the_openapi_document(
    github: LoopbackGitHub, runner: RecordingRunner, github_document: CheckExchange
) -> None:
    poll(github, 3)
    for number in range(400):  # too many to list, so the artifacts of each run are listed
        github.plant(f"part-{number}", b"", run=github.runs[-1])
    poll(github, 3)
    assert prune_by_http(github, runner) is ExitStatus.OK
    assert [run.number for run in github.runs] == [4, 5, 6]
    assert set(github.operations) == {"list-runs", "list", "list-of-run", "delete-run"}
    for request in github.requests:
        sent = {"method": request.method, "path": request.path, "query": request.query}
        assert github_document(sent) == []
        assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert request.headers["User-Agent"].startswith("cluster-status-action/")


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("list-runs", Broken(502)),
        ("list-runs", Truncated()),
        ("list", Reset()),
        ("list", Failed(429)),
        ("delete-run", SecondaryRateLimited(60)),
        ("delete-run", SecondaryRateLimited(None)),
        ("delete-run", Reset(after_accepting=True)),
    ],
    ids=str,
)
def test_pygithub_itself_neither_sleeps_nor_retries(
    operation: Operation,
    fault: Fault,
    github: LoopbackGitHub,
    runner: RecordingRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a sleep of {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)
    poll(github, 6)
    github.fail_next(fault, on=operation)
    assert prune_by_http(github, runner) is ExitStatus.OK
    assert github.operations.count(operation) == {"delete-run": 4}.get(operation, 2)


def test_a_response_that_does_not_arrive_in_time_is_an_error(
    github: LoopbackGitHub, runner: RecordingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pygithub, "_WAIT_SECONDS", 1)
    monkeypatch.setattr(pygithub, "_RESPONSE_SECONDS", 0.1)
    github.fail_next(*[Silent()] * 3, on="list-runs")
    assert prune_by_http(github, runner) is ExitStatus.GITHUB
    assert "GitHub cannot be reached: no complete response before the timeout." in runner.of(Level.ERROR)[0]


def test_failures_contain_neither_the_address_nor_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    [port] = free_ports(1)
    closed = f"http://127.0.0.1:{port}"
    with contextlib.closing(PyGithubTransport(closed, Secret("ghs_tOkEn"))) as transport:
        with pytest.raises(HttpFailure) as refused:
            transport.request("GET", "/repos/o/r/actions/artifacts", {})
        monkeypatch.setenv("http_proxy", closed)
        with pytest.raises(HttpFailure) as by_proxy:
            transport.request("GET", "/repos/o/r/actions/artifacts", {})
    assert (str(refused.value), str(by_proxy.value)) == ("the connection failed", "the proxy failed")


def test_a_redirect_to_another_server_is_not_followed(github: LoopbackGitHub) -> None:
    elsewhere = Failed(301, headers={"Location": "http://elsewhere.invalid/"})
    github.fail_next(elsewhere, on="list")
    transport = PyGithubTransport(github.api_url, Secret("ghs_tOkEn"))
    with contextlib.closing(transport), pytest.raises(HttpFailure, match="redirects"):
        transport.request("GET", f"/repos/{github.repository}/actions/artifacts", {})


def prune_as_a_step(
    github: LoopbackGitHub, directory: Path, permission: Permission = "write", **inputs: str
) -> tuple[int, str]:
    """Run the command as a process on a runner; return its exit status and its output."""
    run = github.start_run(workflow="prune.yml", permission=permission)
    given = {"command": "prune", "github-token": run.github_token, **inputs}
    files = {name: str(directory / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environ = {f"INPUT_{name.upper().replace('_', '-')}": text for name, text in given.items()}
    ended = subprocess.run(
        [sys.executable, "-m", "cluster_status.cli"],
        env={**environ, **run.environment, **files, "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr == ""
    return ended.returncode, ended.stdout.replace(f"::add-mask::{run.github_token}\n", "")


def test_the_prune_command_needs_only_a_token_and_names_of_workflows(
    github: LoopbackGitHub, tmp_path: Path
) -> None:
    poll(github, 8)
    exit_status, printed = prune_as_a_step(github, tmp_path, prune_workflows="poll.yml", prune_keep="5")
    assert exit_status == 0
    assert [run.number for run in github.runs if run.workflow == "poll.yml"] == [4, 5, 6, 7, 8]
    assert "poll.yml: 8 runs, 3 to delete now" in printed
    assert "| poll.yml | 8 | 5 | 0 | 3 | 0 |" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    assert (
        not (tmp_path / "GITHUB_OUTPUT").exists()
        or read_outputs((tmp_path / "GITHUB_OUTPUT").read_text()) == {}
    )


def test_an_error_ends_the_step_with_5_and_shows_no_token(github: LoopbackGitHub, tmp_path: Path) -> None:
    exit_status, printed = prune_as_a_step(github, tmp_path, prune_workflows="pol.yml")
    assert exit_status == 5
    assert "::No workflow 'pol.yml' in octo-org/cluster (HTTP 404: Not Found)." in printed
    assert "ghs_" not in printed


def test_a_token_that_can_only_read_ends_the_step_with_the_permission_to_add(
    github: LoopbackGitHub, tmp_path: Path
) -> None:
    poll(github, 11)
    exit_status, printed = prune_as_a_step(github, tmp_path, "read", prune_workflows="poll.yml")
    assert exit_status == 5
    assert "`permissions: {actions: write}`" in printed


def test_pygithub_is_not_imported_unless_runs_are_pruned() -> None:
    code = (
        "import sys, cluster_status.wiring as _; print(*(name for name in sys.modules if name == 'github'))"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, env={"PYTHONPATH": SOURCES}, capture_output=True, timeout=60, check=True)
    assert loaded.stdout.strip() == b""
