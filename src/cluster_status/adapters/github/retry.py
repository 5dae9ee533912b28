"""Retries of requests to GitHub, with the pauses of GitHub's own client @actions/artifact."""

from collections.abc import Callable, Sequence
from typing import Unpack

from cluster_status.adapters.http import Http, HttpFailure, HttpResponse, RequestOptions
from cluster_status.ports import Clock

_NOT_EXECUTED = frozenset({429, 503})
_TEMPORARY = _NOT_EXECUTED | {500, 502, 504}
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
        except HttpFailure as failure:
            if failure.is_permanent:
                raise
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

    def request_once(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        """Repeat the request only after a response which shows that it was not executed."""
        for pause in _PAUSES_SECONDS:
            response = self._http.request(method, url, **options)
            if not _was_not_executed(response):
                return response
            self._clock.sleep(_retry_after(response) or pause)
        return self._http.request(method, url, **options)


def is_rate_limited(response: HttpResponse) -> bool:
    """Return whether a request was refused by the hourly limit or by the secondary limit.

    The secondary limit is not always marked by a header.
    """
    if response.status != _FORBIDDEN:
        return response.status == _TOO_MANY_REQUESTS
    has_header = response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers
    return has_header or "rate limit" in response.text("message")


def _is_temporary(response: HttpResponse) -> bool:
    return response.status in _TEMPORARY or _was_not_executed(response)


def _was_not_executed(response: HttpResponse) -> bool:
    # since 2026 an intermediary sometimes answers for the results service, with status 403
    # (actions/download-artifact#464)
    is_refused_before = response.status == _FORBIDDEN and b"Error from intermediary" in response.body
    return response.status in _NOT_EXECUTED or is_refused_before


def _retry_after(response: HttpResponse) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), _MAX_PAUSE_SECONDS) if text.isascii() and text.isdigit() else None
