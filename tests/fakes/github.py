"""A GitHub on loopback for runs and artifacts: it refuses what GitHub refuses, and injects faults.

    with LoopbackGitHub() as github:
        github.plant("history", {"history.json": b"{}"})
        run = github.start_run()
        github.fail_next(Broken(503), Reset(after_accepting=True), on="finalize")
        ...  # with run.environment, and run.github_token
        assert github.artifacts[-1].files == {"history.json": b"{}"}

It has three servers: the REST API, the results service and the blob storage. The blob storage has another
host, so that a client must not send it the Authorization header after a redirect.
"""

import contextlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Literal, Self, get_args

from tests.fakes import github_api, github_blobs, github_results
from tests.fakes.github_actions import (
    RAW_TYPE,
    ZIP_TYPE,
    Actions,
    Artifact,
    Blob,
    Permission,
    Run,
    sha256,
    zip_of,
)
from tests.fakes.github_api import Api
from tests.fakes.github_blobs import Blobs, PutBlob, Storage
from tests.fakes.github_dialects import GITHUB, Dialect
from tests.fakes.github_issues import Issues
from tests.fakes.github_limits import RATE_LIMIT, rate_limit_headers
from tests.fakes.github_results import Results
from tests.fakes.github_workflows import Workflow, Workflows
from tests.fakes.loopback import Aborted, Held, Holds, HttpResponse, LoopbackServer, Request, Reset, Silent

__all__ = [
    "FORBIDDEN",
    "INTERMEDIARY_REFUSED",
    "QUOTA_HIT",
    "Artifact",
    "Broken",
    "Damaged",
    "Failed",
    "Fault",
    "LoopbackGitHub",
    "Odd",
    "Operation",
    "RateLimited",
    "Request",
    "Reset",
    "Run",
    "SecondaryRateLimited",
    "Silent",
    "Truncated",
    "zip_of",
]

Server = Literal["api", "results", "blob"]
Operation = Literal[
    # of the REST API
    "list",
    "get",
    "zip",
    "delete-by-id",
    "list-runs",
    "list-of-run",
    "delete-run",
    "get-run",
    "repository",
    "branch",
    "dispatch",
    "user",
    "list-issues",
    "get-issue",
    "open-issue",
    "change-issue",
    "comment",
    # of the results service
    "create",
    "finalize",
    "list-run",
    "sign",
    "delete",
    # of the blob storage
    "put",
    "put-block",
    "put-block-list",
    "blob-get",
]

OPERATION_OF: dict[str, Callable[[Request], str | None]] = {
    "api": github_api.operation,
    "results": github_results.operation,
    "blob": github_blobs.operation,
}
CODE_OF = {
    400: "invalid_argument",
    401: "unauthenticated",
    403: "permission_denied",
    404: "not_found",
    409: "already_exists",
    412: "failed_precondition",
    429: "resource_exhausted",
    500: "internal",
    503: "unavailable",
}
FROM_CONTENT = "computed from the content"


@dataclass(frozen=True)
class Failed:
    """An error response in the format of the server: REST, twirp or Azure."""

    status: int
    message: str = "It did not work"
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after_accepting: bool = False

    def answer(self, request: Request, _: datetime) -> HttpResponse:
        match request.server:
            case "api":
                answer = github_api.error(self.status, self.message)
            case "results":
                code = self.code or CODE_OF.get(self.status, "unknown")
                answer = github_results.of(self.status, {"code": code, "msg": self.message})
            case _:
                answer = github_blobs.error(self.status, self.code or "InternalError", self.message)
        return replace(answer, headers={**answer.headers, **self.headers})


FORBIDDEN = Failed(403, "Resource not accessible by integration")
QUOTA_HIT = Failed(403, "insufficient usage to create artifact")
# temporary, since 2026 (actions/download-artifact#464); the official client does not retry it
INTERMEDIARY_REFUSED = Failed(403, 'Error from intermediary with HTTP status code 403 "Forbidden"')


@dataclass(frozen=True)
class RateLimited:
    """The hourly limit of the REST API is used up."""

    reset_after_seconds: float = 3600
    status: Literal[403, 429] = 403

    def answer(self, _: Request, now: datetime) -> HttpResponse:
        resets_at = now + timedelta(seconds=self.reset_after_seconds)
        return github_api.rate_limited(rate_limit_headers(RATE_LIMIT, 0, resets_at), self.status)


@dataclass(frozen=True)
class SecondaryRateLimited:
    """The secondary limit is exceeded; the response does not always name a time to wait."""

    retry_after_seconds: float | None = 60
    status: Literal[403, 429] = 403

    def answer(self, _: Request, now: datetime) -> HttpResponse:  # noqa: ARG002  # all faults have this signature
        return github_api.secondary_rate_limited(self.retry_after_seconds, self.status)


