"""HTTP servers on loopback that can hold a request, reset a connection or truncate a response.

A `Backend` decides about each request. All connections and threads end with the context of a server.
"""

import contextlib
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, urlsplit

HOLD_LIMIT_SECONDS = 30.0  # a held request ends after this time if the test does not release it
ABORT_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    server: str
    method: str
    path: str
    query: dict[str, str]
    headers: Message  # looked up without regard to case
    body: bytes
    operation: str = ""  # the name that the backend has for it


@dataclass(frozen=True)
class HttpResponse:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None  # if less than the body, the connection ends after them


@dataclass(frozen=True)
class Held:
    """No response until the release; then this one, or by `decide`. It ends if the client disconnects."""

    answer: HttpResponse | None = None


@dataclass(frozen=True)
class Aborted:
    """The connection is reset without a response."""


@dataclass(frozen=True)
class Silent:
    """No response until the release; it ends if the client disconnects."""

    after_accepting: bool = False


@dataclass(frozen=True)
class Reset:
    """The connection is reset before a response."""

    after_accepting: bool = False


class Backend(Protocol):
    """Decides about requests; `decide` answers those that were held."""

    def receive(self, request: Request) -> HttpResponse | Held | Aborted: ...

    def decide(self, request: Request) -> HttpResponse: ...


class Holds:
    """The held requests of all servers of a fake."""

    def __init__(self) -> None:
        self._waiting: set[socket.socket] = set()
        self._ended = False
        self._lock = threading.Condition()

    def hold(self, connection: socket.socket) -> bool:
        """Wait for the release; return False if the client disconnects first."""
        receiver, sender = socket.socketpair()
        with receiver, sender:
            with self._lock:
                if self._ended:
                    return False
                self._waiting.add(sender)
                self._lock.notify_all()
            ready, _, _ = select.select([connection, receiver], [], [], HOLD_LIMIT_SECONDS)
            with self._lock:
                self._waiting.discard(sender)
                return connection not in ready and not self._ended

    def release(self, timeout_seconds: float) -> bool:
        with self._lock:
            held = self._lock.wait_for(lambda: bool(self._waiting), timeout_seconds)
            for sender in self._waiting:
                sender.send(b".")
        return held

    def end(self) -> None:
        with self._lock:
            self._ended = True
        self.release(timeout_seconds=0)


class LoopbackServer:
    """A server on a free port. Its connections, threads and held requests end with the context."""

    def __init__(
        self,
        name: str,
        backend: Backend,
        holds: Holds,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = _Server(name, backend, holds, tls)
        self._scheme = "https" if tls else "http"
        self._host = host
        # the interval is how long shutdown() may take
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self._host}:{self._server.server_address[1]}"

    @property
    def errors(self) -> list[Exception]:
        return self._server.errors


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._send(HttpResponse(411, b"Length Required"))
            return
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the client disconnected in the middle of its request")
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        request = Request(self.server.name, self.command, split.path, query, self.headers, body)
        answer = self._answer(request)
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  # the names http.server looks for

    def _answer(self, request: Request) -> HttpResponse | None:
        match self.server.backend.receive(request):
            case Held(answer):
                if not self.server.holds.hold(self.connection):
                    return None
                return answer or self.server.backend.decide(request)
            case Aborted():
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT_ON_CLOSE)
                return None
            case answer:
                return answer

    def _send(self, answer: HttpResponse) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        if answer.sent_bytes is not None:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent_bytes])

    def log_message(self, *_: object) -> None:
        """Log nothing: the requests are kept for the test."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() joins them
    request_queue_size = 32

    def __init__(self, name: str, backend: Backend, holds: Holds, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls:  # the handler does the handshake, so that a slow client does not delay others
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.name = name
        self.backend = backend
        self.holds = holds
        self.errors: list[Exception] = []
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def end(self) -> None:
        self.shutdown()
        self.holds.end()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:  # a client may keep an idle one open
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(ABORT_ON_CLOSE)) == ABORT_ON_CLOSE:
            self.close_request(request)  # without the usual shutdown, which would prevent the reset
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # the signature is given
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | ssl.SSLError):
            self.errors.append(error)
