"""HTTP requests, limited in time and size. No error contains the URL, which may be a secret.

Only this module and `trust` import requests.
"""

import copy
import json
import os
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

import requests
from msgspec import Struct

from cluster_status import __version__
from cluster_status.adapters.trust import TrustingAdapter
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.threads import run_in_thread

USER_AGENT = f"cluster-status-action/{__version__}"  # Discord blocks the default ones of Python
_TIMEOUT_SECONDS = 10.0  # to connect, and for the next bytes
_RESPONSE_TIMEOUTS = 3  # the limit for a whole response, in timeouts: a server may send byte by byte
_LIMIT_BYTES = 1_000_000
_JSON_BYTES = 200_000  # a message of Discord has up to 50,000
_CHUNK_BYTES = 65_536
_INVALID_URL = "the URL, or the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, is not valid"

# If the `env` of a workflow sets it, urllib3 writes the keys of all connections to this file.
os.environ.pop("SSLKEYLOGFILE", None)


class HttpFailure(Exception):  # noqa: N818 - adapters turn it into their own errors
    """No complete response arrived. `str()` is the reason, without the URL."""

    def __init__(self, reason: str, *, is_permanent: bool = False) -> None:
        super().__init__(reason)
        self.is_permanent = is_permanent  # another try in this run would fail as well


class HttpResponse(Struct, frozen=True):
    """Look `headers` up by names in lower case. What is shown of the body passes `redaction`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    redaction: Redaction = PLAIN

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's class of success

    def describe(self, field: str) -> str:
        """Return the status and the server's message, if the JSON body has one in this field."""
        message = self.redaction.clean(self.text(field)).rstrip(".")
        return f"HTTP {self.status}: {message}" if message else f"HTTP {self.status}"

    def text(self, field: str) -> str:
        """Return the server's message as it was sent, if the JSON body has one in this field."""
        return str(self.json().get(field) or "")

    def json(self) -> dict[str, Any]:
        """Return the JSON object of the body; empty if it is none, as in the response of a proxy.

        A larger body is none either: its objects can take thirty times the memory of its text.
        """
        if len(self.body) > _JSON_BYTES:
            return {}
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


class RequestOptions(TypedDict, total=False):
    headers: Mapping[str, str]
    json: object
    body: bytes
    timeout_seconds: float
    limit_bytes: int  # a larger response is a failure


class Http:
    """Sends requests until the deadline, if there is one.

    It uses a proxy of the environment, and no credentials of a netrc.
    """

    def __init__(self, deadline: Deadline | None = None, redaction: Redaction = PLAIN) -> None:
        self._deadline = deadline
        self._redaction = redaction
        self._session = requests.Session()
        self._session.mount("https://", TrustingAdapter())
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.auth = _unchanged  # without an `auth`, requests reads a netrc

    def until(self, deadline: Deadline) -> "Http":
        """Return one with the same connections and another deadline."""
        other = copy.copy(self)
        other._deadline = deadline  # noqa: SLF001 - its own
        return other

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        """Return the response of any status. Redirects are not followed. Raises HttpFailure."""
        seconds = options.get("timeout_seconds", _TIMEOUT_SECONDS)
        if self._deadline:
            if self._deadline.passed:
                raise HttpFailure("the time limit of the run is reached")
            seconds = min(seconds, self._deadline.left / _RESPONSE_TIMEOUTS)
        response = run_in_thread(lambda: self._request(method, url, seconds, options))
        try:
            return response.result(_RESPONSE_TIMEOUTS * seconds)
        except TimeoutError:
            raise HttpFailure("no complete response before the timeout") from None

    def _request(
        self, method: str, url: str, timeout_seconds: float, options: RequestOptions
    ) -> HttpResponse:
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
                return HttpResponse(response.status_code, response.headers, body, self._redaction)
        except (requests.RequestException, OSError, ValueError) as error:  # urllib3 lets some through
            raise HttpFailure(reason(error), is_permanent=_is_rejected_certificate(error)) from None

    def answers(self, url: str, *, timeout_seconds: float) -> bool:
        """Return whether a server responds, with any status."""
        try:
            self.request("HEAD", url, timeout_seconds=timeout_seconds)
        except HttpFailure:
            return False
        return True

    def close(self) -> None:
        self._session.close()


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(response: requests.Response, limit_bytes: int) -> bytes:
    """Read the body, decompressed, up to a limit; raise HttpFailure beyond it."""
    body = bytearray()  # a list of small chunks would take twenty times the memory
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit_bytes:
            raise HttpFailure(f"the response is larger than {limit_bytes} bytes")
    return bytes(body)


def limit_responses(session: requests.Session, limit_bytes: int) -> None:
    """Make a session fail with HttpFailure for a body that is larger, before it is read."""

    def read_within_limit(response: requests.Response, **_: object) -> None:
        try:
            response._content = _read(response, limit_bytes)  # noqa: SLF001 - what `content` returns
        except HttpFailure:
            response.close()
            raise
        response.encoding = "utf-8"  # without one, requests would try all that it knows

    session.hooks["response"].append(read_within_limit)


def reason(error: Exception) -> str:
    """Return why no response arrived, without the URL."""
    kinds = (
        (requests.Timeout, "the request timed out"),
        (requests.exceptions.ProxyError, "the proxy failed"),
        (requests.exceptions.SSLError, f"certificate verification failed{_with_ca_bundle()}"),
        (requests.ConnectionError, "the connection failed"),
        (requests.exceptions.ChunkedEncodingError, "the response is incomplete"),
        (requests.exceptions.InvalidSchema, f"{_INVALID_URL} (SOCKS proxies are not supported)"),
        (ValueError, _INVALID_URL),
        (requests.RequestException, type(error).__name__),
        # requests raises OSError itself only for this
        (OSError, "the CA bundle in REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE cannot be read"),
    )
    return next(reason for kind, reason in kinds if isinstance(error, kind))


def _is_rejected_certificate(error: Exception) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _with_ca_bundle() -> str:
    variables = [name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)]
    return f" with the CA bundle in {variables[0]}" if variables else ""
