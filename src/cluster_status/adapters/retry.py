"""HTTP to GitHub: asked again where the trouble may pass, as GitHub's own clients do."""

from typing import Unpack

from cluster_status.adapters.http import Http, HttpFailure, HttpResponse, Options
from cluster_status.ports import Clock

_PASSING = frozenset({429, 500, 502, 503, 504})
_FORBIDDEN, _TOO_MANY = 403, 429
_PAUSES_SECONDS = (3.0, 4.5, 6.75, 10.1)  # as in @actions/artifact
_LONGEST_PAUSE_SECONDS = 20.0


class RetryingHttp:
    """Asks up to five times; what is asked has to bear being asked twice."""

    def __init__(self, http: Http, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    def request(self, method: str, url: str, **options: Unpack[Options]) -> HttpResponse:
        """Return the last answer, whatever its status; see Http.request. Raises HttpFailure."""
        for pause in _PAUSES_SECONDS:
            try:
                answer = self._http.request(method, url, **options)
            except HttpFailure:
                self._clock.sleep(pause)
                continue
            if not _may_pass(answer):
                return answer
            self._clock.sleep(_wanted(answer) or pause)
        return self._http.request(method, url, **options)


def is_limited(answer: HttpResponse) -> bool:
    """Tell whether it was refused for having asked too much: in the hour, or at once.

    The latter limit may come with nothing but words.
    """
    if answer.status != _FORBIDDEN:
        return answer.status == _TOO_MANY
    spent = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    return spent or "rate limit" in answer.said("message")


def _may_pass(answer: HttpResponse) -> bool:
    # since 2026 the results service is at times hidden by something that answers 403 in its own words
    # (actions/download-artifact#464)
    return answer.status in _PASSING or b"Error from intermediary" in answer.body


def _wanted(answer: HttpResponse) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE_SECONDS) if text.isascii() and text.isdigit() else None
