"""GitHub's limits: requests in an hour, and points in a minute."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil

RATE_LIMIT = 1000  # requests an hour, of a GITHUB_TOKEN
RATE_LIMIT_WINDOW = timedelta(hours=1)
POINTS_LIMIT = 900
POINTS_WINDOW = timedelta(minutes=1)
POINTS_OF_A_CHANGE = 5  # a GET has one


class RateLimit:
    """Counts the requests of all tokens in an hour."""

    def __init__(self, limit: int, clock: Callable[[], datetime]) -> None:
        self._limit = limit
        self._clock = clock
        self._used = 0
        self._resets_at = clock()

    def take(self) -> bool:
        now = self._clock()
        if now >= self._resets_at:
            self._used, self._resets_at = 0, now + RATE_LIMIT_WINDOW
        self._used += 1
        return self._used <= self._limit

    def headers(self) -> dict[str, str]:
        used = min(self._used, self._limit)
        return rate_limit_headers(self._limit, self._limit - used, self._resets_at)


class SecondaryLimit:
    """Counts points in any minute, including those of refused requests.

    GitHub counts for each endpoint, and does not document the endpoints. This fake counts for all together.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._taken: deque[tuple[datetime, int]] = deque()
        self._points = 0

    def take(self, method: str) -> bool:
        now = self._clock()
        while self._taken and now - self._taken[0][0] >= POINTS_WINDOW:
            self._points -= self._taken.popleft()[1]
        points = 1 if method in ("GET", "HEAD", "OPTIONS") else POINTS_OF_A_CHANGE
        self._taken.append((now, points))
        self._points += points
        return self._points <= POINTS_LIMIT


def rate_limit_headers(limit: int, remaining: int, resets_at: datetime) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(ceil(resets_at.timestamp())),
        "x-ratelimit-used": str(limit - remaining),
        "x-ratelimit-resource": "core",
    }
