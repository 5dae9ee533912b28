"""From a name and a port to a host key: the causes of failures before the login."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import paramiko
import pytest
from paramiko.auth_handler import AuthHandler

from cluster_status.adapters.ssh.connect import connect
from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.ssh.host_key import HostKey, Pin, Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed
from cluster_status.domain.status.verdict import cause_to_retry
from tests.contract.ssh_probe import (
    LONG_SECONDS,
    new_probe,
    nothing_left_behind,
    open_sockets,
    pinned,
    probe_server,
    run_probe,
)
from tests.fakes.ssh import (
    BANNER,
    HOST,
    LoopbackServer,
    SshServer,
    disconnect_payload,
    ed25519,
    kexinit,
    packet,
    raw,
)
from tests.servers.daemon import wait_until

SHORT_SECONDS = 0.3
SLACK_SECONDS = 1.5  # of a busy machine

DROPPED = "the server closed the connection during the key exchange"
NO_BANNER = "the server closed the connection before its SSH banner, or is not an SSH server"

Address = tuple[int, int, int, str, tuple[Any, ...]]


def closed_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def ipv4(port: int, host: str = HOST) -> Address:
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes every name resolve to the given addresses."""

    def to(*addresses: Address) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(addresses))

    return to


# The name and its addresses


def test_a_closed_port_is_refused() -> None:
    with new_probe(closed_port()) as probe:
        probed = run_probe(probe)
    assert probed.cause_and_detail == (Cause.REFUSED, "connection refused")
    assert not probed.result.reached


def test_a_name_that_does_not_resolve_quotes_the_resolver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or \x1b[31mservice not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with new_probe(1, host="no.such.example") as probe:
        assert run_probe(probe).cause_and_detail == (
            Cause.DNS,
            "no.such.example: Name or [31mservice not known",
        )


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".example", "\udcff"])
def test_an_invalid_name_does_not_resolve(name: str) -> None:
    with new_probe(1, host=name) as probe:
        probed = run_probe(probe)
    assert probed.cause is Cause.DNS
    assert probed.failure.detail


def test_a_resolver_that_does_not_answer_is_a_dns_failure_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> list[Address]:
        release.wait(LONG_SECONDS)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with new_probe(1, connect_timeout_seconds=SHORT_SECONDS) as probe:
        try:
            probed = run_probe(probe)
        finally:
            release.set()
    assert probed.cause is Cause.DNS
    assert "no answer from the resolver" in probed.failure.detail
    assert SHORT_SECONDS <= probed.seconds < SHORT_SECONDS + SLACK_SECONDS


def test_after_an_address_that_refuses_the_next_one_is_tried(resolve: Callable[..., None]) -> None:
    with LoopbackServer(SshServer()) as server, new_probe(server.port, host="two.example") as probe:
        resolve(ipv4(closed_port()), ipv4(server.port))
        assert run_probe(probe).lists_nodes


def test_after_an_address_of_an_unsupported_family_the_next_one_is_tried(
    resolve: Callable[..., None],
) -> None:
    with LoopbackServer(SshServer()) as server, new_probe(server.port, host="two.example") as probe:
        # like an IPv6 address on a kernel without IPv6; no kernel supports DECnet any more
        resolve((12, socket.SOCK_STREAM, 0, "", ("::1", server.port, 0, 0)), ipv4(server.port))
        assert run_probe(probe).lists_nodes


def test_without_an_address_of_a_supported_family_the_server_is_unreachable(
    resolve: Callable[..., None],
) -> None:
    with new_probe(22, host="one.example") as probe:
        resolve((12, socket.SOCK_STREAM, 0, "", ("::1", 22, 0, 0)))
        assert run_probe(probe).cause is Cause.UNREACHABLE


