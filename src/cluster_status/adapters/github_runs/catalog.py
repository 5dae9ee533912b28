"""Lists and deletes workflow runs, and tells in words what GitHub refuses."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn, Protocol, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from cluster_status.adapters.github_runs.rate_limiter import RateLimiter
from cluster_status.adapters.http import HttpFailure, HttpResponse
from cluster_status.adapters.retry import is_limited
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.domain.actions.retention import WorkflowRun
from cluster_status.errors import GitHubError, GitHubOutOfReachError, NoSuchWorkflowError
from cluster_status.ports import ArtifactPage, Clock, RunPage

_PER_PAGE = 100
_PAUSES_SECONDS = (1.0, 4.0)
_BROKEN = 500
_NOT_FOUND = 404
_CONFLICT = 409
_LATER = "What was not deleted is still there; the next run goes on."
_PERMISSION = (
    "Give the job this permission, and leave github-token at its default: `permissions: {actions: write}`."
)
_FILE_NAMES = (
    "prune-workflows takes the names of files in .github/workflows, as poll.yml; a token of your own must be "
    "one that sees this repository."
)

T = TypeVar("T")


class Requests(Protocol):
    """What sends them; see api.Api."""

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse: ...


class _Run(Struct):
    id: int
    run_number: int
    created_at: datetime
    status: str | None = None


class _Runs(Struct):
    total_count: int
    workflow_runs: list[_Run]


class _Artifacts(Struct):
    total_count: int
    artifacts: list[Artifact]


class GithubRuns:
    """Implements ports.RunCatalog."""

    def __init__(self, api: Requests, repository: str, rate_limiter: RateLimiter, clock: Clock) -> None:
        self._api = api
        self._repository = repository
        self._actions = f"/repos/{repository}/actions"
        self._rate_limiter = rate_limiter
        self._clock = clock

    def runs(self, workflow: str, page: int) -> RunPage:
        # with status=completed it would be a search, which GitHub ends after a thousand
        query = {"per_page": _PER_PAGE, "page": page} | {"exclude_pull_requests": "true"}
        answer = self._ask("GET", f"{self._actions}/workflows/{quote(workflow, safe='')}/runs", query)
        if answer.status == _NOT_FOUND:
            text = f"There is no workflow '{workflow}' in {self._repository} ({answer.said('message')})."
            raise NoSuchWorkflowError(text, remedy=_FILE_NAMES)
        listed = _decode(answer, _Runs)
        runs = [
            WorkflowRun(run.id, run.run_number, run.created_at, run.status == "completed")
            for run in listed.workflow_runs
        ]
        return RunPage(listed.total_count, runs)

    def artifacts(self, page: int) -> ArtifactPage:
        answer = self._ask("GET", f"{self._actions}/artifacts", {"per_page": _PER_PAGE, "page": page})
        listed = _decode(answer, _Artifacts)
        is_last = not listed.artifacts or page * _PER_PAGE >= listed.total_count
        return ArtifactPage(listed.total_count, is_last, listed.artifacts)

    def artifacts_of(self, run_id: int) -> Sequence[Artifact]:
        answer = self._ask("GET", f"{self._actions}/runs/{run_id}/artifacts", {"per_page": _PER_PAGE})
        return [] if answer.status == _NOT_FOUND else _decode(answer, _Artifacts).artifacts

    def delete(self, run_id: int) -> bool:
        answer = self._ask("DELETE", f"{self._actions}/runs/{run_id}", {})
        if answer.status == _CONFLICT:
            return False
        if not answer.ok and answer.status != _NOT_FOUND:  # gone already, where an answer was lost
            _refuse(answer)
        return True

    def affordable_deletions(self) -> int:
        return self._rate_limiter.deletions()

    def _ask(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        """Ask, and again where the trouble may pass. To delete twice does no harm."""
        pauses = list(_PAUSES_SECONDS)
        while True:
            self._rate_limiter.take(method)
            try:
                answer = self._api.request(method, path, query)
            except HttpFailure as failure:
                trouble = f"GitHub was not reached: {failure}."
            else:
                self._rate_limiter.note(answer)
                if is_limited(answer):
                    self._rate_limiter.pause(answer)
                    continue
                if answer.status < _BROKEN:
                    return answer
                trouble = f"GitHub does not answer as it should ({answer.said('message')})."
            if not pauses:
                raise GitHubOutOfReachError(trouble, remedy=_LATER)
            self._clock.sleep(pauses.pop(0))


def _decode(answer: HttpResponse, kind: type[T]) -> T:
    if not answer.ok:
        _refuse(answer)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise GitHubOutOfReachError("GitHub's answer cannot be read.", remedy=_LATER) from None


def _refuse(answer: HttpResponse) -> NoReturn:
    said = answer.said("message")
    match answer.status:
        case 401:
            remedy = "Leave github-token at its default, or renew your own."
            raise GitHubError(f"GitHub does not accept github-token ({said}).", remedy=remedy)
        case 403 | 404:
            raise GitHubError(f"GitHub does not let github-token prune ({said}).", remedy=_PERMISSION)
        case _:
            raise GitHubError(f"GitHub does not answer as it should ({said}).", remedy=_LATER)
