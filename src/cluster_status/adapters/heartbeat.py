"""Tells a watchdog such as Healthchecks that polls go on: it calls somebody when they stop."""

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from cluster_status.adapters.http import Http, HttpFailure
from cluster_status.ports import Level

_TIMEOUT_SECONDS = 5.0


class HttpHeartbeat:
    """Asks for one URL after a poll that worked, and with `/fail` behind its path after one that did not.

    A failure is mentioned by `annotate`, without the URL: whoever knows it can keep the watchdog quiet.
    """

    def __init__(self, url: str, http: Http, annotate: Callable[[Level, str], None]) -> None:
        self._url = url
        self._http = http
        self._annotate = annotate

    def beat(self, *, worked: bool) -> None:
        try:
            answer = self._http.request("GET", self._address(worked=worked), timeout_seconds=_TIMEOUT_SECONDS)
        except HttpFailure as failure:
            self._mention(str(failure))
            return
        if not answer.ok:
            self._mention(f"http {answer.status}")

    def _address(self, *, worked: bool) -> str:
        parts = urlsplit(self._url)
        return self._url if worked else urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))

    def _mention(self, reason: str) -> None:
        self._annotate(Level.WARNING, f"heartbeat-url was not told of this poll: {reason}.")


class NoHeartbeat:
    """Where nobody watches the watcher."""

    def beat(self, *, worked: bool) -> None: ...
