"""From a name to a host key: what a server, or what only looks like one, leads to before the login."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import paramiko
import pytest
from paramiko.auth_handler import AuthHandler

from cluster_status.adapters.ssh.connect import connect
from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.adapters.ssh.session import Session
from cluster_status.domain.ssh.host_key import HostKey, Pin, Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.verdict import cause_to_retry
from tests.contract.ssh_probe import (
    PATIENCE_SECONDS,
    check,
    is_listed,
    nothing_left,
    open_sockets,
    pinned,
    probe_at,
    probing,
)
from tests.fakes.ssh import BANNER, HOST, Front, Loopback, ed25519, kexinit, packet, raw, reason
from tests.servers.daemon import wait_until

LIMIT_SECONDS = 0.3
SLACK_SECONDS = 1.5  # of a busy machine

Address = tuple[int, int, int, str, tuple[Any, ...]]


def closed_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def ipv4(port: int, host: str = HOST) -> Address:
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let any name have the addresses given."""

    def to(*addresses: Address) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(addresses))

    return to


# the name and its addresses


def test_a_closed_port_refuses() -> None:
    with probing(closed_port()) as probe:
        seen = check(probe)
    assert seen.told == (Cause.REFUSED, "connection refused")
    assert not seen.result.reached


def test_a_name_that_does_not_resolve_is_told_in_the_resolver_s_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or \x1b[31mservice not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with probing(1, host="no.such.example") as probe:
        assert check(probe).told == (Cause.DNS, "no.such.example: Name or [31mservice not known")


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".example", "\udcff"])
def test_a_name_that_cannot_be_one_does_not_resolve(name: str) -> None:
    with probing(1, host=name) as probe:
        seen = check(probe)
    assert seen.cause is Cause.DNS
    assert seen.failure.detail


def test_a_resolver_that_does_not_answer_is_left_behind_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> list[Address]:
        release.wait(PATIENCE_SECONDS)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with probing(1, connect_timeout_seconds=LIMIT_SECONDS) as probe:
        try:
            seen = check(probe)
        finally:
            release.set()
    assert seen.cause is Cause.DNS
    assert "no answer from the resolver" in seen.failure.detail
    assert LIMIT_SECONDS <= seen.took < LIMIT_SECONDS + SLACK_SECONDS


def test_an_address_that_refuses_leaves_the_next_one_to_be_tried(resolve: Callable[..., None]) -> None:
    with Loopback(Front()) as server, probing(server.port, host="two.example") as probe:
        resolve(ipv4(closed_port()), ipv4(server.port))
        assert is_listed(check(probe))


def test_an_address_of_a_family_this_system_lacks_leaves_the_next_one_to_be_tried(
    resolve: Callable[..., None],
) -> None:
    with Loopback(Front()) as server, probing(server.port, host="two.example") as probe:
        # so a name with IPv6 looks where the kernel was started without it; DECnet is in none any more
        resolve((12, socket.SOCK_STREAM, 0, "", ("::1", server.port, 0, 0)), ipv4(server.port))
        assert is_listed(check(probe))


def test_no_address_of_a_family_this_system_has_is_no_route(resolve: Callable[..., None]) -> None:
    with probing(22, host="one.example") as probe:
        resolve((12, socket.SOCK_STREAM, 0, "", ("::1", 22, 0, 0)))
        assert check(probe).cause is Cause.UNREACHABLE


def test_each_address_gets_its_share_of_the_time_and_the_most_telling_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, resolve: Callable[..., None]
) -> None:
    waits: list[float] = []

    class NeverAnswers(socket.socket):  # loopback always answers whoever knocks
        def connect(self, _: object) -> None:
            waits.append(round(self.gettimeout() or 0.0, 1))
            raise TimeoutError

    kinds = iter([NeverAnswers, socket.socket, NeverAnswers])

    def make(family: int, kind: int) -> socket.socket:
        return next(kinds)(family, kind)

    closed = closed_port()
    resolve(ipv4(closed), ipv4(closed), ipv4(closed))
    with nothing_left(), monkeypatch.context() as patch:
        patch.setattr(socket, "socket", make)
        with pytest.raises(ProbeFailed) as failed:
            connect("three.example", 22, Deadline(9))
    assert failed.value.failure.cause is Cause.REFUSED
    assert waits == [3.0, 9.0]  # what one address leaves of its share, the others get


# what answers, and is no SSH server or hardly one


def test_a_server_that_accepts_and_says_nothing_runs_into_the_time_limit() -> None:
    seen = probe_at(raw(then_silent=True), connect_timeout_seconds=LIMIT_SECONDS)
    assert seen.cause is Cause.TIMEOUT
    assert "accepts connections and says nothing" in seen.failure.detail
    assert not seen.result.reached
    assert LIMIT_SECONDS <= seen.took < LIMIT_SECONDS + SLACK_SECONDS


