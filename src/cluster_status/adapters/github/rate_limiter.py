"""Keeps requests within GitHub's limits and within a time budget.

GitHub limits the requests of a repository per hour; some of them are kept in reserve for other workflows.
Its secondary limit is 900 points in any minute: a GET costs one, a DELETE five.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cluster_status.adapters.github.rest import Transport
from cluster_status.adapters.github.retry import is_rate_limited, retried
from cluster_status.adapters.http import HttpResponse
from cluster_status.errors import LimitReachedError
from cluster_status.ports import Clock

_POINTS = {"GET": 1, "DELETE": 5}
_POINTS_PER_SECOND = 14.0  # the limit is 15; this run has sent other requests, too
_BACK_OFF_SECONDS = 60.0  # if GitHub names no time; doubled each time
_PAUSES_SECONDS = (1.0, 4.0)  # before retries
_PAUSE_TOO_LONG = "GitHub requests a pause that is longer than the time left for pruning."
_TIME_OVER = "The time limit for pruning is reached."


class RateLimiter:
    """Implements rest.Transport: sends requests through another one, with pauses and retries.

    Raises LimitReachedError if a request is not within the limits.
    """

    def __init__(
        self, transport: Transport, clock: Clock, *, budget_seconds: float, reserved_requests: int
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._deadline = clock.monotonic() + budget_seconds
        self._reserved = reserved_requests
        self._next_at = clock.monotonic()
        self._reason = _TIME_OVER
        self._back_off_seconds = _BACK_OFF_SECONDS
        self._remaining: int | None = None  # requests of this hour; None: not known
        self._resets_at = datetime.max.replace(tzinfo=UTC)

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        def send() -> HttpResponse:
            while True:
                self.acquire(method)
                response = self._transport.request(method, path, query)
                self.record(response)
                if not is_rate_limited(response):
                    return response
                self.back_off(response)

        return retried(send, self._sleep, _PAUSES_SECONDS)

    def acquire(self, method: str) -> None:
        """Wait until a request is allowed."""
        if self._spendable() <= 0:
            raise LimitReachedError(
                f"GitHub's hourly limit is reached: {self._reserved} requests are kept for other workflows."
            )
        begin = max(self._clock.monotonic(), self._next_at)
        if begin >= self._deadline:
            raise LimitReachedError(self._reason)
        self._clock.sleep(max(0.0, begin - self._clock.monotonic()))
        self._next_at = begin + _POINTS[method] / _POINTS_PER_SECOND
        if self._remaining is not None:
            self._remaining -= 1  # until the next response reports it

    def record(self, response: HttpResponse) -> None:
        """Record the hourly limit of a response."""
        remaining, reset = (
            _number(response.headers, f"x-ratelimit-{name}") for name in ("remaining", "reset")
        )
        if remaining is not None and reset is not None:
            self._remaining, self._resets_at = remaining, datetime.fromtimestamp(reset, UTC)

    def back_off(self, response: HttpResponse) -> None:
        """Delay the next request after a response that reports an exceeded limit."""
        if _number(response.headers, "x-ratelimit-remaining") == 0:
            self._remaining = 0  # at least for a minute: the clocks of GitHub and of this host may differ
            earliest = self._clock.now() + timedelta(seconds=_BACK_OFF_SECONDS)
            self._resets_at = max(self._resets_at, earliest)
            return
        seconds = _number(response.headers, "retry-after")
        if not seconds:
            seconds, self._back_off_seconds = int(self._back_off_seconds), 2 * self._back_off_seconds
        self._next_at = self._clock.monotonic() + seconds
        self._reason = _PAUSE_TOO_LONG

    def affordable_deletions(self) -> int:
        """Return how many deletions the remaining time and the hourly limit allow."""
        seconds = self._deadline - max(self._clock.monotonic(), self._next_at)
        by_time = int(seconds * _POINTS_PER_SECOND / _POINTS["DELETE"])
        return int(max(0, min(by_time, self._spendable())))

    def _sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the time budget."""
        self._clock.sleep(max(0.0, min(seconds, self._deadline - self._clock.monotonic())))

    def _spendable(self) -> float:
        if self._remaining is None or self._clock.now() >= self._resets_at:
            return float("inf")
        return self._remaining - self._reserved


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = str(headers.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("9999999999") else None
