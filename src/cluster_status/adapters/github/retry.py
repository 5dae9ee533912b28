"""Retries of requests to GitHub, with the pauses of GitHub's own client @actions/artifact."""

from collections.abc import Callable, Sequence
from typing import Unpack

from cluster_status.adapters.http import Http, HttpFailure, HttpResponse, RequestOptions
from cluster_status.ports import Clock

_TEMPORARY = frozenset({429, 500, 502, 503, 504})
_FORBIDDEN, _TOO_MANY_REQUESTS = 403, 429
_PAUSES_SECONDS = (3.0, 4.5, 6.75, 10.1)
_MAX_PAUSE_SECONDS = 20.0


def retried(
    send: Callable[[], HttpResponse],
    sleep: Callable[[float], None],
    pauses_seconds: Sequence[float] = _PAUSES_SECONDS,
) -> HttpResponse:
    """Return the first response that is not a temporary failure, else the last one. Raises HttpFailure.

    `send` must be safe to repeat: a request without a response may have been executed.
    """
    for pause in pauses_seconds:
        try:
            response = send()
        except HttpFailure:
            sleep(pause)
            continue
        if not _is_temporary(response):
            return response
        sleep(_retry_after(response) or pause)
    return send()


class RetryingHttp:
    """Implements Http.request with retries."""

    def __init__(self, http: Http, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        return retried(lambda: self._http.request(method, url, **options), self._clock.sleep)


def is_rate_limited(response: HttpResponse) -> bool:
    """Return whether a request was refused by the hourly limit or by the secondary limit.

    The secondary limit is not always marked by a header.
    """
    if response.status != _FORBIDDEN:
        return response.status == _TOO_MANY_REQUESTS
    has_header = response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers
    return has_header or "rate limit" in response.describe("message")


def _is_temporary(response: HttpResponse) -> bool:
    # since 2026 an intermediary sometimes answers for the results service, with status 403
    # (actions/download-artifact#464)
    return response.status in _TEMPORARY or b"Error from intermediary" in response.body


def _retry_after(response: HttpResponse) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), _MAX_PAUSE_SECONDS) if text.isascii() and text.isdigit() else None
