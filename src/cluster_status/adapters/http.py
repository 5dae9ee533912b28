"""HTTP as this package speaks it: bounded in time and size, and silent about URLs, which may be secrets.

The only importer of requests.
"""

import json
import os
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

import requests
from msgspec import Struct

from cluster_status import __version__
from cluster_status.domain.text import clean
from cluster_status.threads import run_in_thread

USER_AGENT = f"cluster-status-action/{__version__}"  # Discord turns away the usual ones of Python
_TIMEOUT_SECONDS = 10.0  # for each wait: to connect, and for the next bytes
_SLOWEST = 3  # times that, for a whole answer: one that comes byte by byte never makes anybody wait too long
_LIMIT_BYTES = 1_000_000
_CHUNK = 65_536
_UNUSABLE = "the URL, or the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, is not valid"

# A workflow's `env` may name it, and urllib3 would write the keys of every connection there.
os.environ.pop("SSLKEYLOGFILE", None)


class HttpFailure(Exception):  # noqa: N818 - never leaves the adapters: they make their own errors of it
    """No whole answer came. `str()` says why, without the URL that exceptions of requests carry."""


class HttpResponse(Struct, frozen=True):
    """What a server said; `headers` are found in any case of letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - what HTTP calls success

    def said(self, field: str) -> str:
        """Return the status, with the server's own words if it gives them in this field; cleaned."""
        words = clean(str(self.json().get(field) or ""))
        return f"http {self.status}: {words}" if words else f"http {self.status}"

    def json(self) -> dict[str, Any]:
        """Return the JSON object that was sent; empty if it was none, as where a proxy answers instead."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


class Options(TypedDict, total=False):
    """What a request may have besides method and URL."""

    headers: Mapping[str, str]
    json: object
    body: bytes
    timeout_seconds: float
    limit_bytes: int  # an answer that is larger is none


class Http:
    """Sends requests; proxies of the environment are honoured, credentials of a netrc are not."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.auth = _as_it_is  # an `auth` of our own keeps requests from looking into a netrc

    def request(self, method: str, url: str, **options: Unpack[Options]) -> HttpResponse:
        """Return the answer, whatever its status; redirects are not followed. Raises HttpFailure."""
        seconds = options.get("timeout_seconds", _TIMEOUT_SECONDS)
        asking = run_in_thread(lambda: self._request(method, url, seconds, options))
        try:
            return asking.result(_SLOWEST * seconds)
        except TimeoutError:
            raise HttpFailure("no complete response before the timeout") from None

    def _request(self, method: str, url: str, timeout_seconds: float, options: Options) -> HttpResponse:
        try:
            with self._session.request(
                method,
                url,
                headers=options.get("headers"),
                json=options.get("json"),
                data=options.get("body"),
                timeout=timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = _read(response, options.get("limit_bytes", _LIMIT_BYTES))
                return HttpResponse(response.status_code, response.headers, body)
        except (requests.RequestException, OSError, ValueError) as error:  # urllib3 lets some through
            raise HttpFailure(reason(error)) from None

    def answers(self, url: str, *, timeout_seconds: float) -> bool:
        """Tell whether anything answers there; what it says does not matter."""
        try:
            self.request("HEAD", url, timeout_seconds=timeout_seconds)
        except HttpFailure:
            return False
        return True

    def close(self) -> None:
        self._session.close()


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(response: requests.Response, limit_bytes: int) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit_bytes:
            raise HttpFailure(f"the response is larger than {limit_bytes} bytes")
    return b"".join(chunks)


def reason(error: Exception) -> str:
    """Say in words what kept an answer from coming, without the URL."""
    kinds = (
        (requests.Timeout, "the request timed out"),
        (requests.exceptions.ProxyError, "the proxy failed"),
        (requests.exceptions.SSLError, f"certificate verification failed{_by_the_bundle()}"),
        (requests.ConnectionError, "the connection failed"),
        (requests.exceptions.ChunkedEncodingError, "the response is incomplete"),
        (requests.exceptions.InvalidSchema, f"{_UNUSABLE} (SOCKS proxies are not supported)"),
        (ValueError, _UNUSABLE),
        (requests.RequestException, type(error).__name__),
        # an OSError of requests itself
        (OSError, "the CA bundle in REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE cannot be read"),
    )
    return next(reason for kind, reason in kinds if isinstance(error, kind))


def _by_the_bundle() -> str:
    named = [name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)]
    return f" with the CA bundle in {named[0]}" if named else ""
