"""The blob storage of GitHub's artifacts: requests with signed URLs, responses like Azure's.

Written from Microsoft's reference of Put Blob, Put Block, Put Block List, Get Blob and of shared access
signatures. GitHub's URLs for logs are signed with `sp=cw`, which allows Put Blob and Put Block. For artifacts
this is likely, but not known: it can be refused. act and Gitea answer 200 to it, and store nothing.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal, Protocol
from urllib.parse import quote, urlencode

from tests.fakes.github_actions import Actions, Artifact, Blob, Reservation, disposition, rfc3339
from tests.fakes.loopback import HttpResponse, Request

UPLOAD_LIFETIME = timedelta(hours=1)
DOWNLOAD_LIFETIME = timedelta(minutes=1)  # as documented; some signatures of GitHub are valid for ten
SERVICE_VERSION = "2025-11-05"
SIGNED = ("rscd", "rsct", "se", "sp", "spr", "sr", "st", "sv")
BLOCK = re.compile(rb"<(?:Latest|Uncommitted|Committed)>([A-Za-z0-9+/=]+)</")
BLOCK_LIST = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>)?\s*<BlockList>\s*"
    rb"(?:<(Latest|Uncommitted|Committed)>[A-Za-z0-9+/=]+</\1>\s*)*</BlockList>\s*"
)
BLOCK_ID_LIMIT_BYTES = 64

PutBlob = Literal["stored", "refused", "ignored"]


def operation(request: Request) -> str | None:
    match (request.method, request.query.get("comp")):
        case ("GET", None):
            return "blob-get"
        case ("PUT", None):
            return "put"
        case ("PUT", "block"):
            return "put-block"
        case ("PUT", "blocklist"):
            return "put-block-list"
        case _:
            return None


def error(status: int, code: str, message: str) -> HttpResponse:
    """Return an error in Azure's format; a header repeats the code."""
    body = f'\N{ZERO WIDTH NO-BREAK SPACE}<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code>'
    body += f"<Message>{message}</Message></Error>"
    return HttpResponse(status, body.encode(), {"Content-Type": "application/xml", "x-ms-error-code": code})


class Storage(Protocol):
    """A blob storage; `answer` serves the requests that arrive at the fake."""

    def upload_url(self, reservation: Reservation) -> str: ...

    def download_url(self, artifact: Artifact) -> str: ...

    def content(self, reservation: Reservation) -> bytes | None:
        """Return what was uploaded, if it was."""

    def answer(self, request: Request) -> HttpResponse: ...