def test_each_address_gets_its_share_of_the_time_and_the_most_specific_failure_counts(
    monkeypatch: pytest.MonkeyPatch, resolve: Callable[..., None]
) -> None:
    waits: list[float] = []

    class NeverAnswers(socket.socket):  # on loopback every connection is answered
        def connect(self, _: object) -> None:
            waits.append(round(self.gettimeout() or 0.0, 1))
            raise TimeoutError

    kinds = iter([NeverAnswers, socket.socket, NeverAnswers])

    def make(family: int, kind: int) -> socket.socket:
        return next(kinds)(family, kind)

    closed = closed_port()
    resolve(ipv4(closed), ipv4(closed), ipv4(closed))
    with nothing_left_behind(), monkeypatch.context() as patch:
        patch.setattr(socket, "socket", make)
        with pytest.raises(ProbeFailed) as failed:
            connect("three.example", 22, Deadline(9))
    assert failed.value.failure.cause is Cause.REFUSED
    assert waits == [3.0, 9.0]  # what one address does not use, the others get


# Servers that are no SSH servers, or faulty ones


def test_a_server_that_sends_nothing_is_a_timeout() -> None:
    probed = probe_server(raw(then_silent=True), connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause is Cause.TIMEOUT
    assert "accepted the connection, but sent nothing" in probed.failure.detail
    assert not probed.result.reached
    assert SHORT_SECONDS <= probed.seconds < SHORT_SECONDS + SLACK_SECONDS


@pytest.mark.parametrize(
    ("sent", "quoted"),
    [
        (b"", ""),
        (b"SSH-2.0-cut off", ""),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ": HTTP/1.1 400 Bad Request"),
        (b"\xff\xfe\x00\n" + BANNER, ""),
        (b"\x16\x03\x01\x02\x00\x01" * 100, ""),
        (b"\r\nExceeded MaxStartups\r\n", ": Exceeded MaxStartups"),
        (b"\x1b[31mno banner\r\n" * 200, ": [31mno banner"),
    ],
    ids=["nothing", "half a banner", "HTTP", "broken text", "TLS", "a line", "many lines"],
)
def test_a_connection_that_ends_before_the_banner_is_dropped_and_the_server_not_reached(
    sent: bytes, quoted: str
) -> None:
    probed = probe_server(raw(sent))
    assert probed.cause_and_detail == (Cause.DROPPED, f"{NO_BANNER}{quoted}")
    assert not probed.result.reached


def test_lines_before_the_banner_are_allowed() -> None:
    server = SshServer()

    def handler(connection: socket.socket) -> None:
        connection.sendall(b"Welcome to the cluster\r\nNo mining\r\n")
        server(connection)

    assert probe_server(handler).lists_nodes


def test_a_connection_that_ends_after_the_banner_is_dropped_and_the_server_reached() -> None:
    probed = probe_server(raw(BANNER))
    assert probed.cause_and_detail == (Cause.DROPPED, DROPPED)
    assert probed.result.reached


