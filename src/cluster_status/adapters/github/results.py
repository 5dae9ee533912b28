"""Uploads artifacts of the running job through the results service, as actions/upload-artifact does.

Protocol of @actions/artifact 6.2.1 (generated/results/api/v1), and of its version 4 for services that do not
know the later one. The file itself goes to a signed URL of the blob storage.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from cluster_status.adapters.github import block_blob
from cluster_status.adapters.github.results_call import (
    NEXT_RUN,
    NoResponseError,
    ResultsCall,
    decode,
    expect,
    is_ambiguous,
)
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import HttpResponse
from cluster_status.domain.secret import Secret
from cluster_status.errors import HistoryError, InputError

_ZIP = "application/zip"
# of the artifact format: 7 since 6.2.0 of the official client, 4 before
_FORMAT: Mapping[str, object] = {"version": 7, "mime_type": _ZIP}
_OLDER_FORMAT: Mapping[str, object] = {"version": 4}
_BAD_REQUEST, _NOT_FOUND, _CONFLICT, _INTERNAL_ERROR = 400, 404, 409, 500
_NO_SERVICE = frozenset({_NOT_FOUND, 405, 501})  # of a forge, or of an old GitHub Enterprise Server
# act has no body, Gitea and Forgejo "Error decode request body"
_CANNOT_DECODE = re.compile(rb"\s*|.*(decode|unmarshal|unknown field).*", re.IGNORECASE | re.DOTALL)
_FINALIZE_ATTEMPTS = 3
KEEP_THE_FILE = (
    "keep the file from job to job: on a self-hosted runner that keeps its workspace, or with actions/cache "
    "(docs/history.md)"
)
_USE_A_FILE = f"Set history-store to file, and {KEEP_THE_FILE}."
_NEW_RUN = "Start a new run: this run cannot save the history in another attempt."


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
                [
                    "history-store: the job's runtime token cannot be read; set it to file, and "
                    + KEEP_THE_FILE
                ]
            ) from None
        return cls(f"{parts.scheme}://{parts.netloc}", token, run_id, job_id)


class Reservation(Struct, frozen=True):
    """A name in this run, and the URL to upload to. An abandoned one takes its name."""

    name: str
    url: str


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
    digest: str = ""


class _List(Struct):
    artifacts: list[_Uploaded] = []


class ResultsService:
    def __init__(self, http: RetryingHttp, job: Job) -> None:
        ids = {"workflow_run_backend_id": job.run_id, "workflow_job_run_backend_id": job.job_id}
        self._http = http
        self._call = ResultsCall(http, job.origin, job.token, ids)
        self._format = _FORMAT

    def reserve(self, names: Sequence[str], expires_at: datetime) -> Reservation:
        """Reserve the first of these names that is free in this run. Raises HistoryError.

        A name can be used once in all attempts of a run. If all names are used, the oldest of the artifacts
        is deleted. It is the only one, and the current history, if another name was taken by an upload that
        was never completed.
        """
        for name in names:
            response = self._create(name, expires_at)
            if response.status != _CONFLICT:
                return Reservation(name, expect(response, _Created).signed_upload_url)
        name = self._delete_oldest(names)
        response = self._create(name, expires_at)
        if response.status == _CONFLICT:  # a deletion may take a moment (actions/upload-artifact#571)
            response = self._create(name, expires_at)
        return Reservation(name, expect(response, _Created).signed_upload_url)

    def upload(self, reservation: Reservation, archive: bytes) -> int:
        """Upload an artifact, and return its id. Raises HistoryError."""
        block_blob.upload(self._http, reservation.url, archive, _ZIP)
        return self._finalize(reservation.name, archive)

    def _create(self, name: str, expires_at: datetime) -> HttpResponse:
        """Send one request, and an older one if the service refuses the format.

        After any other failure nothing is created again: the service may have created the artifact, and a
        second request would take another name.
        """
        details = {"name": name, "expires_at": expires_at.isoformat().replace("+00:00", "Z")}
        response = self._call("CreateArtifact", {**details, **self._format}, is_repeatable=False)
        if self._format is _FORMAT and _is_format_refused(response):
            self._format = _OLDER_FORMAT
            response = self._call("CreateArtifact", {**details, **self._format}, is_repeatable=False)
        if response.status in _NO_SERVICE:
            text = f"This server has no artifact store of version 4 ({response.describe('msg')})."
            raise HistoryError(text, remedy=_USE_A_FILE)
        return response

    def _finalize(self, name: str, archive: bytes) -> int:
        """Return the id of the artifact.

        A repeated request may add a second artifact (actions/upload-artifact#531). After an ambiguous
        failure it is repeated only if no artifact of this name is listed. One without this digest proves
        nothing: act and Gitea also list uploads that were not completed.
        """
        digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
        details = {"name": name, "size": str(len(archive)), "hash": digest}
        failure = HistoryError("")
        for _ in range(_FINALIZE_ATTEMPTS):
            try:
                response = self._call("FinalizeArtifact", details, is_repeatable=False)
                if not is_ambiguous(response):
                    return expect(response, _Finalized).artifact_id
                text = f"The artifact store did not save the history ({response.describe('msg')})."
                failure = HistoryError(text, remedy=NEXT_RUN)
            except NoResponseError as error:
                failure = error
            listed = {one.digest: one.database_id for one in self._list() if one.name == name}
            if digest in listed:
                return listed[digest]
            if listed:
                break
        raise failure

    def _delete_oldest(self, names: Sequence[str]) -> str:
        """Delete the oldest of this run's artifacts with these names; return its name."""
        ours = sorted((one for one in self._list() if one.name in names), key=lambda one: one.database_id)
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
            expect(response, _Deleted)
        return oldest.name

    def _list(self) -> list[_Uploaded]:
        """Return the artifacts of all attempts of this run."""
        return decode(self._call("ListArtifacts", {}), _List).artifacts


def _is_format_refused(response: HttpResponse) -> bool:
    """Return whether the service did not accept a field or the version. An ambiguous error is no refusal."""
    if response.status == _INTERNAL_ERROR:
        return _CANNOT_DECODE.fullmatch(response.body) is not None
    return response.status == _BAD_REQUEST
