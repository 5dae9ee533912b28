"""Uploads to the running job by the results service, as GitHub's own upload action does.

Protocol read in @actions/artifact 6.2.1 (generated/results/api/v1): JSON over POST, names in snake_case,
64-bit numbers as strings; the file itself goes to a signed address of a blob store.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from cluster_status.adapters.http import HttpFailure, HttpResponse
from cluster_status.adapters.retry import RetryingHttp
from cluster_status.domain.secret import Secret
from cluster_status.errors import HistoryError, InputError

_SERVICE = "twirp/github.actions.results.api.v1.ArtifactService"
_VERSION = 7  # of the artifact format, since 6.2.0
_ZIP = "application/zip"
_QUOTA = re.compile("insufficient usage|storage quota", re.IGNORECASE)
_FULL = (
    "Nothing was announced. Delete old runs, whose artifacts go with them, or shorten "
    "history-retention-days; GitHub recounts the storage every 6 to 12 hours."
)
_TIMEOUT_SECONDS = 20.0
_NOT_FOUND = 404
_CONFLICT = 409
_LATER = "Nothing was announced; the next run tries again."
_ANEW = "Nothing was announced. Start a new run: one that was broken off and is run again cannot save."

T = TypeVar("T")


class Job(Struct, frozen=True):
    """The running job as the results service knows it."""

    origin: str
    token: Secret
    run_id: str
    job_id: str

    @classmethod
    def of(cls, results_url: str, token: Secret) -> "Job":
        """Read the ids from the runtime token, which the service checks and we need not."""
        parts = urlsplit(results_url)
        try:
            payload = token.reveal().split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            [scope] = [word for word in claims["scp"].split(" ") if word.startswith("Actions.Results:")]
            _, run_id, job_id = scope.split(":")
        except (IndexError, KeyError, TypeError, ValueError, AttributeError):
            raise InputError(
                ["history-store: the job's runtime token cannot be read; set it to file"]
            ) from None
        return cls(f"{parts.scheme}://{parts.netloc}", token, run_id, job_id)


class _Done(Struct):
    pass


class _Created(Struct):
    signed_upload_url: str


class _Finalized(Struct):
    artifact_id: int


class _Uploaded(Struct):
    name: str
    database_id: int
    workflow_run_backend_id: str
    workflow_job_run_backend_id: str


class _List(Struct):
    artifacts: list[_Uploaded] = []


class ResultsService:
    def __init__(self, http: RetryingHttp, job: Job) -> None:
        self._http = http
        self._job = job

    def upload(self, names: Sequence[str], archive: bytes, *, expires_at: datetime) -> int:
        """Upload under the first of these names that is free in this run; return the artifact's id.

        A name serves once in a run, all its attempts taken together. Where all are taken, the oldest of
        these artifacts makes room; the newest, which is the history until its successor is there, only
        where the other name was lost to an upload that never ended. Raises HistoryError.
        """
        name, address = self._reserve(names, expires_at)
        self._put(address, archive)
        digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
        answer = self._call("FinalizeArtifact", {"name": name, "size": str(len(archive)), "hash": digest})
        return _expect(answer, _Finalized).artifact_id

    def _reserve(self, names: Sequence[str], expires_at: datetime) -> tuple[str, str]:
        """Return the name, and the address to upload to."""
        for name in names:
            answer = self._create(name, expires_at)
            if answer.status != _CONFLICT:
                return name, _expect(answer, _Created).signed_upload_url
        name = self._make_room(names)
        answer = self._create(name, expires_at)
        if answer.status == _CONFLICT:  # at times it takes a moment (actions/upload-artifact#571)
            answer = self._create(name, expires_at)
        return name, _expect(answer, _Created).signed_upload_url

    def _create(self, name: str, expires_at: datetime) -> HttpResponse:
        details = {
            "name": name,
            "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
            "version": _VERSION,
            "mime_type": _ZIP,
        }
        return self._call("CreateArtifact", details)

    def _make_room(self, names: Sequence[str]) -> str:
        """Delete the oldest of this run's artifacts with these names, and return its name."""
        listed = _decode(self._call("ListArtifacts", {}), _List).artifacts
        ours = sorted((one for one in listed if one.name in names), key=lambda one: one.database_id)
        if not ours:
            raise HistoryError(
                "The names for the history are taken by uploads that never ended.", remedy=_ANEW
            )
        oldest = ours[0]
        ids = {
            "workflow_run_backend_id": oldest.workflow_run_backend_id,
            "workflow_job_run_backend_id": oldest.workflow_job_run_backend_id,
        }
        answer = self._call("DeleteArtifact", {"name": oldest.name, **ids})
        if answer.status != _NOT_FOUND:  # gone already, where the answer to a first try was lost
            _expect(answer, _Done)
        return oldest.name

    def _put(self, address: str, archive: bytes) -> None:
        common = {"Content-Type": _ZIP, "x-ms-version": "2026-04-06"}
        answer = self._send(
            "PUT",
            address,
            common | {"x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": _ZIP},
            archive,
        )
        if answer.ok:
            return
        # the address may allow only what the official client does: a block, then the list of blocks
        block = base64.b64encode(b"00000001").decode()
        answer = self._send("PUT", f"{address}&comp=block&blockid={block}", common, archive)
        if answer.ok:
            listed = f'<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>{block}</Latest></BlockList>'
            answer = self._send(
                "PUT",
                f"{address}&comp=blocklist",
                {
                    "Content-Type": "application/xml",
                    "x-ms-blob-content-type": _ZIP,
                    "x-ms-version": common["x-ms-version"],
                },
                listed.encode(),
            )
        if not answer.ok:
            raise HistoryError(f"The history could not be uploaded (http {answer.status}).", remedy=_LATER)

    def _call(self, method: str, details: Mapping[str, object]) -> HttpResponse:
        ids = {"workflow_run_backend_id": self._job.run_id, "workflow_job_run_backend_id": self._job.job_id}
        return self._send(
            "POST",
            f"{self._job.origin}/{_SERVICE}/{method}",
            {"Authorization": f"Bearer {self._job.token.reveal()}", "Content-Type": "application/json"},
            json.dumps({**ids, **details}).encode(),
        )

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> HttpResponse:
        try:
            return self._http.request(
                method, url, headers=headers, body=body, timeout_seconds=_TIMEOUT_SECONDS
            )
        except HttpFailure as failure:
            raise HistoryError(f"The artifact store was not reached: {failure}.", remedy=_LATER) from None


def _expect(answer: HttpResponse, kind: type[T]) -> T:
    """Return what a call that worked says."""
    if answer.ok and answer.json().get("ok"):
        return _decode(answer, kind)
    said = answer.said("msg")
    if _QUOTA.search(said):
        raise HistoryError("The artifact storage quota of the account is used up.", remedy=_FULL)
    raise HistoryError(f"The artifact store refused the history ({said}).", remedy=_LATER)


def _decode(answer: HttpResponse, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind, strict=False)  # 64-bit numbers come as strings
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = answer.said("msg")
        raise HistoryError(f"The artifact store's answer cannot be read ({said}).", remedy=_LATER) from None