def test_a_server_that_is_silent_after_its_banner_is_a_timeout() -> None:
    probed = probe_server(raw(BANNER, then_silent=True), connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause is Cause.TIMEOUT
    assert "the key exchange did not finish" in probed.failure.detail
    assert probed.result.reached
    assert SHORT_SECONDS <= probed.seconds < SHORT_SECONDS + SLACK_SECONDS


def test_a_server_that_is_silent_within_its_banner_sent_no_banner() -> None:
    probed = probe_server(raw(b"SSH-2.0-hal", then_silent=True), connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause_and_detail == (Cause.TIMEOUT, "the server sent no SSH banner within 0 s")


def test_a_key_exchange_may_take_as_long_as_the_input_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    # paramiko has its own limit of 15 s, shortened here to end before ours
    begin = paramiko.Transport.__init__

    def impatient(transport: paramiko.Transport, *arguments: Any, **options: Any) -> None:
        begin(transport, *arguments, **options)
        transport.handshake_timeout = 0.05

    monkeypatch.setattr(paramiko.Transport, "__init__", impatient)
    probed = probe_server(raw(BANNER, then_silent=True), connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause is Cause.TIMEOUT


@pytest.mark.parametrize(
    ("reason", "quoted"),
    [
        (b"Too many authentication failures", ": Too many authentication failures"),
        (b"\x1b[31mgo\r\n::error::away", ": [31mgo ::error::away"),
        (b"", ": no reason given"),
    ],
)
def test_a_disconnect_reason_during_the_key_exchange_is_quoted_cleaned(reason: bytes, quoted: str) -> None:
    probed = probe_server(raw(BANNER, packet(disconnect_payload(reason))))
    assert probed.cause_and_detail == (Cause.DROPPED, f"{DROPPED}{quoted}")


def test_a_disconnect_reason_that_is_not_utf_8_is_a_cause() -> None:
    probed = probe_server(raw(BANNER, packet(disconnect_payload(b"\xff\xfe"))))
    assert probed.cause in {Cause.DROPPED, Cause.INCOMPATIBLE_SSH}


@pytest.mark.parametrize(
    "sent",
    [
        [BANNER, kexinit(kex="diffie-hellman-group1-sha1")],
        [BANNER, kexinit(key="ssh-dss")],
        [BANNER, kexinit(cipher="arcfour")],
        [b"SSH-1.5-ancient\r\n"],
    ],
    ids=["key exchange", "host key", "cipher", "version"],
)
def test_a_server_without_a_common_algorithm_is_incompatible(sent: list[bytes]) -> None:
    probed = probe_server(raw(*sent))
    assert probed.cause is Cause.INCOMPATIBLE_SSH
    assert probed.failure.detail.startswith("Incompatible")
    assert probed.result.reached


def test_a_pinned_key_of_an_unsupported_type_is_incompatible() -> None:
    probed = probe_server(SshServer(), pins=Pins((Pin(HostKey("ssh-dss", b"x")),)))
    assert probed.cause_and_detail == (Cause.INCOMPATIBLE_SSH, "host keys of type ssh-dss are not supported")


def test_a_server_without_a_key_of_the_pinned_type_is_incompatible() -> None:
    server = SshServer()
    probed = probe_server(server, pins=pinned(paramiko.ECDSAKey.generate()))
    assert probed.cause is Cause.INCOMPATIBLE_SSH
    assert server.offers == []


def test_a_connection_that_ends_right_after_the_key_exchange_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = paramiko.Transport.start_client

    def slowly(transport: paramiko.Transport, **options: Any) -> None:
        begin(transport, **options)
        wait_until(lambda: not transport.is_active(), timeout_seconds=3)

    monkeypatch.setattr(paramiko.Transport, "start_client", slowly)
    probed = probe_server(SshServer(after_handshake=lambda connection: connection.close()))
    assert probed.cause_and_detail == (Cause.DROPPED, DROPPED)
    assert not probed.result.credential_offered


def test_a_connection_that_ends_before_the_login_is_dropped_and_nothing_is_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AuthHandler, "_parse_service_request", lambda handler, _: handler.transport.close())
    server = SshServer()
    probed = probe_server(server)
    assert probed.cause_and_detail == (Cause.DROPPED, "the server closed the connection before the login")
    assert not probed.result.credential_offered
    assert cause_to_retry(probed.result, degraded_below=50)
    assert server.offers == []


# Sessions


def test_a_session_closes_its_socket() -> None:
    with LoopbackServer(raw(then_silent=True)) as server, nothing_left_behind():
        before = open_sockets()
        session = Session(connect(HOST, server.port, Deadline(LONG_SECONDS)), Redaction())
        assert open_sockets() > before
        assert not session.reached
        session.close()
        session.close()


def test_a_handshake_returns_the_key_of_the_server() -> None:
    with LoopbackServer(SshServer()) as server, nothing_left_behind():
        session = Session(connect(HOST, server.port, Deadline(LONG_SECONDS)), Redaction())
        key = session.shake_hands((), Deadline(LONG_SECONDS))
        assert session.is_open
        session.close()
    assert (key.type, key.blob) == ("ssh-ed25519", ed25519().asbytes())
