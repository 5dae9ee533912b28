"""GitHub's REST API for the runs and artifacts of one repository.

Written from the OpenAPI document, which the responses are checked against, and from github/docs. GitHub
ignores an unknown query parameter and reads `per_page=many` as 30. This fake refuses both, as the document
does. It also refuses parameters of the document that the action does not use.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from math import ceil
from urllib.parse import quote, unquote, urlencode

from tests.fakes.github_actions import Actions, Artifact, Permission, rfc3339
from tests.fakes.github_blobs import Storage
from tests.fakes.github_issues import PERSON, Issues
from tests.fakes.github_issues import Refused as IssueRefused
from tests.fakes.github_limits import RateLimit, SecondaryLimit
from tests.fakes.github_repository import branch_object, repository_object
from tests.fakes.github_runs import run_object, user_object
from tests.fakes.github_workflows import Refused, Started, Workflows
from tests.fakes.loopback import HttpResponse, Request

API_VERSIONS = ("2022-11-28", "2026-03-10")
DOCUMENTATION = "https://docs.github.com/rest"
PER_PAGE_DEFAULT = 30
PER_PAGE_LIMIT = 100
PARAMETERS = {
    "list": ("name", "per_page", "page"),
    "list-of-run": ("name", "per_page", "page"),
    "list-runs": ("branch", "exclude_pull_requests", "per_page", "page"),
}
OF_ISSUES = ("list-issues", "get-issue", "open-issue", "change-issue", "comment")
OF_REPOSITORY = ("repository", "branch")
NEED_TO_WRITE = ("delete-by-id", "delete-run", "dispatch")


@dataclass(frozen=True)
class Route:
    operation: str
    of: str = ""  # id of the artifact or run, or file of the workflow


def operation(request: Request) -> str | None:
    route = _route(request)
    return route.operation if route else None


def error(status: int, message: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
    return of(status, body, headers)


def of(status: int, body: object, headers: Mapping[str, str] | None = None) -> HttpResponse:
    sent = {"Content-Type": "application/json; charset=utf-8"} | dict(headers or {})
    return HttpResponse(status, json.dumps(body).encode(), sent)


def rate_limited(headers: Mapping[str, str] | None = None, status: int = 403) -> HttpResponse:
    return error(status, "API rate limit exceeded for installation ID 1.", headers)


def secondary_rate_limited(retry_after_seconds: float | None = 60, status: int = 403) -> HttpResponse:
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    wait = {} if retry_after_seconds is None else {"Retry-After": str(ceil(retry_after_seconds))}
    return error(status, message, wait)


class Api:
    def __init__(
        self, actions: Actions, blobs: Storage, workflows: Workflows, issues: Issues, rate_limit: int
    ) -> None:
        self._actions = actions
        self._blobs = blobs
        self._workflows = workflows
        self._issues = issues
        self._rate_limit = RateLimit(rate_limit, actions.clock)
        self._secondary_limit = SecondaryLimit(actions.clock)

    def answer(self, request: Request) -> HttpResponse:
        is_in_time = self._secondary_limit.take(request.method)
        if not self._rate_limit.take():
            answer = rate_limited()
        else:
            answer = self._answer(request) if is_in_time else secondary_rate_limited()
        return HttpResponse(answer.status, answer.body, {**self.headers(), **answer.headers})

    def headers(self) -> dict[str, str]:
        return {
            "Date": format_datetime(self._actions.clock(), usegmt=True),
            "Server": "github.com",
            "x-github-request-id": secrets.token_hex(12).upper(),
            "x-github-api-version-selected": API_VERSIONS[0],
            **self._rate_limit.headers(),
        }

    def _answer(self, request: Request) -> HttpResponse:
        if not request.headers.get("User-Agent"):
            message = (
                b"Request forbidden by administrative rules. Please make sure your request has a User-Agent."
            )
            return HttpResponse(403, message, {"Content-Type": "text/plain"})
        if request.headers.get("X-GitHub-Api-Version", API_VERSIONS[0]) not in API_VERSIONS:
            return error(400, "The requested API version is not supported")
        permission = self._permission(request)
        if isinstance(permission, HttpResponse):
            return permission
        route = _route(request)
        if route and route.operation == "user":
            return self._user(request)
        if route is None or not self._is_repository(request.path):
            return error(404, "Not Found")
        if route.operation in OF_REPOSITORY + OF_ISSUES:
            return self._answer_about_repository(request, route)
        needed = ("write",) if route.operation in NEED_TO_WRITE else ("read", "write")
        if permission not in needed:
            headers = {"x-accepted-github-permissions": f"actions={needed[0]}"}
            return error(403, "Resource not accessible by integration", headers)
        return self._answer_allowed(request, route)

    def _answer_allowed(self, request: Request, route: Route) -> HttpResponse:
        if route.operation in PARAMETERS:
            return self._list(request, route)
        if route.operation == "dispatch":
            return self._dispatched(self._workflows.dispatch(route.of, request.body))
        if route.operation == "get-run":
            run = self._actions.runs.get(int(route.of))
            return of(200, run_object(run)) if run else error(404, "Not Found")
        return self._delete_run(route) if route.operation == "delete-run" else self._answer_one(route)

    def _answer_about_repository(self, request: Request, route: Route) -> HttpResponse:
        """Answer a request that needs other permissions than `actions`; each token has `metadata`."""
        if route.operation in OF_ISSUES:
            return self._answer_about_issues(request, route)
        if route.operation == "repository":
            return of(200, repository_object(self._actions))
        return self._branch(route.of)

    def _answer_about_issues(self, request: Request, route: Route) -> HttpResponse:
        try:
            answer = self._issues.answer(
                route.operation, route.of, request.query, request.body, _token(request)
            )
        except IssueRefused as refused:
            if refused.status == 422:  # the document gives the error of a validation no status
                return of(422, {"message": str(refused), "documentation_url": DOCUMENTATION})
            return error(refused.status, str(refused))
        return of(*answer)

    def _user(self, request: Request) -> HttpResponse:
        """Answer who has the token; that of a job belongs to an app, which is no user."""
        if _token(request).startswith("ghs_"):
            return error(403, "Resource not accessible by integration")
        nothing = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location", "name"))
        numbers = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
        times = dict.fromkeys(("created_at", "updated_at"), rfc3339(self._actions.clock()))
        user = {**user_object(self._actions, PERSON), **nothing, **numbers, **times}
        return of(200, {**user, "user_view_type": "public"})

    def _branch(self, name: str) -> HttpResponse:
        if not self._actions.shows_branches:
            return error(403, "Resource not accessible by integration")
        if name in self._actions.branches:
            return of(200, branch_object(self._actions, name))
        if name in self._actions.renamed:
            base = f"{self._actions.addresses['api']}/repositories/{self._actions.repository_id}/branches"
            url = f"{base}/{quote(self._actions.renamed[name], safe='')}"
            return error(301, "Moved Permanently", {"Location": url})
        return error(404, "Branch not found")

    def _permission(self, request: Request) -> Permission | HttpResponse:
        """Return the permission of the token; the repository is private: a request needs one."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            return error(401, "Requires authentication")
        permission = self._actions.permission_of(token) if kind.lower() in ("bearer", "token") else None
        return permission or error(401, "Bad credentials")

    def _is_repository(self, path: str) -> bool:
        parts = path.split("/")
        if parts[1] == "repositories":  # used by GitHub's links to further pages
            return parts[2] == str(self._actions.repository_id)
        return "/".join(parts[2:4]).lower() == self._actions.repository.lower()

    def _dispatched(self, result: Started | Refused) -> HttpResponse:
        match result:
            case Refused(status, message):
                return error(status, message)
            case Started(run, with_details=True):
                page = f"{self._actions.repository}/actions/runs/{run.id}"
                return of(
                    200,
                    {
                        "workflow_run_id": run.id,
                        "run_url": f"{self._actions.addresses['api']}/repos/{page}",
                        "html_url": f"https://github.com/{page}",
                    },
                )
            case _:
                return HttpResponse(204)

    def _list(self, request: Request, route: Route) -> HttpResponse:
        if any(name not in PARAMETERS[route.operation] for name in request.query):
            return error(422, "Invalid request.\n\nThis endpoint has no such query parameter.")
        numbers = [request.query.get("per_page", str(PER_PAGE_DEFAULT)), request.query.get("page", "1")]
        if not all(each.isascii() and each.isdigit() and int(each) for each in numbers):
            return error(422, "Invalid request.\n\nper_page and page have to be positive numbers.")
        per_page, page = min(int(numbers[0]), PER_PAGE_LIMIT), int(numbers[1])
        shown = slice((page - 1) * per_page, page * per_page)
        if route.operation == "list-runs":
            if request.query.get("exclude_pull_requests", "true") not in ("true", "false"):
                return error(422, "Invalid request.\n\nexclude_pull_requests has to be true or false.")
            if route.of not in self._actions.workflows:
                return error(404, "Not Found")
            runs = self._actions.runs_of(route.of, request.query.get("branch"))
            total, name = len(runs), "workflow_runs"
            rows = [run_object(each) for each in runs[shown]]
        else:
            found = list(self._actions.listed(request.query.get("name")))
            if route.operation == "list-of-run":
                if int(route.of) not in self._actions.runs:
                    return error(404, "Not Found")
                found = [each for each in found if each.run.id == int(route.of)]
            total, name = len(found), "artifacts"
            rows = [self._artifact_object(each) for each in found[shown]]
        links = self._links(request, page, max(1, ceil(total / per_page)))
        return of(200, {"total_count": total, name: rows}, {"Link": links} if links else {})

    def _delete_run(self, route: Route) -> HttpResponse:
        run = self._actions.runs.get(int(route.of))
        if run is None:
            return error(404, "Not Found")
        if not self._actions.can_be_deleted(run):
            return error(409, "The workflow run is in progress")  # the status is known, the message is not
        self._actions.delete_run(run)
        return HttpResponse(204)

    def _links(self, request: Request, page: int, last: int) -> str:
        """Return links to further pages, with the repository's id, as GitHub does."""
        pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        wanted = ("prev", "first") * (page > 1) + ("next", "last") * (page < last)
        below = request.path[request.path.index("/actions/") :]
        base = f"{self._actions.addresses['api']}/repositories/{self._actions.repository_id}{below}"
        return ", ".join(
            f'<{base}?{urlencode(request.query | {"page": str(pages[name])})}>; rel="{name}"'
            for name in wanted
        )

    def _answer_one(self, route: Route) -> HttpResponse:
        artifact = self._actions.find(int(route.of)) if route.of.isdigit() else None
        if artifact is None:
            return error(404, "Not Found")
        match route.operation:
            case "get":
                return of(200, self._artifact_object(artifact))
            case "delete-by-id":
                self._actions.delete(artifact)
                return HttpResponse(204)
            case _ if self._actions.has_expired(artifact):
                return error(410, "Artifact has expired")
            case _:
                return HttpResponse(302, b"", {"Location": self._blobs.download_url(artifact)})

    def _artifact_object(self, artifact: Artifact) -> dict[str, object]:
        actions, run = self._actions, artifact.run
        url = f"{actions.addresses['api']}/repos/{actions.repository}/actions/artifacts/{artifact.id}"
        return {
            "id": artifact.id,
            "node_id": base64.b64encode(f"08:Artifact{artifact.id}".encode()).decode(),
            "name": artifact.name,
            "size_in_bytes": len(artifact.content),
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": actions.has_expired(artifact),
            "digest": artifact.digest,
            "created_at": rfc3339(artifact.created_at),
            "updated_at": rfc3339(artifact.created_at),
            "expires_at": rfc3339(artifact.expires_at),
            "workflow_run": {
                "id": run.id,
                "repository_id": actions.repository_id,
                "head_repository_id": run.head_repository_id,
                "head_branch": run.branch,
                "head_sha": run.head_sha,
            },
        }


