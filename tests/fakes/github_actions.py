"""The state of one repository at GitHub: runs, tokens and artifacts; without HTTP.

Written from github/docs (`actions/`, `rest/actions/artifacts`), actions/runner (`Runner.Worker`), the
official client `@actions/artifact` 6.2.1, and threads that quote responses. Where GitHub's behaviour is not
known, it behaves as is worst for a client.
"""

import base64
import hashlib
import io
import itertools
import json
import secrets
import uuid
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

Permission = Literal["none", "read", "write"]

ZIP_TYPE = "application/zip"
RAW_TYPE = "application/octet-stream"  # cli/cli, `pkg/cmd/run/download/http.go`
FIRST_ARTIFACT_ID = 5_000_000_001


@dataclass(eq=False)
class Run:
    """One attempt of a workflow run, with the tokens of its only job.

    It is assumed that each attempt has its own backend ids: the official client deletes and downloads with
    the ids of the listed artifact, not with those of its token.
    """

    id: int
    attempt: int
    number: int
    branch: str
    event: str
    head_repository_id: int
    head_sha: str
    pull_request: int | None
    permission: Permission
    workflow: str  # the name of its file
    created_at: datetime  # of its first attempt
    started_at: datetime  # of this attempt
    actions: "Actions" = field(repr=False)
    backend_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    job_backend_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    github_token: str = field(default_factory=lambda: f"ghs_{secrets.token_urlsafe(27)}", repr=False)
    runtime_token: str = field(default="", repr=False)
    conclusion: str | None = None

    def __post_init__(self) -> None:
        self.runtime_token = _runtime_token(self)

    def finish(self, conclusion: str = "success") -> None:
        """End the job, and refuse its tokens from now on."""
        self.conclusion = conclusion

    def rerun(self) -> "Run":
        """Start the next attempt of the same run."""
        return self.actions.rerun(self)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a container action, without inputs, paths and file commands.

        It has no token for the API: that is an input, with `github_token` as its value.
        """
        actions, owner = self.actions, self.actions.repository.split("/")[0]
        from_pull_request = self.pull_request is not None
        name = f"{self.pull_request}/merge" if from_pull_request else self.branch
        ref = f"refs/pull/{name}" if from_pull_request else f"refs/heads/{name}"
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": actions.addresses["api"],
            "GITHUB_BASE_REF": "main" if from_pull_request else "",
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_HEAD_REF": self.branch if from_pull_request else "",
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": name,
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_REPOSITORY": actions.repository,
            "GITHUB_REPOSITORY_ID": str(actions.repository_id),
            "GITHUB_REPOSITORY_OWNER": owner,
            "GITHUB_RETENTION_DAYS": str(actions.retention.days),
            "GITHUB_RUN_ATTEMPT": str(self.attempt),
            "GITHUB_RUN_ID": str(self.id),
            "GITHUB_RUN_NUMBER": str(self.number),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": self.head_sha,
            "GITHUB_WORKFLOW": self.workflow.partition(".")[0],
            "GITHUB_WORKFLOW_REF": f"{actions.repository}/.github/workflows/{self.workflow}@{ref}",
            "ACTIONS_RESULTS_URL": f"{actions.addresses['results']}/a-path/that-is-dropped/",
            "ACTIONS_RUNTIME_TOKEN": self.runtime_token,
            "ACTIONS_RUNTIME_URL": f"{actions.addresses['results']}/{secrets.token_hex(8)}/",
        }


@dataclass(frozen=True)
class Artifact:
    """A finalized artifact."""

    id: int
    name: str
    run: Run
    content: bytes = field(repr=False)
    digest: str | None
    mime_type: str
    blob: str
    created_at: datetime
    expires_at: datetime

    @property
    def files(self) -> dict[str, bytes]:
        """The files in the archive; the file itself if it was uploaded without an archive."""
        if self.mime_type != ZIP_TYPE:
            return {self.name: self.content}
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    @property
    def file_name(self) -> str:
        return f"{self.name}.zip" if self.mime_type == ZIP_TYPE else self.name


@dataclass(frozen=True)
class Reservation:
    """A created artifact; its name is taken even if the upload is never completed."""

    run: Run
    name: str
    mime_type: str
    blob: str
    created_at: datetime
    expires_at: datetime


@dataclass
class Blob:
    content: bytes | None = None
    blocks: dict[str, bytes] = field(default_factory=dict)


class Actions:
    """Not thread-safe: the caller holds a lock."""

    def __init__(
        self, repository: str, retention: timedelta, clock: Callable[[], datetime], *, newest_first: bool
    ) -> None:
        self.repository = repository
        self.repository_id = 700_000_000 + secrets.randbelow(1_000_000)
        self.retention = retention
        self.clock = clock
        self.newest_first = newest_first
        self.addresses: dict[str, str] = {}
        self.runs: dict[int, Run] = {}  # the latest attempt of each
        self.workflows: dict[str, int] = {}
        self.default_branch = "main"
        self.branches = {"main"}
        self.renamed: dict[str, str] = {}  # to which branch
        self.blobs: dict[str, Blob] = {}
        self._by_token: dict[str, Run] = {}
        self._numbers: Counter[str] = Counter()
        self._artifacts: dict[int, Artifact] = {}
        self._artifacts_of: defaultdict[int, dict[int, Artifact]] = defaultdict(dict)
        self._artifacts_in: Counter[str] = Counter()  # a blob
        self._reservations: dict[str, Reservation] = {}
        self._permissions: dict[str, Permission] = {}
        self.shows_branches = True  # a token may lack the permission `contents`
        self._artifact_ids = itertools.count(FIRST_ARTIFACT_ID)
        self._run_ids = itertools.count(20_000_000_001)

    @property
    def artifacts(self) -> Collection[Artifact]:
        """The finalized artifacts, oldest first."""
        return self._artifacts.values()

    @property
    def reservations(self) -> Collection[Reservation]:
        return self._reservations.values()

    def start_run(  # noqa: PLR0913  # one argument a property of a run
        self,
        branch: str,
        head_repository_id: int | None,
        attempt: int,
        *,
        event: str,
        permission: Permission,
        workflow: str,
    ) -> Run:
        from_fork = head_repository_id not in (None, self.repository_id)
        event = "pull_request" if from_fork else event
        run_id = next(self._run_ids)
        self.add_workflow(workflow)
        self._numbers[workflow] += 1
        if not from_fork:
            self.branches.add(branch)
            self.renamed.pop(branch, None)
        return self._start(
            Run(
                id=run_id,
                attempt=attempt,
                number=self._numbers[workflow],
                branch=branch,
                event=event,
                head_repository_id=head_repository_id or self.repository_id,
                head_sha=hashlib.sha1(str(run_id).encode(), usedforsecurity=False).hexdigest(),
                pull_request=self._numbers[workflow] if event == "pull_request" else None,
                permission=min(permission, "read", key=_PERMISSIONS.index) if from_fork else permission,
                workflow=workflow,
                created_at=self.clock(),
                started_at=self.clock(),
                actions=self,
            )
        )

    def rerun(self, run: Run) -> Run:
        return self._start(
            Run(
                id=run.id,
                attempt=run.attempt + 1,
                number=run.number,
                branch=run.branch,
                event=run.event,
                head_repository_id=run.head_repository_id,
                head_sha=run.head_sha,
                pull_request=run.pull_request,
                permission=run.permission,
                workflow=run.workflow,
                created_at=run.created_at,
                started_at=self.clock(),
                actions=self,
            )
        )

    def _start(self, run: Run) -> Run:
        self.runs[run.id] = run
        self._by_token |= {run.github_token: run, run.runtime_token: run}
        return run

    def add_workflow(self, name: str) -> None:
        self.workflows.setdefault(name, 90_000_001 + len(self.workflows))

    def delete_branch(self, name: str) -> None:
        self.branches.remove(name)

    def rename_branch(self, old: str, new: str) -> None:
        """Rename a branch; its runs and artifacts keep the old name."""
        self.branches = (self.branches - {old}) | {new}
        self.renamed[old] = new
        self.default_branch = new if self.default_branch == old else self.default_branch

    def runs_of(self, workflow: str, branch: str | None = None) -> list[Run]:
        """Return them unsorted, unless `newest_first` is set. The branch of a fork counts, too."""
        found = [
            run for run in self.runs.values() if run.workflow == workflow and branch in (None, run.branch)
        ]
        return found[::-1] if self.newest_first else sorted(found, key=lambda run: _place(run.id))

    def artifacts_of(self, run_id: int) -> list[Artifact]:
        return list(self._artifacts_of[run_id].values())

    def can_be_deleted(self, run: Run) -> bool:
        """Return whether the run has ended or is two weeks old (`rest/actions/workflow-runs`)."""
        return run.conclusion is not None or self.clock() - run.created_at > timedelta(weeks=2)

    def delete_run(self, run: Run) -> None:
        """Delete a run and its artifacts (`actions/.../artifacts-from-deleted-workflow-runs`)."""
        for artifact in self.artifacts_of(run.id):
            self.delete(artifact)
        del self.runs[run.id]

    def new_token(self, permission: Permission) -> str:
        token = f"github_pat_{secrets.token_urlsafe(40)}"
        self._permissions[token] = permission
        return token

    def permission_of(self, token: str) -> Permission | None:
        """Return None for an unknown token, and for the token of a job that has ended."""
        run = self._by_token.get(token)
        if run and run.github_token == token:
            return run.permission if run.conclusion is None else None
        return self._permissions.get(token)

    def run_of(self, runtime_token: str) -> Run | None:
        run = self._by_token.get(runtime_token)
        return run if run and run.runtime_token == runtime_token else None

    def is_taken(self, run: Run, name: str) -> bool:
        """Return whether any attempt of the run uses the name; a deletion of the artifact frees it.

        A reservation that is never finalized is not listed, and cannot be deleted.
        """
        return any((each.run.id, each.name) == (run.id, name) for each in self.reservations)

    def reserve(self, run: Run, name: str, mime_type: str, expires_at: datetime | None) -> Reservation:
        now = self.clock()
        latest = now + self.retention
        folder = f"/actions-results/{run.backend_id}/workflow-job-run-{run.job_backend_id}/artifacts"
        suffix = "zip" if mime_type == ZIP_TYPE else "bin"
        blob = f"{folder}/{secrets.token_hex(32)}.{suffix}"
        self.blobs[blob] = Blob()
        reservation = Reservation(run, name, mime_type, blob, now, min(expires_at or latest, latest))
        self._reservations[blob] = reservation
        return reservation

    def finalize(self, reservation: Reservation, content: bytes, digest: str | None) -> Artifact:
        """Add the artifact of a reservation; a second call adds another (actions/upload-artifact#531)."""
        artifact = Artifact(
            next(self._artifact_ids),
            reservation.name,
            reservation.run,
            content,
            digest,
            reservation.mime_type,
            reservation.blob,
            reservation.created_at,
            reservation.expires_at,
        )
        self._artifacts[artifact.id] = self._artifacts_of[artifact.run.id][artifact.id] = artifact
        self._artifacts_in[artifact.blob] += 1
        return artifact

    def delete(self, artifact: Artifact) -> None:
        del self._artifacts[artifact.id], self._artifacts_of[artifact.run.id][artifact.id]
        self._artifacts_in[artifact.blob] -= 1
        if not self._artifacts_in[artifact.blob]:
            del self.blobs[artifact.blob], self._reservations[artifact.blob]

    def has_expired(self, artifact: Artifact) -> bool:
        return self.clock() >= artifact.expires_at

    def find(self, artifact_id: int) -> Artifact | None:
        return self._artifacts.get(artifact_id)

    def listed(self, name: str | None) -> Iterator[Artifact]:
        """Yield them unsorted, unless `newest_first` is set: GitHub documents no order."""
        found = [each for each in self.artifacts if name in (None, each.name)]
        yield from found[::-1] if self.newest_first else sorted(found, key=lambda each: _place(each.id))


def _place(number: int) -> int:
    """Return a sort key that gives an unsorted list."""
    return number * 2_654_435_761 % 2**32


_PERMISSIONS: tuple[Permission, ...] = ("none", "read", "write")


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a deflated zip archive, like that of the official client."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def rfc3339(at: datetime, timespec: str = "seconds") -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def disposition(artifact: Artifact) -> str:
    name = artifact.file_name
    plain = name.encode("ascii", "replace").decode()
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def _runtime_token(run: Run) -> str:
    """Return a JWT whose payload needs padding, and has characters of the URL-safe alphabet."""
    claims = {
        "nameid": "dddddddd-dddd-dddd-dddd-dddddddddddd",
        "scp": " ".join(
            [
                "Actions.GenericRead:00000000-0000-0000-0000-000000000000",
                f"Actions.Results:{run.backend_id}:{run.job_backend_id}",
                f"Actions.UploadArtifacts:00000000-0000-0000-0000-000000000000/1:Build/Build/{run.number}",
            ]
        ),
        "aud": "?????>>>>>~~~~~",
    }
    payload = json.dumps(claims).encode()
    payload += b" " * (len(payload) % 3 == 0)
    parts = (json.dumps({"typ": "JWT", "alg": "RS256"}).encode(), payload, secrets.token_bytes(32))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
