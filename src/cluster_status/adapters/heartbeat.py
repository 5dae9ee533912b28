"""Pings a dead man's switch such as Healthchecks, which alerts when the polls stop."""

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from cluster_status.adapters.http import Http, HttpFailure
from cluster_status.ports import Level

_TIMEOUT_SECONDS = 5.0


class HttpHeartbeat:
    """Requests a URL after each successful poll, and the URL with `/fail` appended after a failed one.

    A failed request is annotated without the URL, which is a secret: it could be used to fake polls.
    """

    def __init__(self, url: str, http: Http, annotate: Callable[[Level, str], None]) -> None:
        self._url = url
        self._http = http
        self._annotate = annotate

    def beat(self, *, worked: bool) -> None:
        try:
            answer = self._http.request("GET", self._address(worked=worked), timeout_seconds=_TIMEOUT_SECONDS)
        except HttpFailure as failure:
            self._warn(str(failure))
            return
        if not answer.ok:
            self._warn(f"HTTP {answer.status}")

    def _address(self, *, worked: bool) -> str:
        parts = urlsplit(self._url)
        return self._url if worked else urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))

    def _warn(self, reason: str) -> None:
        self._annotate(Level.WARNING, f"The heartbeat failed: {reason}. Check heartbeat-url.")


class NoHeartbeat:
    """Used if no heartbeat-url is given."""

    def beat(self, *, worked: bool) -> None: ...
