"""Lists and deletes workflow runs by GitHub's REST API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from msgspec import Meta, Struct

from cluster_status.adapters.github.artifacts import artifact_page, artifacts_of_run
from cluster_status.adapters.github.rate_limiter import RateLimiter
from cluster_status.adapters.github.rest import Rest
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.domain.actions.artifact_list import PER_PAGE
from cluster_status.domain.actions.retention import WorkflowRun
from cluster_status.errors import NoSuchWorkflowError
from cluster_status.ports import ArtifactPage, RunPage

_NOT_FOUND = 404
_CONFLICT = 409


class _Run(Struct):
    id: int
    run_number: int
    created_at: datetime
    status: str | None = None


class _List(Struct):
    total_count: int
    workflow_runs: Annotated[list[_Run], Meta(max_length=100)]


class GitHubRuns:
    """Implements ports.RunCatalog."""

    def __init__(self, rest: Rest, rate_limiter: RateLimiter) -> None:
        self._rest = rest
        self._rate_limiter = rate_limiter

    def runs(self, workflow: str, page: int) -> RunPage:
        # no filter by status: GitHub ends a filtered list after a thousand runs
        path = f"workflows/{quote(workflow, safe='')}/runs"
        response = self._rest.send("GET", path, per_page=PER_PAGE, page=page, exclude_pull_requests="true")
        if response.status == _NOT_FOUND:
            raise NoSuchWorkflowError(
                f"No workflow '{workflow}' in {self._rest.repository} ({response.describe('message')}).",
                remedy="Set prune-workflows to names of files in .github/workflows, such as poll.yml. "
                "A token of your own must have access to this repository.",
            )
        listed = self._rest.decode(response, _List)
        runs = [
            WorkflowRun(run.id, run.run_number, run.created_at, run.status == "completed")
            for run in listed.workflow_runs
        ]
        return RunPage(listed.total_count, runs)

    def artifacts(self, page: int) -> ArtifactPage:
        return artifact_page(self._rest, page)

    def artifacts_of(self, run_id: int) -> Sequence[Artifact] | None:
        return artifacts_of_run(self._rest, run_id)

    def delete(self, run_id: int) -> bool:
        response = self._rest.send("DELETE", f"runs/{run_id}")
        if response.status == _CONFLICT:
            return False
        if response.ok or response.status == _NOT_FOUND:  # 404: deleted, but the response was lost
            return True
        raise self._rest.error(response)

    def affordable_deletions(self) -> int:
        return self._rate_limiter.affordable_deletions()
