"""A storage quota that is used up for hours, with the loopback GitHub: which messages arrive, and when."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from cluster_status.adapters.github.recent_runs import GitHubRecentRuns
from cluster_status.adapters.github.rest import HttpTransport, Rest
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import Http
from cluster_status.domain.secret import Secret
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ExitStatus
from tests.fakes.artifact_store import artifact_store
from tests.fakes.github import QUOTA_HIT, LoopbackGitHub
from tests.fakes.probe import ONLINE, failed
from tests.unit.app.monitor import Monitor, Run

REFUSED, TIMEOUT = failed(Cause.REFUSED), failed(Cause.TIMEOUT)
IS_OFFLINE = "mscluster is offline"
NOT_SAVED = "Monitoring of mscluster cannot save its history"


class Workflow:
    """Polls every five minutes, each time in a new run; a poll takes a few seconds after the start of it."""

    def __init__(self, github: LoopbackGitHub, monitor: Monitor, http: Http) -> None:
        self.quota_is_used_up = False
        self.github = github
        self._monitor = monitor
        self._http = http

    def poll(self, result: ProbeResult) -> Run:
        if self.quota_is_used_up:
            self.github.fail_next(QUOTA_HIT, on="create")
        monitor, http, run = self._monitor, self._http, self.github.start_run(permission="read")
        monitor.clock.advance(timedelta(seconds=20))
        annotate = monitor.runner.annotate
        store = artifact_store(run.environment, run.github_token, http, monitor.clock, annotate)
        transport = HttpTransport(
            RetryingHttp(http, monitor.clock), self.github.api_url, Secret(run.github_token)
        )
        rest = Rest(transport, self.github.repository)
        recent_runs = GitHubRecentRuns(rest, run.workflow, run.branch, run.id).since
        ended = monitor.poll(result, later=timedelta(), store=store, recent_runs=recent_runs)
        run.finish("failure" if ended.exit_status else "success")
        monitor.clock.advance(timedelta(seconds=280))
        return ended

    def messages(self, *results: ProbeResult) -> dict[int, list[str]]:
        """Poll once for each result; return the headlines of the polls that send messages, from 1."""
        headlines = [self.poll(result).headlines for result in results]
        return {number: sent for number, sent in enumerate(headlines, 1) if sent}


@pytest.fixture
def workflow(monitor: Monitor) -> Iterator[Workflow]:
    """Yield a workflow with two saved polls."""
    monitor.set_retries(attempts=1)
    with (
        LoopbackGitHub(clock=monitor.clock.now, newest_first=True) as github,
        contextlib.closing(Http()) as http,
    ):
        polling = Workflow(github, monitor, http)
        polling.poll(ONLINE)
        polling.poll(ONLINE)
        yield polling


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()


def test_no_outage_of_an_hour_is_missed_while_the_quota_is_used_up(
    workflow: Workflow, monitor: Monitor
) -> None:
    workflow.quota_is_used_up = True
    course = [*[ONLINE] * 7, *[REFUSED] * 20, *[ONLINE] * 15, *[TIMEOUT] * 15]
    assert workflow.messages(*course) == {
        3: [NOT_SAVED],
        13: [IS_OFFLINE],
        25: [IS_OFFLINE],
        49: [IS_OFFLINE],
    }
    sent = [message.at for message in monitor.notifier.messages if message.headline == IS_OFFLINE]
    assert all(later - sooner >= timedelta(hours=1) for sooner, later in pairwise(sent))
    workflow.quota_is_used_up = False
    assert workflow.messages(TIMEOUT, TIMEOUT, TIMEOUT) == {2: [IS_OFFLINE]}


def test_an_outage_in_the_first_run_is_notified_at_once_and_each_hour(workflow: Workflow) -> None:
    workflow.quota_is_used_up = True
    runs = [workflow.poll(REFUSED) for _ in range(13)]
    assert [number for number, run in enumerate(runs, 1) if run.messages] == [1, 13]
    assert {run.exit_status for run in runs} == {ExitStatus.HISTORY}
    assert all("quota of the account is used up. Delete old runs" in run.errors[-1] for run in runs)


def test_runs_that_can_be_saved_do_not_list_the_runs_of_the_workflow(
    workflow: Workflow, monitor: Monitor
) -> None:
    before = len(workflow.github.operations)  # the first poll has searched for a history
    workflow.poll(REFUSED)
    assert len(monitor.notifier.messages) == 2
    assert "list-runs" not in workflow.github.operations[before:]
