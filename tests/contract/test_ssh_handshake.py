"""From a connection to a host key: the causes of failures before the login."""

import socket
from typing import Any

import paramiko
import pytest
from paramiko.auth_handler import AuthHandler

from cluster_status.adapters.ssh.connect import Address, connect_to
from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.ssh.host_key import HostKey, Pin, Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.verdict import cause_to_retry
from tests.contract.ssh_probe import (
    LONG_SECONDS,
    host_key,
    new_probe,
    nothing_left_behind,
    open_sockets,
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


def connected(port: int) -> socket.socket:
    return connect_to(Address(socket.AF_INET, (HOST, port)), Deadline(LONG_SECONDS))


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
        (b"\x1b[31mno banner\r\n" * 200, ": no banner"),
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
        (b"\x1b[31mgo\r\n::error::away", ": go ::error::away"),
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
    ("offer", "kind", "ours"),
    [
        ({"kex": "diffie-hellman-group1-sha1"}, "key exchanges", "curve25519-sha256"),
        ({"key": "ssh-dss"}, "host key algorithms", "ssh-ed25519"),
        ({"cipher": "arcfour"}, "ciphers", "aes256-ctr"),
    ],
    ids=["key exchange", "host key", "cipher"],
)
def test_the_remedy_of_an_incompatible_server_names_what_both_sides_offer(
    offer: dict[str, str], kind: str, ours: str
) -> None:
    probed = probe_server(raw(BANNER, kexinit(**offer)))
    [theirs] = offer.values()
    assert probed.cause_and_detail == (Cause.INCOMPATIBLE_SSH, f"no {kind} in common")
    assert f"The server offers only these {kind}: {theirs}." in probed.failure.remedy
    assert ours in probed.failure.remedy.partition(f"{kind}, which the action offers: ")[2].partition(". ")[0]
    assert probed.result.reached


def test_the_remedy_names_each_kind_of_algorithm_that_is_not_in_common() -> None:
    probed = probe_server(raw(BANNER, kexinit(kex="none-such", key="ssh-dss", cipher="arcfour")))
    assert probed.failure.detail == "no key exchanges and no host key algorithms and no ciphers in common"


def test_what_a_server_offers_is_shown_cleaned_and_shortened() -> None:
    probed = probe_server(raw(BANNER, kexinit(kex=f"\x1b[31mgo,{9_000 * 'x'}")))
    assert "these key exchanges: go, xxx" in probed.failure.remedy
    assert len(probed.failure.remedy) < 1_000


def test_the_only_old_version_of_the_protocol_is_incompatible() -> None:
    probed = probe_server(raw(b"SSH-1.5-ancient\r\n"))
    assert probed.cause is Cause.INCOMPATIBLE_SSH
    assert probed.failure.detail.startswith("Incompatible version")


def test_a_handshake_that_was_damaged_is_repeated_at_once() -> None:
    connections: list[socket.socket] = []
    server = SshServer()

    def handler(connection: socket.socket) -> None:
        connections.append(connection)
        damaged = raw(BANNER, kexinit(key="ssh-ed25518"))
        (damaged if len(connections) == 1 else server)(connection)

    assert probe_server(handler).lists_nodes
    assert len(connections) == 2


@pytest.mark.parametrize(
    "pin", [Pin(HostKey("ssh-dss", b"x")), Pin(host_key(paramiko.ECDSAKey.generate()))], ids=["DSA", "ECDSA"]
)
def test_a_key_of_another_type_than_the_pinned_one_is_not_trusted_and_its_line_is_shown(pin: Pin) -> None:
    server = SshServer()
    with LoopbackServer(server) as listening, new_probe(listening.port, pins=Pins((pin,))) as probe:
        probed = run_probe(probe)
        line = host_key(ed25519()).line(HOST, listening.port)
    assert probed.cause is Cause.HOST_KEY
    assert f"the pinned key is {pin.description}; " in probed.failure.detail
    assert probed.failure.detail.endswith(f"the line for cluster-host-key is: {line}")
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
        session = Session(connected(server.port), Redaction())
        assert open_sockets() > before
        assert not session.reached
        session.close()
        session.close()


def test_a_handshake_returns_the_key_of_the_server() -> None:
    with LoopbackServer(SshServer()) as server, nothing_left_behind():
        session = Session(connected(server.port), Redaction())
        key = session.shake_hands((), Deadline(LONG_SECONDS))
        assert session.is_open
        session.close()
    assert (key.type, key.blob) == ("ssh-ed25519", ed25519().asbytes())
