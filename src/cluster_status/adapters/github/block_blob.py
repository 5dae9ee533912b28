"""Uploads to the signed URL of a blob storage that has the protocol of Azure.

No request names an `x-ms-version`: the signature of the URL decides. An emulator refuses versions that it
does not know.
"""

import base64
import hashlib
from uuid import uuid4

from cluster_status.adapters.github.results_call import NEXT_RUN, send
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import HttpResponse
from cluster_status.errors import HistoryError

_CREATED = 201


def upload(http: RetryingHttp, url: str, content: bytes, content_type: str) -> None:
    """Upload in one request. Where that stores nothing, upload a block and the list of blocks.

    The official client always uploads blocks. A service may know only these, and may answer 200 to a request
    that it ignores, as act and Gitea do. Raises HistoryError.
    """
    stored_type = {"x-ms-blob-content-type": content_type}
    headers = {"Content-Type": content_type, "x-ms-blob-type": "BlockBlob", **stored_type}
    whole = send(http, "PUT", url, headers, content)
    if whole.status == _CREATED and _is_intact(whole, content):
        return
    block_id = _new_block_id()
    block_headers = {"Content-Type": "application/octet-stream"}
    block = send(http, "PUT", _with(url, f"comp=block&blockid={block_id}"), block_headers, content)
    _require_created(block)
    if not _is_intact(block, content):
        raise HistoryError("Checksum mismatch in the uploaded history.", remedy=NEXT_RUN)
    blocks = f'<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>{block_id}</Latest></BlockList>'
    list_headers = {"Content-Type": "application/xml", **stored_type}
    _require_created(send(http, "PUT", _with(url, "comp=blocklist"), list_headers, blocks.encode()))


def _new_block_id() -> str:
    """Return an id that no other upload has: Gitea keeps the blocks of all uploads of a run together."""
    return base64.b64encode(str(uuid4()).encode()).decode()  # 36 characters: no padding to escape in a URL


def _with(url: str, parameters: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{parameters}"


def _is_intact(response: HttpResponse, content: bytes) -> bool:
    """Compare the digest of the received content, if the service returns it."""
    returned = response.headers.get("content-md5")
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    return returned is None or returned == base64.b64encode(digest).decode()


def _require_created(response: HttpResponse) -> None:
    if response.status != _CREATED:
        raise HistoryError(f"Could not upload the history (HTTP {response.status}).", remedy=NEXT_RUN)
