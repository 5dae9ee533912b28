"""A proxy, a TLS inspection, and servers that do not answer or send other bytes than expected."""

import http.client
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOOPBACK = "127.0.0.1"
_IDLE_SECONDS = 10.0
_CHUNK = 65_536


@contextmanager
def silent_server() -> Iterator[socket.socket]:
    """Yield a socket that listens and never answers; its `accept()` returns when a client has connected."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        listening.settimeout(_IDLE_SECONDS)
        yield listening


@contextmanager
def talking_server(data: bytes) -> Iterator[int]:
    """Yield the port of a server that sends the data to each client, and waits until the client closes."""

    def talk() -> None:
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:  # shut down
                return
            with connection, suppress(OSError):
                connection.settimeout(_IDLE_SECONDS)
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(_CHUNK):
                    pass

    with socket.create_server((LOOPBACK, 0)) as listening:
        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def closed_port() -> int:
    """Return a port on which no server listens."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        return int(listening.getsockname()[1])


class Intermediary:
    """A forward proxy; or, with a certificate, a server that adds TLS to the HTTP server at `behind`.

    `request_lines` are the first lines of the requests.
    """

    def __init__(self, *, behind: str = "", certificate: Path | None = None) -> None:
        self._server = _Server((LOOPBACK, 0), _Handler)
        self._server.behind = behind
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # the thread of the connection does the handshake when it reads
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._scheme = "https" if certificate else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{self._scheme}://{LOOPBACK}:{self._server.server_address[1]}"

    @property
    def request_lines(self) -> list[str]:
        return list(self._server.request_lines)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() joins them

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.request_lines: list[str] = []
        self.behind = ""


class _Handler(BaseHTTPRequestHandler):
    """Forwards one request per connection, as HTTP/1.0."""

    server: _Server
    timeout = _IDLE_SECONDS

    def do_CONNECT(self) -> None:
        self.server.request_lines.append(self.requestline)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response_only(200)
            self.end_headers()
            _relay(self.connection, upstream)

    def do_GET(self) -> None:
        self.server.request_lines.append(self.requestline)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = urlsplit(self.server.behind + self.path)
        path = f"{target.path}?{target.query}" if target.query else target.path
        with closing(http.client.HTTPConnection(target.netloc, timeout=_IDLE_SECONDS)) as connection:
            connection.request(self.command, path, body, {**self.headers, "Connection": "close"})
            answer = connection.getresponse()
            content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815  # the names http.server looks for

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Forward data in both directions until one side closes its connection."""
    partners = {one: other, other: one}
    while ready := select.select(list(partners), [], [], _IDLE_SECONDS)[0]:
        for sender in ready:
            chunk = sender.recv(_CHUNK)
            if not chunk:
                return
            partners[sender].sendall(chunk)


def new_certificate(file: Path) -> Path:
    """Write a key and a self-signed certificate for loopback, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
