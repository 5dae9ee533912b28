"""The recent runs of the workflow that polls, by GitHub's REST API."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from msgspec import Meta, Struct

from cluster_status.adapters.github.rest import Rest
from cluster_status.domain.actions.artifact_list import PER_PAGE
from cluster_status.domain.instant import Instant
from cluster_status.errors import GitHubError
from cluster_status.ports import FinishedRun, RunsSince

_MAY_HAVE_POLLED = frozenset({"success", "failure"})  # conclusions


class _Repository(Struct):
    id: int


class _Run(Struct):
    id: int
    created_at: Instant
    run_started_at: Instant | None = None  # of the latest attempt
    conclusion: str | None = None  # None: the run is in progress
    head_branch: str | None = None
    repository: _Repository | None = None
    head_repository: _Repository | None = None  # another one for pull requests from forks

    @property
    def started_at(self) -> datetime:
        return self.run_started_at or self.created_at


class _List(Struct):
    workflow_runs: Annotated[list[_Run], Meta(max_length=100)]


class GitHubRecentRuns:
    """The runs of one workflow on one branch; `run_id` is the id of this run."""

    def __init__(self, rest: Rest, workflow: str, branch: str, run_id: int | None) -> None:
        self._rest = rest
        self._workflow = workflow
        self._branch = branch
        self._run_id = run_id

    def since(self, instant: datetime) -> RunsSince | None:
        """Implement ports.RecentRuns. One page, usually of the newest runs, covers more than an hour."""
        path = f"workflows/{quote(self._workflow, safe='')}/runs"
        query: dict[str, str | int] = {"branch": self._branch} if self._branch else {}
        query |= {"exclude_pull_requests": "true", "per_page": PER_PAGE, "page": 1}
        try:
            response = self._rest.send("GET", path, **query)
            listed = self._rest.decode(response, _List).workflow_runs
        except GitHubError:
            return None
        finished = [
            FinishedRun(run.started_at, failed=run.conclusion == "failure")
            for run in listed
            if run.started_at > instant and self._may_have_polled(run)
        ]
        this = next((run.started_at for run in listed if run.id == self._run_id), None)
        return RunsSince(sorted(finished, key=lambda run: run.started_at), this)

    def _may_have_polled(self, run: _Run) -> bool:
        return (
            run.conclusion in _MAY_HAVE_POLLED
            and run.id != self._run_id
            and run.head_branch == self._branch
            and run.head_repository == run.repository
        )
