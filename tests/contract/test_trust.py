"""Certificates of HTTPS are read once, and a rejected one is not tried again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import Http, HttpFailure
from tests.fakes.certificate import Certificate, make_certificate
from tests.fakes.clock import VirtualClock


class Server(ThreadingHTTPServer):
    """Answers over TLS, and counts connections."""

    def __init__(self, certificate: Certificate, host: str = "127.0.0.1") -> None:
        self.connections = 0
        self._host = host
        self._context = certificate.context
        super().__init__((host, 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: a client that rejects the certificate ends the connection."""

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self.connections += 1
        return self._context.wrap_socket(connection, server_side=True), address

    @property
    def url(self) -> str:
        return f"https://{self._host}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@pytest.fixture
def server(certificate: Certificate) -> Iterator[Server]:
    with _running(Server(certificate)) as server:
        yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    with server:
        serving = threading.Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_certificates_are_read_once_for_all_connections(
    server: Server, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.path))
    statuses = [Http().request("GET", server.url).status]
    certificate.path.unlink()
    statuses.append(Http().request("GET", server.url).status)
    assert statuses == [200, 200]
    assert server.connections == 2


def test_a_rejected_certificate_is_not_tried_again(server: Server) -> None:
    clock = VirtualClock()
    with pytest.raises(HttpFailure, match="certificate verification failed"):
        RetryingHttp(Http(), clock).request("GET", server.url)
    assert server.connections == 1


def test_a_certificate_of_another_host_is_rejected(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.path))
    with (
        _running(Server(certificate, host="127.0.0.2")) as other,
        pytest.raises(HttpFailure, match="certificate verification failed"),
    ):
        Http().request("GET", other.url)


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_ca_bundle_that_cannot_be_read_is_named(
    server: Server, content: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with pytest.raises(HttpFailure, match="CA bundle in REQUESTS_CA_BUNDLE"):
        Http().request("GET", server.url)
