"""Discord's webhook API on loopback: it refuses what Discord refuses, and injects faults.

    with LoopbackDiscord() as discord:
        discord.fail_next(RateLimited(0.05), Reset(after_accepting=True))
        ...
        assert discord.messages[0]["pinged"] == []

A URL without a version, as Discord shows it, means API version 6. There, form errors have another structure
and times are in milliseconds. The documented responses are those of `/api/v10/`.
"""

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from tests.fakes import loopback
from tests.fakes.discord_access import Access
from tests.fakes.discord_channel import Channel, HttpResponse, RateLimit, Request, is_versioned, rate_limited
from tests.fakes.loopback import Aborted, Held, Holds, LoopbackServer, Reset, Silent

__all__ = [
    "Broken",
    "CloudflareLimited",
    "Fault",
    "LoopbackDiscord",
    "RateLimit",
    "RateLimited",
    "Refused",
    "Request",
    "Reset",
    "Silent",
]


@dataclass(frozen=True)
class RateLimited:
    """A 429 of Discord, in JSON. The scope `shared` is caused by other users of the same runner."""

    retry_after_seconds: float = 0.05
    scope: Literal["user", "shared", "global"] = "user"
    after_accepting: ClassVar[bool] = False

    def answer(self, request: Request) -> HttpResponse:
        versioned = is_versioned(request.path)
        return rate_limited(self.retry_after_seconds, scope=self.scope, versioned=versioned)


@dataclass(frozen=True)
class CloudflareLimited:
    """A 429 of Cloudflare in front of Discord: no JSON, no `Via`, and not always a time to wait."""

    retry_after_seconds: float | None = None
    after_accepting: ClassVar[bool] = False

    def answer(self, _: Request) -> HttpResponse:
        wait = self.retry_after_seconds
        headers = {} if wait is None else {"Retry-After": str(math.ceil(wait))}
        return HttpResponse.cloudflare(429, "error code: 1015", headers)


@dataclass(frozen=True)
class Refused:
    """An error of Discord, such as `Refused(429, 30046, "Maximum number of edits …")`."""

    status: int
    code: int
    message: str
    after_accepting: ClassVar[bool] = False

    def answer(self, _: Request) -> HttpResponse:
        return HttpResponse.error(self.status, self.code, self.message)


@dataclass(frozen=True)
class Broken:
    """A 5xx, which does not say whether the message was posted."""

    status: int = 502
    after_accepting: bool = False

    def answer(self, _: Request) -> HttpResponse:
        if self.status == 500:
            return HttpResponse.error(500, 0, "500: Internal Server Error")
        return HttpResponse.cloudflare(self.status, "<html><title>upstream</title></html>")


Fault = RateLimited | CloudflareLimited | Refused | Broken | Silent | Reset


class LoopbackDiscord:
    """All connections, threads and held requests end with the context."""

    def __init__(
        self, *, rate_limit: RateLimit | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = Channel(rate_limit, clock)
        self._faults: deque[Fault] = deque()
        self._requests: list[Request] = []
        self._arrived = threading.Condition()
        self._holds = Holds()
        self._server: LoopbackServer | None = None
        self._running = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._holds = Holds()  # the holds of an earlier context have ended
        self._server = self._running.enter_context(LoopbackServer("discord", self, self._holds))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()
        if self._server is not None and self._server.errors and error is None:
            raise ExceptionGroup("the fake itself failed", self._server.errors)

    @property
    def webhook_id(self) -> str:
        return self._channel.webhook_id

    @property
    def token(self) -> str:
        return self._channel.token

    @property
    def webhook_url(self) -> str:
        """The URL as Discord shows it: without a version."""
        if self._server is None:
            raise RuntimeError("there is an address only inside the context")
        return f"{self._server.url}/api/webhooks/{self.webhook_id}/{self.token}"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of the channel, oldest first: the fields of the payload, and those of the channel.

        The channel adds `id`, `thread_id`, `created` and `edited` (aware, or None), `pinged` (the notified
        mentions) and `mentioned` (the mentions after edits).
        """
        return self._channel.messages

    def wait_for_messages(self, count: int, *, timeout_seconds: float = 5.0) -> list[dict[str, Any]]:
        """Wait until messages are accepted; a client that disconnected does not know of it."""
        return self._channel.wait_for_messages(count, timeout_seconds)

    @property
    def requests(self) -> list[Request]:
        with self._arrived:
            return list(self._requests)

    def wait_for_requests(self, count: int, *, timeout_seconds: float = 5.0) -> list[Request]:
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._requests) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self._requests)} of {count} requests arrived")
            return list(self._requests)

    def fail_next(self, *faults: Fault) -> None:
        """Let the next requests fail, one fault each."""
        with self._arrived:
            self._faults.extend(faults)

    def release(self, *, timeout_seconds: float = 5.0) -> None:
        """Wait for a held request, and answer all held requests."""
        if self._server is None or not self._holds.release(timeout_seconds):
            raise TimeoutError("no request was held")

    def delete_messages(self) -> None:
        """Delete all messages, as a user with the permission can."""
        self._channel.clear()

    def delete_webhook(self) -> None:
        self._channel.exists = False

    @property
    def access(self) -> Access:
        return self._channel.access

    def receive(self, request: loopback.Request) -> loopback.HttpResponse | Held | Aborted:
        read = _read(request)
        with self._arrived:
            self._requests.append(read)
            self._arrived.notify_all()
            fault = self._faults.popleft() if self._faults else None
        if fault is None:
            return self.decide(request)
        decided = self.decide(request) if fault.after_accepting else None
        match fault:
            case Silent():
                return Held(decided)
            case Reset():
                return Aborted()
            case _:
                return _write(fault.answer(read))

    def decide(self, request: loopback.Request) -> loopback.HttpResponse:
        return _write(self._channel.answer(_read(request)))


def _read(request: loopback.Request) -> Request:
    query = {name: value for name, value in request.query.items() if value}  # Discord ignores blank ones
    return Request(request.method, request.path, query, request.headers, request.body)


def _write(answer: HttpResponse) -> loopback.HttpResponse:
    return loopback.HttpResponse(answer.status, answer.body, answer.headers)
