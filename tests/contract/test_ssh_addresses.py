"""From a name to an address that works: resolvers, and names with several addresses."""

import contextlib
import errno
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import RememberedLogin
from tests.contract.ssh_probe import (
    LONG_SECONDS,
    TimedResult,
    host_key,
    new_probe,
    pinned,
    remembering,
    run_probe,
)
from tests.fakes.ssh import (
    BANNER,
    HOST,
    PASSWORD,
    USER,
    Handler,
    LoopbackServer,
    SshServer,
    ecdsa,
    ed25519,
    kexinit,
    raw,
    rsa,
)

SHORT_SECONDS = 0.4
SLACK_SECONDS = 1.5  # of a busy machine
NAME = "login.example"

Address = tuple[int, int, int, str, tuple[Any, ...]]

REFUSES = object()
WITHOUT_ROUTE = object()
"""Addresses without a server: a closed port, and an IPv6 address of which the runner has no route."""

MUTE = raw(then_silent=True)
CLOSES = raw(b"")
OLD = raw(BANNER, kexinit(kex="diffie-hellman-group1-sha1"))


def closed_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def ipv4(port: int) -> Address:
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (HOST, port))


def ipv6() -> Address:
    return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("2001:db8::1", 22, 0, 0))


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes every name resolve to the given addresses."""

    def to(*addresses: Address) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(addresses))

    return to


@pytest.fixture
def probe_addresses(
    resolve: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., TimedResult]:
    """Return a function that probes a name with these servers, each at an address of its own."""

    def probe(
        *servers: Handler | object,
        load_remembered: Callable[[], RememberedLogin | None] = RememberedLogin,
        **changes: Any,
    ) -> TimedResult:
        with contextlib.ExitStack() as running:
            resolve(*(_address(server, running) for server in servers))
            prober = running.enter_context(new_probe(22, host=NAME, **changes))
            return run_probe(prober, load_remembered)

    class WithoutIpv6(socket.socket):
        def __init__(self, family: int = -1, *arguments: Any, **options: Any) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *arguments, **options)

    monkeypatch.setattr(socket, "socket", WithoutIpv6)
    return probe


def _address(server: Handler | object, running: contextlib.ExitStack) -> Address:
    if server is REFUSES:
        return ipv4(closed_port())
    if server is WITHOUT_ROUTE:
        return ipv6()
    assert callable(server)
    return ipv4(running.enter_context(LoopbackServer(server)).port)


def notices(probed: TimedResult) -> str:
    return "\n".join(probed.result.notices)


# The name


def test_a_closed_port_is_refused_at_once_which_needs_no_confirmation() -> None:
    with new_probe(closed_port()) as probe:
        probed = run_probe(probe)
    assert probed.cause_and_detail == (Cause.REFUSED, "connection refused")
    assert probed.seconds < SLACK_SECONDS
    assert not probed.failure.needs_confirmation
    assert not probed.result.reached


@pytest.mark.parametrize(
    ("code", "needs_confirmation"),
    [
        ("EAI_NONAME", False),
        ("EAI_NODATA", False),
        ("EAI_AGAIN", True),
        ("EAI_FAIL", True),
        ("EAI_SYSTEM", True),
        ("EAI_MEMORY", True),
    ],
)
def test_a_name_that_does_not_exist_needs_no_confirmation_but_a_failing_resolver_does(
    monkeypatch: pytest.MonkeyPatch, code: str, *, needs_confirmation: bool
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(getattr(socket, code), "what the \x1b[31mresolver says")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with new_probe(1, host="no.such.example") as probe:
        probed = run_probe(probe)
    assert probed.cause_and_detail == (Cause.DNS, "no.such.example: what the resolver says")
    assert probed.failure.needs_confirmation is needs_confirmation


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".example", "\udcff"])
def test_an_invalid_name_does_not_resolve(name: str) -> None:
    with new_probe(1, host=name) as probe:
        probed = run_probe(probe)
    assert probed.cause is Cause.DNS
    assert probed.failure.detail


def test_a_resolver_that_does_not_answer_is_a_dns_failure_in_time_that_needs_confirmation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
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
    assert probed.failure.needs_confirmation
    assert SHORT_SECONDS <= probed.seconds < SHORT_SECONDS + SLACK_SECONDS


# The next address


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (REFUSES, "connection refused"),
        (MUTE, "the server accepted the connection, but sent nothing within 0 s"),
        (raw(BANNER, then_silent=True), "the key exchange did not finish within 0 s"),
        (CLOSES, "the server closed the connection before its SSH banner, or is not an SSH server"),
        (raw(BANNER), "the server closed the connection during the key exchange"),
        (OLD, "no key exchanges in common"),
    ],
    ids=["refuses", "mute", "silent", "closes", "ends", "old"],
)
def test_after_an_address_that_fails_the_next_one_is_tried_and_a_notice_shows_the_reason(
    probe_addresses: Callable[..., TimedResult], first: Handler | object, reason: str
) -> None:
    server = SshServer()
    probed = probe_addresses(first, server, connect_timeout_seconds=SHORT_SECONDS)
    assert probed.lists_nodes
    assert notices(probed) == f"1 of 2 addresses of {NAME} failed: {reason} (1)."
    assert server.offers == [("password", USER, PASSWORD)]


def test_the_notice_counts_the_addresses_by_reason(probe_addresses: Callable[..., TimedResult]) -> None:
    probed = probe_addresses(REFUSES, CLOSES, REFUSES, SshServer())
    assert notices(probed).startswith(
        f"3 of 4 addresses of {NAME} failed: connection refused (2); the server"
    )


def test_without_a_failing_address_there_is_no_notice(probe_addresses: Callable[..., TimedResult]) -> None:
    probed = probe_addresses(SshServer(), REFUSES)
    assert probed.lists_nodes
    assert (probed.result.notices, probed.result.warnings) == ((), ())


def test_the_only_address_that_fails_has_no_notice(probe_addresses: Callable[..., TimedResult]) -> None:
    assert probe_addresses(REFUSES).result.notices == ()


def test_a_server_at_any_address_counts_as_reached(probe_addresses: Callable[..., TimedResult]) -> None:
    assert probe_addresses(raw(BANNER), REFUSES).result.reached


def test_many_silent_addresses_share_the_time_of_one(probe_addresses: Callable[..., TimedResult]) -> None:
    probed = probe_addresses(*[MUTE] * 5, connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause is Cause.TIMEOUT
    assert probed.seconds < 2 * SHORT_SECONDS + SLACK_SECONDS  # that of connecting and that of the handshake


def test_a_server_after_many_silent_addresses_still_gets_its_share(
    probe_addresses: Callable[..., TimedResult],
) -> None:
    assert probe_addresses(*[MUTE] * 3, SshServer(), connect_timeout_seconds=2 * SHORT_SECONDS).lists_nodes


# All addresses fail


@pytest.mark.parametrize(
    ("servers", "cause", "needs_confirmation"),
    [
        ([REFUSES, REFUSES], Cause.REFUSED, False),
        ([MUTE, REFUSES], Cause.REFUSED, True),  # the next runner may reach the first one
        ([CLOSES, REFUSES], Cause.REFUSED, True),
        ([MUTE, CLOSES], Cause.DROPPED, True),
        ([OLD, REFUSES], Cause.INCOMPATIBLE_SSH, False),
        ([WITHOUT_ROUTE, REFUSES], Cause.REFUSED, False),
        ([WITHOUT_ROUTE, MUTE], Cause.TIMEOUT, True),
        ([SshServer(keys=(ed25519("another"),)), REFUSES], Cause.HOST_KEY, False),
    ],
)
def test_of_several_failures_the_most_specific_one_counts_and_each_may_need_confirmation(
    probe_addresses: Callable[..., TimedResult],
    servers: Sequence[Handler | object],
    cause: Cause,
    *,
    needs_confirmation: bool,
) -> None:
    probed = probe_addresses(*servers, connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause is cause
    assert probed.failure.needs_confirmation is needs_confirmation


def test_a_host_with_only_ipv6_on_a_runner_without_it_is_a_fault_of_the_runner(
    probe_addresses: Callable[..., TimedResult],
) -> None:
    failure = probe_addresses(WITHOUT_ROUTE, WITHOUT_ROUTE).failure
    assert failure.cause is Cause.UNREACHABLE
    assert failure.detail == "the host has only IPv6 addresses, and the runner has no IPv6"
    assert failure.of_runner
    assert failure.remedy


def test_an_address_of_a_family_that_the_kernel_does_not_know_is_passed_over(
    resolve: Callable[..., None],
) -> None:
    unknown = (12, socket.SOCK_STREAM, 0, "", ("::1", 22, 0, 0))  # DECnet, which no kernel supports any more
    with LoopbackServer(SshServer()) as server, new_probe(server.port, host=NAME) as probe:
        resolve(unknown, ipv4(server.port))
        assert run_probe(probe).lists_nodes
    with new_probe(22, host=NAME) as probe:
        resolve(unknown)
        assert run_probe(probe).cause is Cause.UNREACHABLE


# Host keys of several addresses


@pytest.fixture
def stranger() -> Iterator[SshServer]:
    """Return a server with another key, which must never be offered a credential."""
    server = SshServer(keys=(ed25519("another"),))
    yield server
    assert server.offers == []


@pytest.mark.parametrize("known", ["pinned", "remembered"])
def test_an_address_with_another_host_key_is_skipped_with_a_warning_that_has_its_line(
    probe_addresses: Callable[..., TimedResult], stranger: SshServer, known: str
) -> None:
    pins = pinned(ed25519()) if known == "pinned" else Pins()
    probed = probe_addresses(stranger, SshServer(), pins=pins, load_remembered=remembering(ed25519()))
    assert probed.lists_nodes
    [warning] = probed.result.warnings
    assert host_key(ed25519("another")).line(NAME, 22) in warning
    assert "set cluster-host-key to a line for each node" in warning
    assert probed.result.notices == ()


def test_an_address_with_a_key_of_another_type_is_skipped(
    probe_addresses: Callable[..., TimedResult],
) -> None:
    first = SshServer(keys=(rsa(),))
    assert probe_addresses(first, SshServer(), pins=pinned(ed25519())).lists_nodes
    assert first.offers == []


def test_if_no_address_has_a_known_key_the_lines_of_all_are_shown(
    probe_addresses: Callable[..., TimedResult], stranger: SshServer
) -> None:
    third = SshServer(keys=(ecdsa(),))
    probed = probe_addresses(stranger, third, pins=pinned(ed25519()))
    assert probed.cause is Cause.HOST_KEY
    for key in (ed25519("another"), ecdsa()):
        assert host_key(key).line(NAME, 22) in probed.failure.detail


def test_with_a_line_for_each_of_several_login_nodes_each_of_them_is_trusted(
    probe_addresses: Callable[..., TimedResult],
) -> None:
    keys = [ed25519("another"), ed25519()]
    pins = Pins.parse("\n".join(host_key(key).line(NAME, 22) for key in keys))
    for key in keys:
        assert probe_addresses(SshServer(keys=(key,)), pins=pins).lists_nodes


def test_of_a_server_with_several_keys_the_pinned_one_is_found_also_by_its_fingerprint(
    probe_addresses: Callable[..., TimedResult],
) -> None:
    server = SshServer(keys=(rsa(), ecdsa(), ed25519()))
    pins = Pins.parse(host_key(rsa()).fingerprint)
    assert probe_addresses(server, pins=pins).result.host_key == host_key(rsa())


def test_a_pin_of_another_login_node_does_not_hide_the_pin_of_this_one(
    probe_addresses: Callable[..., TimedResult],
) -> None:
    server = SshServer(keys=(rsa(), ed25519()))  # of the other node, the key of the preferred type is pinned
    assert probe_addresses(server, pins=pinned(ed25519("another"), rsa())).lists_nodes