@dataclass(frozen=True)
class Broken:
    """A 5xx of a proxy, in HTML."""

    status: int = 502
    after_accepting: bool = False

    def answer(self, _: Request, now: datetime) -> HttpResponse:  # noqa: ARG002  # all faults have this signature
        return HttpResponse(
            self.status, b"<!DOCTYPE html><title>Unicorn!</title>", {"Content-Type": "text/html"}
        )


@dataclass(frozen=True)
class Truncated:
    """The right response, but the connection ends in the middle of its body."""


@dataclass(frozen=True)
class Odd:
    """A status of 200 with this body; the request is not executed."""

    body: bytes

    def answer(self, _: Request, now: datetime) -> HttpResponse:  # noqa: ARG002  # all faults have this signature
        return HttpResponse(200, self.body)


@dataclass(frozen=True)
class Damaged:
    """The request is executed, but the last byte of its body arrives changed."""


Fault = Damaged | Failed | RateLimited | SecondaryRateLimited | Broken | Odd | Silent | Reset | Truncated


def _now() -> datetime:
    return datetime.now(UTC)


class LoopbackGitHub:
    """All connections, threads and held requests end with the context.

    `storage` is another blob storage than the fake. `plant` needs the fake.
    """

    def __init__(  # noqa: PLR0913  # one argument a property of GitHub
        self,
        repository: str = "octo-org/cluster",
        *,
        retention_days: int = 90,
        rate_limit: int = RATE_LIMIT,
        dialect: Dialect = GITHUB,
        put_blob: PutBlob = "stored",
        storage: Storage | None = None,
        newest_first: bool = False,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._clock = clock
        self._actions = Actions(repository, timedelta(days=retention_days), clock, newest_first=newest_first)
        blobs = storage or Blobs(self._actions, put_blob)
        self._workflows = Workflows(self._actions)
        self.issues = Issues(self._actions)
        self._api = Api(self._actions, blobs, self._workflows, self.issues, rate_limit)
        self._decide: dict[str, Callable[[Request], HttpResponse]] = {
            "api": self._api.answer,
            "results": Results(self._actions, blobs, dialect).answer,
            "blob": blobs.answer,
        }
        self._faults: defaultdict[str, deque[Fault | None]] = defaultdict(deque)
        self._requests: list[Request] = []
        self._lock = threading.Condition()
        self._holds = Holds()
        self._servers: list[LoopbackServer] = []
        self._running = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            for name in get_args(Server):
                host = "localhost" if name == "blob" else "127.0.0.1"
                server = stack.enter_context(LoopbackServer(name, self, self._holds, host=host))
                self._actions.addresses[name] = server.url
                self._servers.append(server)
            self._running = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()
        errors = [each for server in self._servers for each in server.errors]
        if errors and error is None:
            raise ExceptionGroup("the fake itself failed", errors)

    def without_sockets(self) -> Self:
        """Serve requests only through `receive` and `decide`: the addresses are not served."""
        self._actions.addresses |= {name: f"https://{name}.invalid" for name in get_args(Server)}
        return self

    @property
    def repository(self) -> str:
        return self._actions.repository

    @property
    def repository_id(self) -> int:
        return self._actions.repository_id

    @property
    def fork_id(self) -> int:
        """The id of a fork of the repository."""
        return self._actions.repository_id + 1

    @property
    def api_url(self) -> str:
        return self._address("api")

    @property
    def results_url(self) -> str:
        return self._address("results")

    @property
    def artifacts(self) -> list[Artifact]:
        """The finalized artifacts, oldest first."""
        with self._lock:
            return list(self._actions.artifacts)

    @property
    def runs(self) -> list[Run]:
        """The latest attempt of each, oldest first."""
        with self._lock:
            return list(self._actions.runs.values())

    @property
    def started(self) -> list[tuple[str, str]]:
        """The workflow and the branch of each dispatch, oldest first."""
        with self._lock:
            return [(each.run.workflow, each.run.branch) for each in self._workflows.started]

    @property
    def requests(self) -> list[Request]:
        """All requests; `operation` is empty for unknown routes."""
        with self._lock:
            return list(self._requests)

    @property
    def operations(self) -> list[str]:
        return [request.operation for request in self.requests]

    def wait_for_requests(self, count: int, *, timeout_seconds: float = 5.0) -> list[Request]:
        """Wait until this many requests arrived: a client that timed out cannot know it."""
        with self._lock:
            if not self._lock.wait_for(lambda: len(self._requests) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self._requests)} of {count} requests arrived")
            return list(self._requests)

    def start_run(  # noqa: PLR0913  # one argument a property of a run
        self,
        branch: str = "main",
        head_repository_id: int | None = None,
        attempt: int = 1,
        *,
        event: str = "schedule",
        permission: Permission = "write",
        workflow: str = "poll.yml",
    ) -> Run:
        """Start a workflow run with one job; `permission` is the permission of its token for `actions`.

        A run from another repository, a fork, is of a pull request, and its token can only read.
        """
        with self._lock:
            return self._actions.start_run(
                branch, head_repository_id, attempt, event=event, permission=permission, workflow=workflow
            )

    def new_token(self, permission: Permission = "read") -> str:
        """Return a token that belongs to no run."""
        with self._lock:
            return self._actions.new_token(permission)

    def delete_run(self, run: Run) -> None:
        with self._lock:
            self._actions.delete_run(run)

    def delete_branch(self, name: str) -> None:
        with self._lock:
            self._actions.delete_branch(name)

    def rename_branch(self, old: str, new: str) -> None:
        with self._lock:
            self._actions.rename_branch(old, new)

    def hide_branches(self) -> None:
        """Refuse to show branches: the tokens lack the permission `contents`."""
        with self._lock:
            self._actions.shows_branches = False

    def add_workflow(self, workflow: Workflow) -> None:
        """Add a workflow on the default branch."""
        with self._lock:
            self._workflows.add(workflow)

    def plant(  # noqa: PLR0913  # one argument a property of an artifact
        self,
        name: str,
        content: bytes | Mapping[str, bytes],
        *,
        branch: str = "main",
        from_fork: bool = False,
        expired: bool = False,
        raw: bool = False,
        created_at: datetime | None = None,
        digest: str | None = FROM_CONTENT,
        run: Run | None = None,
    ) -> Artifact:
        """Add an artifact; without `run`, also a completed run for it.

        Bytes are stored unchanged, even if they are no archive. A `raw` artifact was uploaded without an
        archive, and `name` is the name of its file. Artifacts of upload-artifact v3 have no digest.
        """
        content = content if isinstance(content, bytes) else zip_of(content)
        retention, now = self._actions.retention, self._clock()
        created_at = created_at or (now - retention if expired else now)
        expires_at = min(created_at + retention, now) if expired else created_at + retention
        with self._lock:
            if run is None:
                run = self.start_run(branch, self.fork_id if from_fork else None)
                run.created_at = run.started_at = created_at
                run.finish()
            taken = self._actions.reserve(run, name, RAW_TYPE if raw else ZIP_TYPE, None)
            self._actions.blobs[taken.blob] = Blob(content)
            return self._actions.finalize(
                replace(taken, created_at=created_at, expires_at=expires_at),
                content,
                sha256(content) if digest == FROM_CONTENT else digest,
            )

    def fail_next(self, *faults: Fault | None, on: Operation) -> None:
        """Inject one fault for each of the next requests of this operation; None injects none."""
        if on not in get_args(Operation):
            raise ValueError(f"{on!r} is not one of {get_args(Operation)}")
        with self._lock:
            self._faults[on].extend(faults)

    def fail_none(self) -> None:
        """Withdraw the faults that were not met."""
        with self._lock:
            self._faults.clear()

    def release(self, *, timeout_seconds: float = 5.0) -> None:
        """Wait for a held request, and answer all held requests."""
        if not self._holds.release(timeout_seconds):
            raise TimeoutError("no request was held")

    def receive(self, request: Request) -> HttpResponse | Held | Aborted:
        request = replace(request, operation=OPERATION_OF[request.server](request) or "")
        with self._lock:
            self._requests.append(request)
            self._lock.notify_all()
            faults = self._faults[request.operation]
            fault = faults.popleft() if faults else None
            match fault:
                case None:
                    return self.decide(request)
                case Silent(after_accepting):
                    return Held(self.decide(request) if after_accepting else None)
                case Reset(after_accepting):
                    if after_accepting:
                        self.decide(request)
                    return Aborted()
                case Truncated():
                    answer = self.decide(request)
                    return replace(answer, sent_bytes=len(answer.body) // 2)
                case Damaged():
                    damaged = request.body[:-1] + bytes([request.body[-1] ^ 1])
                    return self.decide(replace(request, body=damaged))
                case _:
                    return self._fail(fault, request)

    def decide(self, request: Request) -> HttpResponse:
        with self._lock:
            return self._decide[request.server](request)

    def _fail(
        self, fault: Failed | RateLimited | SecondaryRateLimited | Broken | Odd, request: Request
    ) -> HttpResponse:
        if isinstance(fault, Failed | Broken) and fault.after_accepting:
            self.decide(request)
        answer = fault.answer(request, self._clock())
        common = self._api.headers() if request.server == "api" else {}
        return replace(answer, headers={**common, **answer.headers})

    def _address(self, server: Server) -> str:
        if server not in self._actions.addresses:
            raise RuntimeError("there is an address only inside the context")
        return self._actions.addresses[server]
