"""The recent runs of the workflow by GitHub's REST API. What the port promises is in test_ports."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from cluster_status.adapters.github.recent_runs import GitHubRecentRuns
from cluster_status.adapters.github.rest import HttpTransport, Rest
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import Http
from cluster_status.domain.secret import Secret
from cluster_status.ports import RunsSince
from tests.fakes.clock import START, VirtualClock
from tests.fakes.github import Broken, Failed, Fault, LoopbackGitHub, Odd, RateLimited, Reset, Run
from tests.fakes.github_actions import Permission
from tests.fakes.github_wire import Wire

CheckExchange = Callable[[Mapping[str, object]], list[str]]


class Repository:
    """A repository without sockets, whose runs start a minute after each other."""

    def __init__(self, *, newest_first: bool = False) -> None:
        self.clock = VirtualClock()
        self.github = LoopbackGitHub(clock=self.clock.now, newest_first=newest_first).without_sockets()

    def start(self, **run: object) -> Run:
        self.clock.advance(timedelta(minutes=1))
        return self.github.start_run(**run)  # type: ignore[arg-type]

    def since(self, instant: datetime, permission: Permission = "read") -> RunsSince | None:
        """Return what a new run finds."""
        run = self.start(permission=permission)
        rest = Rest(Wire(self.github, run.github_token), self.github.repository)
        return GitHubRecentRuns(rest, "poll.yml", "main", run.id).since(instant)


@pytest.fixture
def repository() -> Repository:
    return Repository()


def minutes(found: RunsSince | None) -> list[int]:
    """Return the starts of the finished runs, in minutes."""
    assert found
    return [(run.started_at - START) // timedelta(minutes=1) for run in found.finished]


def test_only_runs_of_this_workflow_branch_and_repository_count(repository: Repository) -> None:
    repository.start().finish("failure")
    repository.start(workflow="prune.yml").finish()
    repository.start(branch="try").finish()
    repository.start(head_repository_id=repository.github.fork_id).finish()
    assert minutes(repository.since(START)) == [1]


@pytest.mark.parametrize(
    "conclusion",
    ["cancelled", "skipped", "timed_out", "startup_failure", "action_required", "neutral", "stale"],
)
def test_a_run_that_may_not_have_polled_does_not_count(conclusion: str, repository: Repository) -> None:
    repository.start().finish(conclusion)
    assert minutes(repository.since(START)) == []


def test_another_attempt_of_a_run_counts_by_its_own_start(repository: Repository) -> None:
    first = repository.start()
    first.finish("failure")
    repository.clock.advance(timedelta(hours=1))
    first.rerun().finish("failure")
    assert minutes(repository.since(START + timedelta(minutes=30))) == [61]


def test_this_run_has_the_start_of_its_latest_attempt(repository: Repository) -> None:
    first = repository.start()
    first.finish("failure")
    repository.clock.advance(timedelta(hours=1))
    again = first.rerun()
    rest = Rest(Wire(repository.github, again.github_token), repository.github.repository)
    found = GitHubRecentRuns(rest, "poll.yml", "main", again.id).since(START)
    assert found == RunsSince([], this_started_at=repository.clock.now())


def test_more_runs_than_one_page_need_one_request() -> None:
    repository = Repository(newest_first=True)
    for _ in range(120):
        repository.start().finish("failure")
    assert minutes(repository.since(START)) == list(range(22, 121))
    assert repository.github.operations == ["list-runs"]


@pytest.mark.parametrize(
    "fault",
    [
        Broken(502),
        Failed(404),
        RateLimited(),
        Reset(),
        Odd(b"<html>"),
        Odd(b'{"workflow_runs": [{"id": 1, "created_at": "2026-03-01T12:00:00"}]}'),
    ],
    ids=str,
)
def test_runs_that_cannot_be_read_are_not_known(fault: Fault, repository: Repository) -> None:
    repository.start().finish("failure")
    repository.github.fail_next(fault, on="list-runs")
    assert repository.since(START) is None


def test_without_the_permission_to_read_the_runs_are_not_known(repository: Repository) -> None:
    assert repository.since(START, permission="none") is None


def test_the_request_conforms_to_the_openapi_document(github_document: CheckExchange) -> None:
    clock = VirtualClock()
    with LoopbackGitHub(clock=clock.now) as github, contextlib.closing(Http()) as http:
        run = github.start_run()
        transport = HttpTransport(RetryingHttp(http, clock), github.api_url, Secret(run.github_token))
        rest = Rest(transport, github.repository)
        found = GitHubRecentRuns(rest, "poll.yml", "main", run.id).since(START - timedelta(days=1))
        [request] = github.requests
    assert found == RunsSince([], this_started_at=START)
    sent = {"method": request.method, "path": request.path, "query": request.query}
    assert github_document(sent) == []
