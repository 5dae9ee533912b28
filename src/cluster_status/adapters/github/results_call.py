"""Calls of the results service (twirp): JSON of protocol buffers over POST."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import HttpFailure, HttpResponse
from cluster_status.domain.secret import Secret
from cluster_status.errors import HistoryError

NEXT_RUN = "The next run tries again."
FREE_STORAGE = (
    "Delete old runs with their artifacts, or shorten history-retention-days. "
    "GitHub updates the used storage every 6 to 12 hours."
)
_SERVICE = "twirp/github.actions.results.api.v1.ArtifactService"
_QUOTA = re.compile("insufficient usage|storage quota", re.IGNORECASE)
_TIMEOUT_SECONDS = 20.0
_UNAVAILABLE = 503

T = TypeVar("T")


class NoResponseError(HistoryError):
    """It is not known whether the request was executed."""


class ResultsCall:
    """Sends calls with the ids of the running job. Raises HistoryError."""

    def __init__(self, http: RetryingHttp, origin: str, token: Secret, ids: Mapping[str, str]) -> None:
        self._http = http
        self._origin = origin
        self._token = token
        self._ids = ids

    def __call__(
        self, method: str, details: Mapping[str, object], *, is_repeatable: bool = True
    ) -> HttpResponse:
        """Return the response of any status; other ids in `details` replace those of the job."""
        return send(
            self._http,
            "POST",
            f"{self._origin}/{_SERVICE}/{method}",
            {"Authorization": f"Bearer {self._token.reveal()}", "Content-Type": "application/json"},
            json.dumps({**self._ids, **details}).encode(),
            is_repeatable=is_repeatable,
        )


def send(  # noqa: PLR0913 - the parts of a request
    http: RetryingHttp,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    is_repeatable: bool = True,
) -> HttpResponse:
    """Return the response of any status. Raises NoResponseError."""
    request = http.request if is_repeatable else http.request_once
    try:
        return request(method, url, headers=headers, body=body, timeout_seconds=_TIMEOUT_SECONDS)
    except HttpFailure as failure:
        raise NoResponseError(f"The artifact store cannot be reached: {failure}.", remedy=NEXT_RUN) from None


def is_ambiguous(response: HttpResponse) -> bool:
    """Return whether a failed request may have been executed."""
    return response.status >= 500 and response.status != _UNAVAILABLE  # noqa: PLR2004 - HTTP's class


def expect(response: HttpResponse, kind: type[T]) -> T:
    """Return the body of a successful call that reports its success."""
    if not response.json().get("ok"):
        raise _refusal(response)
    return decode(response, kind)


def decode(response: HttpResponse, kind: type[T]) -> T:
    """Return the body of a successful call.

    64-bit numbers are strings. Names are in snake_case or, as in the answers of act, in camelCase.
    """
    if not response.ok:
        raise _refusal(response)
    try:
        body = _in_snake_case(msgspec.json.decode(response.body))
        return msgspec.convert(body, kind, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = f"Could not parse the response of the artifact store ({response.describe('msg')})."
        raise HistoryError(text, remedy=NEXT_RUN) from None


def _refusal(response: HttpResponse) -> HistoryError:
    if _QUOTA.search(response.text("msg")):
        return HistoryError("The artifact storage quota of the account is used up.", remedy=FREE_STORAGE)
    status = response.describe("msg")
    return HistoryError(f"The artifact store refused the history ({status}).", remedy=NEXT_RUN)


def _in_snake_case(value: Any) -> Any:
    """Convert the names of fields. A field that is null has its default, as if it were omitted."""
    if isinstance(value, list):
        return [_in_snake_case(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name): _in_snake_case(each)
        for name, each in value.items()
        if each is not None
    }
