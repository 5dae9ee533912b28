"""Pings a heartbeat monitor such as Healthchecks, which alerts when the polls stop."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cluster_status.adapters.http import Http, HttpFailure
from cluster_status.ports import Level

_TIMEOUT_SECONDS = 5.0
_FAILED = "The poll failed."

# services that read the result from the query: how their URL looks, and what a failed poll sets
_RESULT_IN_QUERY: Mapping[str, Mapping[str, str]] = {
    r"/api/push/[^/?]+/?(\?|$)|[?&]status=up(&|$)": {"status": "down", "msg": _FAILED},  # Uptime Kuma
    r"^https://cronitor\.link/|[?&]state=complete(&|$)": {"state": "fail", "message": _FAILED},  # Cronitor
}
_HEALTHCHECKS_QUERY = {"create", "rid"}


class HttpHeartbeat:
    """Requests a URL after each successful poll, and after a failed one the form of it that says so.

    A failed request is annotated without the URL, which is a secret: it could be used to fake polls.
    """

    def __init__(self, url: str, http: Http, annotate: Callable[[Level, str], None]) -> None:
        self._url = url
        self._http = http
        self._annotate = annotate

    def beat(self, *, worked: bool) -> None:
        url = self._url if worked else failure_url(self._url)
        if not url:
            return
        try:
            answer = self._http.request("GET", url, timeout_seconds=_TIMEOUT_SECONDS)
        except HttpFailure as failure:
            self._warn(str(failure))
            return
        if not answer.ok:
            self._warn(f"HTTP {answer.status}")

    def _warn(self, reason: str) -> None:
        self._annotate(Level.WARNING, f"The heartbeat failed: {reason}. Check heartbeat-url.")


class NoHeartbeat:
    """Used if no heartbeat-url is given."""

    def beat(self, *, worked: bool) -> None: ...


def failure_url(url: str) -> str:
    """Return the URL that reports a failed poll: with `/fail`, unless the service has another form.

    It is empty for a URL with a query of no known service. That service alerts when the requests stop; a
    changed URL might count as success there.
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    for form, failed in _RESULT_IN_QUERY.items():
        if re.search(form, url):
            kept = [(name, value) for name, value in query if name not in failed]
            return urlunsplit(parts._replace(query=urlencode([*failed.items(), *kept])))
    if not {name for name, _ in query} <= _HEALTHCHECKS_QUERY:
        return ""
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))
