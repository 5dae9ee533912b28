"""Uploads artifacts of the running job through the results service, as actions/upload-artifact does.

Protocol of @actions/artifact 6.2.1 (generated/results/api/v1): JSON over POST, names in snake_case, 64-bit
numbers as strings. The file itself goes to a signed URL of the blob storage.
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

from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import HttpFailure, HttpResponse
from cluster_status.domain.secret import Secret
from cluster_status.errors import HistoryError, InputError

_SERVICE = "twirp/github.actions.results.api.v1.ArtifactService"
_VERSION = 7  # of the artifact format, since 6.2.0
_ZIP = "application/zip"
_QUOTA = re.compile("insufficient usage|storage quota", re.IGNORECASE)
FREE_STORAGE = (
    "Delete old runs with their artifacts, or shorten history-retention-days. "
    "GitHub updates the used storage every 6 to 12 hours."
)
_TIMEOUT_SECONDS = 20.0
_NOT_FOUND = 404
_CONFLICT = 409
_NO_SERVICE = frozenset({_NOT_FOUND, 405, 501})  # of a forge, or of an old GitHub Enterprise Server
_NEXT_RUN = "The next run tries again."
_USE_A_FILE = "Set history-store to file: see docs/history.md."
_NEW_RUN = "Start a new run: this run cannot save the history in another attempt."

T = TypeVar("T")


class Job(Struct, frozen=True):
    """The identity of the running job at the results service."""

    origin: str
    token: Secret
    run_id: str
    job_id: str

    @classmethod
    def of(cls, results_url: str, token: Secret) -> "Job":
        """Read the ids from the runtime token; the service verifies the token."""
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


class _Deleted(Struct):
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

        A name can be used once in all attempts of a run. If all names are used, the oldest of the artifacts
        is deleted. It is the only one, and the current history, if another name was taken by an upload that
        was never completed. Raises HistoryError.
        """
        name, url = self._reserve(names, expires_at)
        self._put(url, archive)
        digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
        response = self._call("FinalizeArtifact", {"name": name, "size": str(len(archive)), "hash": digest})
        return _expect(response, _Finalized).artifact_id

    def _reserve(self, names: Sequence[str], expires_at: datetime) -> tuple[str, str]:
        """Return the name and the URL to upload to."""
        for name in names:
            response = self._create(name, expires_at)
            if response.status != _CONFLICT:
                return name, _expect(response, _Created).signed_upload_url
        name = self._delete_oldest(names)
        response = self._create(name, expires_at)
        if response.status == _CONFLICT:  # a deletion may take a moment (actions/upload-artifact#571)
            response = self._create(name, expires_at)
        return name, _expect(response, _Created).signed_upload_url

    def _create(self, name: str, expires_at: datetime) -> HttpResponse:
        details = {
            "name": name,
            "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
            "version": _VERSION,
            "mime_type": _ZIP,
        }
        response = self._call("CreateArtifact", details)
        if response.status in _NO_SERVICE:
            text = f"This server has no artifact store of version 4 ({response.describe('msg')})."
            raise HistoryError(text, remedy=_USE_A_FILE)
        return response

    def _delete_oldest(self, names: Sequence[str]) -> str:
        """Delete the oldest of this run's artifacts with these names; return its name."""
        listed = _decode(self._call("ListArtifacts", {}), _List).artifacts
        ours = sorted((one for one in listed if one.name in names), key=lambda one: one.database_id)
        if not ours:
            text = "The artifact names of the history are taken by uploads that were never completed."
            raise HistoryError(text, remedy=_NEW_RUN)
        oldest = ours[0]
        ids = {
            "workflow_run_backend_id": oldest.workflow_run_backend_id,
            "workflow_job_run_backend_id": oldest.workflow_job_run_backend_id,
        }
        response = self._call("DeleteArtifact", {"name": oldest.name, **ids})
        if response.status != _NOT_FOUND:  # 404: deleted, but the response to a first attempt was lost
            _expect(response, _Deleted)
        return oldest.name

    def _put(self, url: str, archive: bytes) -> None:
        common = {"Content-Type": _ZIP, "x-ms-version": "2026-04-06"}
        blob = {"x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": _ZIP}
        response = self._send("PUT", url, common | blob, archive)
        if not response.ok:  # the signature may only allow what the official client does
            response = self._put_block(url, common, archive)
        if not response.ok:
            text = f"Could not upload the history (HTTP {response.status})."
            raise HistoryError(text, remedy=_NEXT_RUN)

    def _put_block(self, url: str, common: Mapping[str, str], archive: bytes) -> HttpResponse:
        """Upload as the official client does: a block, then the list of blocks."""
        block = base64.b64encode(b"00000001").decode()
        response = self._send("PUT", f"{url}&comp=block&blockid={block}", common, archive)
        if not response.ok:
            return response
        blocks = f'<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>{block}</Latest></BlockList>'
        headers = {**common, "Content-Type": "application/xml", "x-ms-blob-content-type": _ZIP}
        return self._send("PUT", f"{url}&comp=blocklist", headers, blocks.encode())

    def _call(self, method: str, details: Mapping[str, object]) -> HttpResponse:
        ids = {"workflow_run_backend_id": self._job.run_id, "workflow_job_run_backend_id": self._job.job_id}
        return self._send(
            "POST",
            f"{self._job.origin}/{_SERVICE}/{method}",
            {"Authorization": f"Bearer {self._job.token.reveal()}", "Content-Type": "application/json"},
            json.dumps({**ids, **details}).encode(),
        )

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        try:
            return self._http.request(
                method, url, headers=headers, body=body, timeout_seconds=_TIMEOUT_SECONDS
            )
        except HttpFailure as failure:
            raise HistoryError(
                f"The artifact store cannot be reached: {failure}.", remedy=_NEXT_RUN
            ) from None


def _expect(response: HttpResponse, kind: type[T]) -> T:
    """Return the body of a successful call."""
    if response.ok and response.json().get("ok"):
        return _decode(response, kind)
    status = response.describe("msg")
    if _QUOTA.search(status):
        raise HistoryError("The artifact storage quota of the account is used up.", remedy=FREE_STORAGE)
    raise HistoryError(f"The artifact store refused the history ({status}).", remedy=_NEXT_RUN)


def _decode(response: HttpResponse, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(response.body, type=kind, strict=False)  # 64-bit numbers are strings
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = f"Could not parse the response of the artifact store ({response.describe('msg')})."
        raise HistoryError(text, remedy=_NEXT_RUN) from None
