"""How much, and how fast, GitHub may be asked.

Of the requests that it allows a repository in an hour some are left to others. Its other limit is 900 points
in any minute, of which a question takes one and a deletion five.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cluster_status.adapters.http import HttpResponse
from cluster_status.errors import LimitReachedError
from cluster_status.ports import Clock

_POINTS = {"GET": 1, "DELETE": 5}
_POINTS_PER_SECOND = 14.0  # 15 would be the limit itself, and this run has asked other things, too
_PENALTY_SECONDS = 60.0  # where GitHub names no time; twice as long each time it says so again
_TOO_MUCH = "GitHub wants a pause that is longer than the time there is for pruning."
_TIME_IS_OVER = "The time for pruning is over."


class RateLimiter:
    def __init__(self, clock: Clock, *, budget_seconds: float, spare_requests: int) -> None:
        self._clock = clock
        self._deadline = clock.monotonic() + budget_seconds
        self._spare = spare_requests
        self._free_at = clock.monotonic()
        self._pause_over = _TIME_IS_OVER
        self._penalty_seconds = _PENALTY_SECONDS
        self._remaining: int | None = None  # of this hour, as far as it was told
        self._resets_at = datetime.max.replace(tzinfo=UTC)

    def take(self, method: str) -> None:
        """Wait until there may be another request. Raises LimitReachedError if there may be none."""
        if self._spendable() <= 0:
            raise LimitReachedError(
                f"Of GitHub's requests in an hour the last {self._spare} are left to others."
            )
        begin = max(self._clock.monotonic(), self._free_at)
        if begin >= self._deadline:
            raise LimitReachedError(self._pause_over)
        self._clock.sleep(max(0.0, begin - self._clock.monotonic()))
        self._free_at = begin + _POINTS[method] / _POINTS_PER_SECOND
        if self._remaining is not None:
            self._remaining -= 1  # until an answer tells it

    def note(self, answer: HttpResponse) -> None:
        """Take in what an answer says of the hour."""
        remaining, reset = (_number(answer.headers, f"x-ratelimit-{word}") for word in ("remaining", "reset"))
        if remaining is not None and reset is not None:
            self._remaining, self._resets_at = remaining, datetime.fromtimestamp(reset, UTC)

    def pause(self, answer: HttpResponse) -> None:
        """Take in that an answer was a refusal for having asked too much."""
        if _number(answer.headers, "x-ratelimit-remaining") == 0:
            self._remaining = 0  # and that for a while, whatever the two clocks say
            self._resets_at = max(self._resets_at, self._clock.now() + timedelta(seconds=_PENALTY_SECONDS))
            return
        wanted = _number(answer.headers, "retry-after")
        if not wanted:  # nor is none at all a pause
            wanted, self._penalty_seconds = int(self._penalty_seconds), 2 * self._penalty_seconds
        self._free_at = self._clock.monotonic() + wanted
        self._pause_over = _TOO_MUCH

    def deletions(self) -> int:
        """How many there may be in the time that is left."""
        seconds = self._deadline - max(self._clock.monotonic(), self._free_at)
        by_time = int(seconds * _POINTS_PER_SECOND / _POINTS["DELETE"])
        return int(max(0, min(by_time, self._spendable())))

    def _spendable(self) -> float:
        if self._remaining is None or self._clock.now() >= self._resets_at:
            return float("inf")
        return self._remaining - self._spare


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = str(headers.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("9999999999") else None
