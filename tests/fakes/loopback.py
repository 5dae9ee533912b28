"""HTTP servers on loopback that can fall silent, reset a connection or cut an answer short.

They leave nothing behind. What they answer is decided elsewhere: a `Front` takes every request and gives what
becomes of it.
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

HOLD_LIMIT_SECONDS = 30.0  # a held request goes on by then, whatever the test forgot
ABORT_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    server: str
    method: str
    path: str
    query: dict[str, str]
    headers: Message  # looked up without regard to case
    body: bytes
    operation: str = ""  # what it asks for, in a word of the front's


@dataclass(frozen=True)
class HttpResponse:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None  # fewer than the body has: then the connection ends


@dataclass(frozen=True)
class Held:
    """No answer until the client goes away, or until the release: then this one, or one decided then."""

    answer: HttpResponse | None = None


@dataclass(frozen=True)
class Aborted:
    """The connection is reset, without an answer."""


@dataclass(frozen=True)
class Silent:
    """No answer until the client goes away, or until the release: then the answer comes late."""

    after_accepting: bool = False


@dataclass(frozen=True)
class Reset:
    """The connection is reset before an answer."""

    after_accepting: bool = False


class Front(Protocol):
    def receive(self, request: Request) -> HttpResponse | Held | Aborted: ...

    def decide(self, request: Request) -> HttpResponse: ...


class Holds:
    """The requests that are kept waiting, whichever server they came to."""

    def __init__(self) -> None:
        self._bells: set[socket.socket] = set()
        self._ended = False
        self._lock = threading.Condition()

    def hold(self, connection: socket.socket) -> bool:
        """Wait for the release; False if the client went away first."""
        bell, clapper = socket.socketpair()
        with bell, clapper:
            with self._lock:
                if self._ended:
                    return False
                self._bells.add(clapper)
                self._lock.notify_all()
            ready, _, _ = select.select([connection, bell], [], [], HOLD_LIMIT_SECONDS)
            with self._lock:
                self._bells.discard(clapper)
                return connection not in ready and not self._ended

    def release(self, timeout_seconds: float) -> bool:
        with self._lock:
            held = self._lock.wait_for(lambda: bool(self._bells), timeout_seconds)
            for clapper in self._bells:
                clapper.send(b".")
        return held

    def end(self) -> None:
        with self._lock:
            self._ended = True
        self.release(timeout_seconds=0)


class LoopbackServer:
    """One server on a free port. All of it ends with the context: connections, threads, what is held."""

    def __init__(
        self,
        name: str,
        front: Front,
        holds: Holds,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = _Server(name, front, holds, tls)
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
            raise ConnectionResetError("the client went away in the middle of its request")
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
        match self.server.front.receive(request):
            case Held(answer):
                if not self.server.holds.hold(self.connection):
                    return None
                return answer or self.server.front.decide(request)
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
        """Say nothing: the requests are kept for the test."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() joins them
    request_queue_size = 32

    def __init__(self, name: str, front: Front, holds: Holds, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls:  # the handshake is the handler's, so that a client that is slow with it holds up no other
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.name = name
        self.front = front
        self.holds = holds
        self.errors: list[Exception] = []
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def end(self) -> None:
        self.shutdown()
        self.holds.end()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:  # a client may keep one open that is idle
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
            self.close_request(request)  # at once: a polite end would come before the reset
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # the signature is given
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | ssl.SSLError):
            self.errors.append(error)
