"""Branches by GitHub's REST API, and the runs of one workflow on a branch."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from msgspec import Meta, Struct

from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.github.retry import is_rate_limited
from cluster_status.domain.actions.artifact_list import PER_PAGE
from cluster_status.errors import GitHubUnreachableError

_RENAMED = frozenset({301, 302, 307, 308})
_FORBIDDEN, _NOT_FOUND = 403, 404


class _RepositoryId(Struct):
    id: int


class _Run(Struct):
    id: Annotated[int, Meta(gt=0)]
    path: str  # .github/workflows/poll.yml
    head_branch: str | None = None
    repository: _RepositoryId | None = None
    head_repository: _RepositoryId | None = None  # None: a fork that was deleted

    @property
    def is_origin_known(self) -> bool:
        return (
            self.head_branch is not None and self.repository is not None and self.head_repository is not None
        )

    @property
    def is_from_fork(self) -> bool:
        return self.is_origin_known and self.repository != self.head_repository


class _Runs(Struct):
    total_count: Annotated[int, Meta(ge=0)]
    workflow_runs: Annotated[list[_Run], Meta(max_length=100)]


class _Repository(Struct):
    default_branch: Annotated[str, Meta(min_length=1)]


class _Branch(Struct):
    name: str


class ListedRun(Struct, frozen=True):
    """A run of a workflow; `branch` is None if its origin is not known. It may then be from a fork."""

    id: int
    branch: str | None


class WorkflowRuns(Struct, frozen=True):
    """Runs of one workflow, the newest first, without those that are from forks."""

    runs: Sequence[ListedRun]
    is_empty: bool  # without a run, also of a fork
    is_believed: bool  # the numbers agree
    is_complete: bool


def default_branch(rest: Rest) -> str:
    return rest.decode(rest.get(""), _Repository).default_branch


def is_gone(rest: Rest, branch: str) -> bool:
    """Return whether the branch was deleted or renamed, or cannot be seen.

    In a private repository, a token with no permission but `actions` cannot see branches.
    """
    response = rest.get(f"branches/{quote(branch, safe='')}")
    if response.ok and rest.decode(response, _Branch).name == branch:
        return False
    if response.status in {*_RENAMED, _NOT_FOUND}:
        return True
    if response.status == _FORBIDDEN and not is_rate_limited(response):
        return True
    raise rest.error(response)


def workflow_runs(rest: Rest, workflow: str, *, branch: str = "") -> WorkflowRuns:
    """Return up to a hundred runs on a branch, or on all branches."""
    path = f"workflows/{quote(workflow, safe='')}/runs"
    query: dict[str, str | int] = {"branch": branch} if branch else {}
    query |= {"exclude_pull_requests": "true", "per_page": PER_PAGE, "page": 1}
    listed = rest.decode(rest.send("GET", path, **query), _Runs)
    by_id = {run.id: run for run in listed.workflow_runs}
    runs = [
        ListedRun(number, run.head_branch if run.is_origin_known else None)
        for number, run in sorted(by_id.items(), reverse=True)
        if not run.is_from_fork and (branch in {"", run.head_branch} or not run.is_origin_known)
    ]
    is_believed = len(by_id) == min(listed.total_count, PER_PAGE)
    is_complete = is_believed and len(by_id) == listed.total_count
    return WorkflowRuns(runs, not by_id, is_believed, is_complete)


def is_of_workflow(rest: Rest, run_id: int, workflow: str) -> bool:
    """Return whether a run is one of this workflow, and not from a fork.

    A run that does not exist is an error: its artifacts were listed, and are deleted with it.
    """
    run = rest.decode(rest.send("GET", f"runs/{run_id}"), _Run)
    if not run.is_origin_known:
        raise GitHubUnreachableError(f"GitHub does not show where the run {run_id} comes from.")
    return not run.is_from_fork and run.path.partition("@")[0].rpartition("/")[2] == workflow
