"""A program that receives webhooks, and verifies them as the specification of Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import contextlib
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from tests.fakes.loopback import Aborted, Held, Holds, HttpResponse, LoopbackServer, Request, Reset, Silent

TOLERANCE_SECONDS = 300
KEY = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class WebhookReceiver:
    """`accepted` has the bodies by id; a message that arrives again is accepted and ignored."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.accepted: dict[str, Any] = {}
        self.requests: list[Request] = []
        self._faults: deque[int | Reset | Silent] = deque()
        self._running = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._server = self._running.enter_context(LoopbackServer("webhook", self, Holds()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    @property
    def url(self) -> str:
        return f"{self._server.url}/hook?site=1#{KEY}"

    def fail_next(self, *faults: int | Reset | Silent) -> None:
        """Inject a status or a fault for each of the next requests."""
        self._faults.extend(faults)

    def receive(self, request: Request) -> HttpResponse | Held | Aborted:
        self.requests.append(request)
        match self._faults.popleft() if self._faults else None:
            case None:
                return self._accept(request)
            case Reset(after_accepting):
                if after_accepting:
                    self._accept(request)
                return Aborted()
            case Silent():
                return Held(None)
            case status:
                return HttpResponse(status, b"no", {"Location": f"{self._server.url}/other"})

    def decide(self, request: Request) -> HttpResponse:
        return self._accept(request)

    def _accept(self, request: Request) -> HttpResponse:
        if request.method != "POST" or not self._is_signed(request):
            return HttpResponse(401)
        if request.headers["Content-Type"] != "application/json":
            return HttpResponse(415)
        self.accepted.setdefault(request.headers["webhook-id"], json.loads(request.body))
        return HttpResponse(204)

    def _is_signed(self, request: Request) -> bool:
        id_, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        if not id_ or not at.isdigit() or abs(self._now() - int(at)) > TOLERANCE_SECONDS:
            return False
        secret = base64.b64decode(KEY.removeprefix("whsec_"))
        digest = hmac.new(secret, f"{id_}.{at}.{request.body.decode()}".encode(), hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(digest).decode()}"
        signatures = request.headers["webhook-signature"].split(" ")
        return any(hmac.compare_digest(expected, one) for one in signatures)