def _route(request: Request) -> Route | None:
    match request.path.split("/"):
        case ["", "repos", _, _, "actions", "workflows", name, "dispatches"] if request.method == "POST":
            return Route("dispatch", unquote(name))
        case ["", "user"] if request.method == "GET":
            return Route("user")
        case ["", "repos", _, _, "issues", *place]:
            return _route_of_issues(request.method, place)
        case ["", "repos", _, _] if request.method == "GET":
            return Route("repository")
        case ["", "repos", _, _, "branches", name] if request.method == "GET":
            return Route("branch", unquote(name))
        case ["", "repos", _, _, "actions", *place] | ["", "repositories", _, "actions", *place]:
            return _route_of(request.method, [unquote(each) for each in place])
        case _:
            return None


def _token(request: Request) -> str:
    return str(request.headers.get("Authorization", "")).partition(" ")[2]


def _route_of_issues(method: str, place: list[str]) -> Route | None:
    match (method, place):
        case ("GET", []):
            return Route("list-issues")
        case ("POST", []):
            return Route("open-issue")
        case ("GET", [number]) if number.isdigit():
            return Route("get-issue", number)
        case ("PATCH", [number]) if number.isdigit():
            return Route("change-issue", number)
        case ("POST", [number, "comments"]) if number.isdigit():
            return Route("comment", number)
        case _:
            return None


def _route_of(method: str, place: list[str]) -> Route | None:
    match (method, place):
        case ("GET", ["artifacts"]):
            return Route("list")
        case ("GET", ["artifacts", artifact_id]):
            return Route("get", artifact_id)
        case ("DELETE", ["artifacts", artifact_id]):
            return Route("delete-by-id", artifact_id)
        case ("GET", ["artifacts", artifact_id, "zip"]):
            return Route("zip", artifact_id)
        case ("GET", ["workflows", name, "runs"]):
            return Route("list-runs", name)
        case ("GET", ["runs", run_id, "artifacts"]) if run_id.isdigit():
            return Route("list-of-run", run_id)
        case ("GET" | "DELETE", ["runs", run_id]) if run_id.isdigit():
            return Route("get-run" if method == "GET" else "delete-run", run_id)
        case _:
            return None
