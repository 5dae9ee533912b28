"""GitHub's REST API for one repository, most of all its workflow runs and artifacts."""

from collections.abc import Mapping
from typing import Protocol, TypeVar
from urllib.parse import urlencode

import msgspec

from cluster_status.adapters.github.retry import RetryingHttp, is_rate_limited
from cluster_status.adapters.http import HttpFailure, HttpResponse
from cluster_status.domain.secret import Secret
from cluster_status.errors import GitHubError, GitHubUnreachableError

API_VERSION = "2022-11-28"
GITHUB_API = "https://api.github.com"
MAX_RESPONSE_BYTES = 5_000_000
_UNAUTHORIZED = 401
_FORBIDDEN = frozenset({403, 404})  # 404: the token cannot see the repository

T = TypeVar("T")


class Transport(Protocol):
    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        """Return the response of any status; raise HttpFailure if there is none."""


class HttpTransport:
    def __init__(self, http: RetryingHttp, api_url: str, token: Secret) -> None:
        self._http = http
        self._api_url = api_url
        self._token = token

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        headers = {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
        }
        url = f"{self._api_url}{path}" + (f"?{urlencode(query)}" if query else "")
        return self._http.request(method, url, headers=headers, limit_bytes=MAX_RESPONSE_BYTES)


class Rest:
    """Raises GitHubError. `permission` is the required one of the token for `actions`: read or write."""

    def __init__(self, transport: Transport, repository: str, *, permission: str = "read") -> None:
        self.repository = repository  # owner/name
        self._transport = transport
        self._permission = permission

    def send(self, method: str, path: str, **query: str | int) -> HttpResponse:
        """Return the response of any status; `path` is relative to the repository's `actions`."""
        return self._send(method, f"actions/{path}", query)

    def get(self, path: str) -> HttpResponse:
        """Return the response of any status; `path` is relative to the repository, and may be empty."""
        return self._send("GET", path, {})

    def _send(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        try:
            return self._transport.request(method, f"/repos/{self.repository}/{path}".rstrip("/"), query)
        except HttpFailure as failure:
            raise GitHubUnreachableError(f"GitHub cannot be reached: {failure}.") from None

    def decode(self, response: HttpResponse, kind: type[T]) -> T:
        """Return the body of a successful response."""
        if not response.ok:
            raise self.error(response)
        try:
            return msgspec.json.decode(response.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise GitHubUnreachableError("Could not parse GitHub's response.") from None

    def error(self, response: HttpResponse) -> GitHubError:
        """Return the error that explains a response."""
        status = response.describe("message")
        if response.status == _UNAUTHORIZED:
            remedy = "Use the default github-token, or renew your own token."
            return GitHubError(f"GitHub rejected github-token ({status}).", remedy=remedy)
        if response.status in _FORBIDDEN and not is_rate_limited(response):
            remedy = (
                f"Give the job this permission and use the default github-token: "
                f"`permissions: {{actions: {self._permission}}}`."
            )
            return GitHubError(f"github-token lacks a permission ({status}).", remedy=remedy)
        return GitHubUnreachableError(f"GitHub returned {status}.")
