"""GitHub's results service: twirp calls with the runtime token.

It has the five methods that the official client `@actions/artifact` 6.2.1 calls. Bodies are the JSON of
protocol buffers, with the names of the proto files. The real service ignores unknown fields; this fake
refuses them, to find misspelt ones. Other services read and write differently: see `Dialect`. The codes have
the statuses of twirp's specification. The codes of the service are known for names that are taken (409),
missing artifacts (404), ended jobs (403) and a full quota (403); the others are assumed.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.fakes.github_actions import ZIP_TYPE, Actions, Artifact, Reservation, Run, rfc3339, sha256
from tests.fakes.github_blobs import Storage
from tests.fakes.github_dialects import GITHUB, Dialect, in_camel_case
from tests.fakes.loopback import HttpResponse, Request

SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService/"
VERSION_WITH_TYPES = 7  # the first one with a mime_type
FORBIDDEN_IN_NAMES = '":<>|*?\r\n\\/'
STATUSES = {
    "invalid_argument": 400,
    "malformed": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "bad_route": 404,
    "not_found": 404,
    "already_exists": 409,
    "failed_precondition": 412,
    "resource_exhausted": 429,
    "internal": 500,
    "unavailable": 503,
}
WHOLE_NUMBER = re.compile(r"-?\d{1,19}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")

OPERATIONS = {
    "CreateArtifact": "create",
    "FinalizeArtifact": "finalize",
    "ListArtifacts": "list-run",
    "GetSignedArtifactURL": "sign",
    "DeleteArtifact": "delete",
}

Body = dict[str, Any]


def operation(request: Request) -> str | None:
    return OPERATIONS.get(request.path.removeprefix(SERVICE)) if request.path.startswith(SERVICE) else None


class CallError(Exception):
    """An error response of the service."""

    def __init__(self, code: str, message: str, meta: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.meta = meta


def error(code: str, message: str, meta: Mapping[str, str] | None = None) -> HttpResponse:
    body = {"code": code, "msg": message} | ({"meta": dict(meta)} if meta else {})
    return of(STATUSES[code], body)


def of(status: int, body: object) -> HttpResponse:
    headers = {
        "Content-Type": "application/json",
        "x-github-backend": "Kubernetes",
        "x-github-request-id": secrets.token_hex(12).upper(),
    }
    return HttpResponse(status, json.dumps(body).encode(), headers)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    """Read an integer or a string: protocol buffers write 64-bit integers as strings."""
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _instant(value: object) -> datetime:
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        raise TypeError
    return datetime.fromisoformat(value)


IDS: dict[str, Callable[[object], Any]] = {
    "workflow_run_backend_id": _text,
    "workflow_job_run_backend_id": _text,
}
FIELDS: dict[str, dict[str, Callable[[object], Any]]] = {
    "create": {**IDS, "name": _text, "expires_at": _instant, "version": _number, "mime_type": _text},
    "finalize": {**IDS, "name": _text, "size": _number, "hash": _text},
    "list-run": {**IDS, "name_filter": _text, "id_filter": _number},
    "sign": {**IDS, "name": _text},
    "delete": {**IDS, "name": _text},
}


class Results:
    def __init__(self, actions: Actions, blobs: Storage, dialect: Dialect = GITHUB) -> None:
        self._actions = actions
        self._blobs = blobs
        self._dialect = dialect

    def answer(self, request: Request) -> HttpResponse:
        methods = {
            "create": self._create,
            "finalize": self._finalize,
            "list-run": self._list,
            "sign": self._sign,
            "delete": self._delete,
        }
        if self._dialect.without_service:
            return HttpResponse(
                404, b"<!DOCTYPE html><title>Not Found</title>", {"Content-Type": "text/html"}
            )
        try:
            name = _route(request)
            run = self._authenticate(request)
            return of(200, self._written(methods[name](run, self._read(name, request.body))))
        except CallError as call_error:
            if call_error.code == "malformed" and self._dialect.undecodable:
                return self._dialect.undecodable
            return error(call_error.code, str(call_error), call_error.meta)

    def _read(self, name: str, sent: bytes) -> Body:
        body = _read(name, sent)
        if "mime_type" in body and VERSION_WITH_TYPES not in self._dialect.versions:
            raise CallError("malformed", "the json request could not be decoded")
        return body

    def _written(self, value: Any) -> Any:
        return in_camel_case(value) if self._dialect.camel_case else value

    def _authenticate(self, request: Request) -> Run:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        run = self._actions.run_of(token) if kind == "Bearer" else None
        if run is None:
            raise CallError("unauthenticated", "invalid or missing token")
        if run.conclusion is not None:
            raise CallError("permission_denied", "job is complete")
        return run

    def _create(self, run: Run, body: Body) -> Body:
        _require_own_ids(run, body)
        name, version = body.get("name", ""), body.get("version", 0)
        if not name or any(character in name for character in FORBIDDEN_IN_NAMES):
            raise CallError(
                "invalid_argument", "artifact name is empty or has a character that is not allowed"
            )
        if version not in self._dialect.versions:
            raise CallError("invalid_argument", "unsupported version")
        if "mime_type" in body and version < VERSION_WITH_TYPES:
            raise CallError("invalid_argument", "mime_type is not supported by this version")
        expires_at = body.get("expires_at")
        if expires_at is not None and expires_at <= self._actions.clock():
            raise CallError("invalid_argument", "expires_at is in the past")
        if self._actions.is_taken(run, name):
            message = "an artifact with this name already exists on the workflow run"
            raise CallError("already_exists", message)
        reservation = self._actions.reserve(run, name, body.get("mime_type", ZIP_TYPE), expires_at)
        return {"ok": True, "signed_upload_url": self._blobs.upload_url(reservation)}

    def _finalize(self, run: Run, body: Body) -> Body:
        _require_own_ids(run, body)
        wanted = (run, body.get("name"))
        reservations = self._actions.reservations
        reservation = next((each for each in reservations if (each.run, each.name) == wanted), None)
        if reservation is None:
            raise CallError("not_found", "artifact not found")
        content = self._uploaded(reservation)
        if body.get("size", 0) != len(content):
            raise CallError("invalid_argument", "size is not that of the uploaded blob")
        digest = body.get("hash")
        if digest not in (None, sha256(content)):
            raise CallError("invalid_argument", "hash is not that of the uploaded blob")
        artifact = self._actions.finalize(reservation, content, digest)
        return {"ok": True, "artifact_id": str(artifact.id)}

    def _uploaded(self, reservation: Reservation) -> bytes:
        content = self._blobs.content(reservation)
        if content is None:
            raise CallError("failed_precondition", "nothing has been uploaded")
        return content

    def _list(self, run: Run, body: Body) -> Body:
        """List the artifacts of all attempts of this run; an empty list is omitted."""
        _require_own_ids(run, body)
        found = [
            _listed(each)
            for each in self._actions.listed(body.get("name_filter"))
            if each.run.id == run.id and body.get("id_filter") in (None, each.id)
        ]
        return {"artifacts": found} if found else {}

    def _sign(self, run: Run, body: Body) -> Body:
        return {"signed_url": self._blobs.download_url(self._find(run, body))}

    def _delete(self, run: Run, body: Body) -> Body:
        artifact = self._find(run, body)
        self._actions.delete(artifact)
        return {"ok": True, "artifact_id": str(artifact.id)}

    def _find(self, run: Run, body: Body) -> Artifact:
        """Find an artifact of this run by the ids of the listing."""
        wanted = (*_ids(body), body.get("name"))
        found = [
            each
            for each in self._actions.artifacts
            if (each.run.backend_id, each.run.job_backend_id, each.name) == wanted and each.run.id == run.id
        ]
        if not found:
            raise CallError("not_found", "artifact not found")
        return max(found, key=lambda each: each.id)


def _route(request: Request) -> str:
    route = {"twirp_invalid_route": f"{request.method} {request.path}"}
    name = operation(request)
    if name is None or request.method != "POST":
        raise CallError("bad_route", f"no handler for path {request.path!r}", route)
    content_type = request.headers.get_content_type() if "Content-Type" in request.headers else ""
    if content_type != "application/json":
        raise CallError("bad_route", f"unexpected Content-Type: {content_type!r}", route)
    return name


def _read(name: str, sent: bytes) -> Body:
    try:
        body: Body = json.loads(sent)
        return {key: FIELDS[name][key](value) for key, value in body.items() if value is not None}
    except (ValueError, KeyError, TypeError, AttributeError) as caught:
        raise CallError("malformed", "the json request could not be decoded") from caught


def _ids(body: Body) -> tuple[str, str]:
    return body.get("workflow_run_backend_id", ""), body.get("workflow_job_run_backend_id", "")


def _require_own_ids(run: Run, body: Body) -> None:
    if _ids(body) != (run.backend_id, run.job_backend_id):
        raise CallError("permission_denied", "the backend ids are not those of the token")


def _listed(artifact: Artifact) -> Body:
    digest = {} if artifact.digest is None else {"digest": artifact.digest}
    return {
        "workflow_run_backend_id": artifact.run.backend_id,
        "workflow_job_run_backend_id": artifact.run.job_backend_id,
        "database_id": str(artifact.id),
        "name": artifact.name,
        "size": str(len(artifact.content)),
        "created_at": rfc3339(artifact.created_at, "milliseconds"),
        **digest,
    }