class Blobs:
    """Implements Storage."""

    def __init__(self, actions: Actions, put_blob: PutBlob = "stored") -> None:
        self._actions = actions
        self._put_blob = put_blob
        self._key = secrets.token_bytes(32)

    def upload_url(self, reservation: Reservation) -> str:
        return self._sign(reservation.blob, "cw", UPLOAD_LIFETIME, {})

    def download_url(self, artifact: Artifact) -> str:
        shown = {"rscd": disposition(artifact), "rsct": artifact.mime_type}
        return self._sign(artifact.blob, "r", DOWNLOAD_LIFETIME, shown)

    def content(self, reservation: Reservation) -> bytes | None:
        return self._actions.blobs[reservation.blob].content

    def answer(self, request: Request) -> HttpResponse:
        refused = self._refuse(request)
        if refused:
            return refused
        blob = self._actions.blobs.get(request.path)
        if blob is None:
            return error(404, "BlobNotFound", "The specified blob does not exist.")
        puts: dict[str | None, Callable[[Request, Blob], HttpResponse]] = {
            "put": self._put,
            "put-block": _put_block,
            "put-block-list": _put_block_list,
        }
        name = operation(request)
        return self._get(request, blob) if name == "blob-get" else puts[name](request, blob)

    def _sign(self, path: str, permission: str, lifetime: timedelta, shown: Mapping[str, str]) -> str:
        now = self._actions.clock()
        parameters = {
            **shown,
            "se": rfc3339(now + lifetime),
            "sp": permission,
            "spr": "https",
            "sr": "b",
            "st": rfc3339(now - timedelta(seconds=5)),
            "sv": SERVICE_VERSION,
        }
        query = urlencode({**parameters, "sig": self._signature(path, parameters)}, quote_via=quote, safe="")
        return f"{self._actions.addresses['blob']}{path}?{query}"

    def _signature(self, path: str, parameters: Mapping[str, str]) -> str:
        text = "\n".join([path, *(parameters.get(name, "") for name in SIGNED)])
        return base64.b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode()

    def _refuse(self, request: Request) -> HttpResponse | None:
        if "Authorization" in request.headers:
            message = "Authentication information is not given in the correct format."
            return error(
                401, "InvalidAuthenticationInfo", f"{message} Check the value of Authorization header."
            )
        if "sig" not in request.query:
            message = "Server failed to authenticate the request. Please refer to the information in the"
            return error(401, "NoAuthenticationInformation", f"{message} www-authenticate header.")
        name = operation(request)
        if name is None:
            return error(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
        expected = self._signature(request.path, request.query)
        in_time = (
            datetime.fromisoformat(request.query.get("se", "1970-01-01T00:00:00Z")) > self._actions.clock()
        )
        if not hmac.compare_digest(request.query["sig"], expected) or not in_time:
            message = (
                "Server failed to authenticate the request. Make sure the value of Authorization header is"
            )
            return error(403, "AuthenticationFailed", f"{message} formed correctly including the signature.")
        needed = "r" if name == "blob-get" else "w"
        if needed not in request.query["sp"] or (name == "put" and self._put_blob == "refused"):
            message = "This request is not authorized to perform this operation using this permission."
            return error(403, "AuthorizationPermissionMismatch", message)
        return None

    def _get(self, request: Request, blob: Blob) -> HttpResponse:
        if blob.content is None:
            return error(404, "BlobNotFound", "The specified blob does not exist.")
        headers = {
            "Content-Type": request.query["rsct"],
            "Content-Disposition": request.query["rscd"],
            "ETag": _etag(blob.content),
            "Last-Modified": format_datetime(self._actions.clock(), usegmt=True),
            "x-ms-blob-type": "BlockBlob",
            "x-ms-version": SERVICE_VERSION,
        }
        return HttpResponse(200, blob.content, headers)

    def _put(self, request: Request, blob: Blob) -> HttpResponse:
        if self._put_blob == "ignored":
            return HttpResponse(200)
        kind = request.headers.get("x-ms-blob-type")
        if kind is None:
            return error(400, "MissingRequiredHeader", "An HTTP header that's mandatory is not specified.")
        if kind != "BlockBlob":
            return error(
                400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the right format."
            )
        blob.content = request.body
        return _created(request.body)


def _put_block(request: Request, blob: Blob) -> HttpResponse:
    block_id = request.query.get("blockid", "")
    try:
        length = len(base64.b64decode(block_id, validate=True))
    except binascii.Error:
        length = 0
    if not 0 < length <= BLOCK_ID_LIMIT_BYTES:
        message = "Value for one of the query parameters specified in the request URI is invalid."
        return error(400, "InvalidQueryParameterValue", message)
    if any(len(other) != len(block_id) for other in blob.blocks):
        return error(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
    blob.blocks[block_id] = request.body
    return _created(request.body)


def _put_block_list(request: Request, blob: Blob) -> HttpResponse:
    if not BLOCK_LIST.fullmatch(request.body):
        return error(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
    block_ids = [match.decode() for match in BLOCK.findall(request.body)]
    if any(block_id not in blob.blocks for block_id in block_ids):
        return error(400, "InvalidBlockList", "The specified block list is invalid.")
    blob.content = b"".join(blob.blocks[block_id] for block_id in block_ids)
    blob.blocks.clear()
    return _created(request.body)


def _created(content: bytes) -> HttpResponse:
    """Return the digest of the request's body, which is that of the blob only for Put Blob."""
    headers = {
        "Content-MD5": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        "ETag": _etag(content),
        "x-ms-request-id": secrets.token_hex(16),
        "x-ms-request-server-encrypted": "true",
        "x-ms-version": SERVICE_VERSION,
    }
    return HttpResponse(201, b"", headers)


def _etag(content: bytes) -> str:
    return f'"0x{hashlib.sha256(content).hexdigest()[:15].upper()}"'
