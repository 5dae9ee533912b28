"""Healthchecks, Uptime Kuma and Cronitor on loopback, each with its own form of a failure.

Written from the documentation of Healthchecks (Pinging API) and Cronitor (Telemetry API), and from the route
`/api/push/:pushToken` of Uptime Kuma, which is not documented.
"""

import contextlib
import re
import secrets
import threading
from collections import deque
from types import TracebackType
from typing import Self

from tests.fakes.loopback import Aborted, Held, Holds, HttpResponse, LoopbackServer, Request, Reset, Silent

Fault = HttpResponse | Reset | Silent


class LoopbackWatchdog:
    """`pings` are the requests in order: "ok" or "fail". Any other request gets a 404."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self._pings: list[str] = []
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()
        self._running = contextlib.ExitStack()
        self._server: LoopbackServer | None = None

    def __enter__(self) -> Self:
        self._server = self._running.enter_context(LoopbackServer("watchdog", self, Holds()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    @property
    def url(self) -> str:
        """The URL of a check of Healthchecks."""
        return f"{self.origin}/ping/{self.secret}"

    @property
    def origin(self) -> str:
        if self._server is None:
            raise RuntimeError("there is an address only inside the context")
        return self._server.url

    @property
    def pings(self) -> list[str]:
        with self._lock:
            return list(self._pings)

    def fail_next(self, *faults: Fault) -> None:
        """Let the next requests fail, one fault each."""
        with self._lock:
            self._faults.extend(faults)

    def receive(self, request: Request) -> HttpResponse | Held | Aborted:
        with self._lock:
            fault = self._faults.popleft() if self._faults else None
        match fault:
            case None:
                return self.decide(request)
            case Reset():
                return Aborted()
            case Silent():
                return Held()
            case answer:
                return answer

    def decide(self, request: Request) -> HttpResponse:
        kind = self._kind(request)
        if kind is None or request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponse(404, b"not found")
        with self._lock:
            self._pings.append(kind)
        return HttpResponse(200, b"OK")

    def _kind(self, request: Request) -> str | None:
        """Return the meaning of a request to one of the services; None if it has none."""
        path, query = request.path, request.query
        if path == f"/api/push/{self.secret}":  # Uptime Kuma: any other status than "up" is down
            return "ok" if query.get("status", "up") == "up" else "fail"
        if path == f"/p/{self.secret}/monitor":  # Cronitor: without a state it is a heartbeat
            return {"complete": "ok", "ok": "ok", "fail": "fail"}.get(query.get("state", "ok"))
        check = re.fullmatch(rf"/ping/{self.secret}(/nightly-poll)?(/|(?P<fail>/fail))?", path)
        return ("fail" if check["fail"] else "ok") if check else None