@pytest.mark.parametrize(
    ("said", "quoted"),
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
def test_what_hangs_up_before_it_is_known_as_an_ssh_server_is_dropped_and_not_reached(
    said: bytes, quoted: str
) -> None:
    seen = probe_at(raw(said))
    assert seen.told == (Cause.DROPPED, f"it hung up, or does not speak SSH, before its SSH banner{quoted}")
    assert not seen.result.reached


def test_lines_before_the_banner_are_allowed() -> None:
    front = Front()

    def play(connection: socket.socket) -> None:
        connection.sendall(b"Welcome to the cluster\r\nNo mining\r\n")
        front(connection)

    assert is_listed(probe_at(play))


def test_a_server_that_hangs_up_after_its_banner_was_reached_and_dropped_the_connection() -> None:
    seen = probe_at(raw(BANNER))
    assert seen.told == (Cause.DROPPED, "it hung up during the key exchange")
    assert seen.result.reached


def test_a_server_that_falls_silent_after_its_banner_runs_into_the_time_limit() -> None:
    seen = probe_at(raw(BANNER, then_silent=True), connect_timeout_seconds=LIMIT_SECONDS)
    assert seen.cause is Cause.TIMEOUT
    assert "the key exchange did not end" in seen.failure.detail
    assert seen.result.reached
    assert LIMIT_SECONDS <= seen.took < LIMIT_SECONDS + SLACK_SECONDS


def test_a_server_that_falls_silent_within_its_banner_is_not_said_to_say_nothing() -> None:
    seen = probe_at(raw(b"SSH-2.0-hal", then_silent=True), connect_timeout_seconds=LIMIT_SECONDS)
    assert seen.told == (Cause.TIMEOUT, "it has shown no SSH banner within 0 s")


def test_a_key_exchange_may_take_as_long_as_the_user_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    # paramiko has a limit of its own, 15 s: here it is over before ours
    begin = paramiko.Transport.__init__

    def hasty(transport: paramiko.Transport, *arguments: Any, **options: Any) -> None:
        begin(transport, *arguments, **options)
        transport.handshake_timeout = 0.05

    monkeypatch.setattr(paramiko.Transport, "__init__", hasty)
    seen = probe_at(raw(BANNER, then_silent=True), connect_timeout_seconds=LIMIT_SECONDS)
    assert seen.cause is Cause.TIMEOUT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b"Too many authentication failures", ": Too many authentication failures"),
        (b"\x1b[31mgo\r\n::error::away", ": [31mgo ::error::away"),
        (b"", ": no reason given"),
    ],
)
def test_a_farewell_during_the_key_exchange_is_quoted_cleaned(words: bytes, told: str) -> None:
    seen = probe_at(raw(BANNER, packet(reason(words))))
    assert seen.told == (Cause.DROPPED, f"it hung up during the key exchange{told}")


def test_a_farewell_in_no_language_ends_the_look_as_any_other() -> None:
    seen = probe_at(raw(BANNER, packet(reason(b"\xff\xfe"))))
    assert seen.cause in {Cause.DROPPED, Cause.INCOMPATIBLE_SSH}


@pytest.mark.parametrize(
    "said",
    [
        [BANNER, kexinit(kex="diffie-hellman-group1-sha1")],
        [BANNER, kexinit(key="ssh-dss")],
        [BANNER, kexinit(cipher="arcfour")],
        [b"SSH-1.5-ancient\r\n"],
    ],
    ids=["key exchange", "host key", "cipher", "version"],
)
def test_a_server_that_has_nothing_in_common_with_us_is_incompatible(said: list[bytes]) -> None:
    seen = probe_at(raw(*said))
    assert seen.cause is Cause.INCOMPATIBLE_SSH
    assert seen.failure.detail.startswith("Incompatible")
    assert seen.result.reached


def test_a_pinned_type_of_key_that_is_not_supported_is_told_by_its_name() -> None:
    seen = probe_at(Front(), pins=Pins((Pin(HostKey("ssh-dss", b"x")),)))
    assert seen.told == (Cause.INCOMPATIBLE_SSH, "host keys of type ssh-dss are not supported")


def test_a_server_without_a_key_of_the_pinned_type_is_incompatible() -> None:
    front = Front()
    seen = probe_at(front, pins=pinned(paramiko.ECDSAKey.generate()))
    assert seen.cause is Cause.INCOMPATIBLE_SSH
    assert front.offers == []


def test_a_server_that_hangs_up_with_the_key_exchange_just_done_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = paramiko.Transport.start_client

    def slowly(transport: paramiko.Transport, **options: Any) -> None:
        begin(transport, **options)
        wait_until(lambda: not transport.is_active(), timeout_seconds=3)

    monkeypatch.setattr(paramiko.Transport, "start_client", slowly)
    seen = probe_at(Front(with_keys=lambda visit: visit.hang_up()))
    assert seen.told == (Cause.DROPPED, "it hung up during the key exchange")
    assert not seen.result.credential_offered


def test_a_server_that_hangs_up_when_asked_for_a_login_is_dropped_and_was_offered_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AuthHandler, "_parse_service_request", lambda handler, _: handler.transport.close())
    front = Front()
    seen = probe_at(front)
    assert seen.told == (Cause.DROPPED, "it hung up before the login")
    assert not seen.result.credential_offered
    assert cause_to_retry(seen.result, degraded_below=50)
    assert front.offers == []


# a session by itself


def test_a_session_owns_its_socket_from_the_start() -> None:
    with Loopback(raw(then_silent=True)) as server, nothing_left():
        before = open_sockets()
        session = Session(connect(HOST, server.port, Deadline(PATIENCE_SECONDS)))
        assert open_sockets() > before
        assert not session.reached
        session.close()
        session.close()


def test_a_session_shows_the_key_of_the_server() -> None:
    with Loopback(Front()) as server, nothing_left():
        session = Session(connect(HOST, server.port, Deadline(PATIENCE_SECONDS)))
        key = session.shake_hands((), Deadline(PATIENCE_SECONDS))
        assert session.is_open
        session.close()
    assert (key.type, key.blob) == ("ssh-ed25519", ed25519().asbytes())
