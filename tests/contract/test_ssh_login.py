"""What is offered: nothing before the host key is trusted, then the key and the password, each once."""

import socket
import threading
from collections.abc import Callable

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL

from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.domain.status.verdict import cause_to_retry
from tests.contract.ssh_probe import (
    host_key,
    new_probe,
    pinned,
    probe_server,
    remembering,
    run_probe,
)
from tests.fakes.ssh import (
    ASK_FOR_PASSWORD,
    PASSWORD,
    USER,
    LoopbackServer,
    ServerConnection,
    SshServer,
    accepting,
    close,
    ecdsa,
    ed25519,
    private_text,
    rsa,
)
from tests.servers.daemon import wait_until

SHORT_SECONDS = 1.0
SLACK_SECONDS = 1.5  # of a busy machine
WRONG = "not it"


def has_sessions() -> bool:
    """Return whether either side of a connection is still open."""
    return any(isinstance(thread, paramiko.Transport) for thread in threading.enumerate())


def server_with_all_keys() -> SshServer:
    return SshServer(keys=(rsa(), ecdsa(), ed25519()))


# The host key


def test_a_server_with_another_key_than_the_pinned_one_is_offered_nothing() -> None:
    server = SshServer(keys=(ed25519("another"),))
    probed = probe_server(server)
    assert probed.cause is Cause.HOST_KEY
    shown = host_key(ed25519("another"))
    assert shown.fingerprint in probed.failure.detail
    assert " ".join(shown.line("", 22).split()) in probed.failure.detail
    assert server.offers == []
    assert (probed.result.host_key, probed.result.credential_offered) == (None, False)


def test_a_server_with_another_key_than_the_remembered_one_is_offered_nothing() -> None:
    server = SshServer(keys=(ed25519("another"),))
    probed = probe_server(server, remembering(ed25519()), pins=Pins())
    assert probed.cause is Cause.HOST_KEY
    assert server.offers == []


def test_a_server_without_a_key_of_the_remembered_type_is_offered_nothing() -> None:
    server = SshServer()
    probed = probe_server(server, remembering(ecdsa()), pins=Pins())
    assert probed.cause is Cause.HOST_KEY
    assert host_key(ecdsa()).type_and_fingerprint in probed.failure.detail
    assert server.offers == []


def test_without_a_pin_and_a_readable_history_nothing_is_offered() -> None:
    server = SshServer()
    with LoopbackServer(server) as listening, new_probe(listening.port, pins=Pins()) as probe:
        probed = run_probe(probe, lambda: None)
        line = host_key(ed25519()).line("127.0.0.1", listening.port)
    assert probed.cause is Cause.NO_HISTORY
    assert probed.failure.detail == f"the line for cluster-host-key is: {line}"
    assert server.offers == []


def test_with_a_pin_no_readable_history_is_needed() -> None:
    probed = probe_server(SshServer(), lambda: None)
    assert probed.lists_nodes
    assert probed.result.line_to_pin == ""


def test_an_error_while_the_history_is_loaded_is_raised_and_nothing_is_offered() -> None:
    def fail() -> RememberedLogin:
        raise RuntimeError("a bug")

    server = SshServer()
    with pytest.raises(RuntimeError, match="a bug"):
        probe_server(server, fail)
    assert server.offers == []


@pytest.mark.parametrize("pins", [Pins(), pinned(ed25519())], ids=["remembered", "pinned"])
def test_a_login_that_is_held_back_offers_nothing(pins: Pins) -> None:
    server = SshServer()
    probed = probe_server(
        server,
        lambda: RememberedLogin(host_key(ed25519()).type_and_fingerprint, login_held_back=True),
        pins=pins,
    )
    assert probed.cause is Cause.LOGIN_REFUSED
    assert "not tried again" in probed.failure.detail
    assert server.offers == []
    assert (probed.result.credential_offered, probed.result.host_key) == (False, host_key(ed25519()))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(ed25519, "ssh-ed25519"), (ecdsa, "ecdsa-sha2-nistp256"), (rsa, "rsa-sha2-512")],
    ids=["ed25519", "ecdsa", "rsa"],
)
@pytest.mark.parametrize("known", ["pinned", "remembered"])
def test_of_several_host_keys_the_known_one_is_negotiated(
    key: Callable[[], paramiko.PKey], algorithm: str, known: str
) -> None:
    server = server_with_all_keys()
    pins = pinned(key()) if known == "pinned" else Pins()
    probed = probe_server(server, remembering(key()), pins=pins)
    assert probed.lists_nodes
    assert server.negotiated == [algorithm]
    assert probed.result.host_key == host_key(key())


def test_a_pinned_rsa_key_is_accepted() -> None:
    server = SshServer(keys=(rsa(),))
    assert probe_server(server, pins=pinned(rsa())).lists_nodes
    assert server.negotiated == ["rsa-sha2-512"]


def test_any_of_several_pinned_keys_is_accepted() -> None:
    server = SshServer(keys=(rsa(), ecdsa()))
    probed = probe_server(server, pins=pinned(ed25519(), rsa()))
    assert probed.result.host_key == host_key(rsa())


def test_a_pinned_fingerprint_accepts_its_key() -> None:
    probed = probe_server(server_with_all_keys(), pins=Pins.parse(host_key(ed25519()).fingerprint))
    assert probed.lists_nodes


def test_a_server_with_another_key_than_the_pinned_fingerprint_is_offered_nothing() -> None:
    server = SshServer()
    probed = probe_server(server, pins=Pins.parse(host_key(ecdsa()).fingerprint))
    assert probed.cause is Cause.HOST_KEY
    assert server.offers == []


def test_without_a_known_key_the_first_one_is_trusted_and_its_line_to_pin_is_shown() -> None:
    with LoopbackServer(SshServer()) as listening, new_probe(listening.port, pins=Pins()) as probe:
        probed = run_probe(probe)
        assert probed.result.line_to_pin == host_key(ed25519()).line("127.0.0.1", listening.port)
    assert probed.lists_nodes


# Waiting for the history, with a pin


def test_while_the_history_is_loaded_the_server_is_asked_for_its_methods_and_offered_nothing() -> None:
    server = SshServer()
    asked: list[int] = []

    def load_remembered() -> RememberedLogin:
        asked.append(server.service_requests)
        assert server.offers == []
        return RememberedLogin()

    assert probe_server(server, load_remembered).lists_nodes
    assert (asked, server.service_requests) == ([1], 1)


def test_a_server_that_ends_the_session_before_that_gets_no_second_connection() -> None:
    server = SshServer(after_handshake=ServerConnection.close)
    connections: list[socket.socket] = []

    def handler(connection: socket.socket) -> None:
        connections.append(connection)
        server(connection)

    assert probe_server(handler).cause is Cause.DROPPED
    assert len(connections) == 1


def test_a_session_that_ends_while_the_history_is_loaded_is_opened_again() -> None:
    server = SshServer()
    connections: list[socket.socket] = []

    def handler(connection: socket.socket) -> None:
        connections.append(connection)
        server(connection)

    def load_remembered() -> RememberedLogin:
        close(connections[0])
        wait_until(lambda: not has_sessions(), timeout_seconds=3)
        return RememberedLogin()

    probed = probe_server(handler, load_remembered)
    assert probed.lists_nodes
    assert len(connections) == 2
    assert server.offers == [("password", USER, PASSWORD)]


def test_a_server_whose_key_changes_while_the_history_is_loaded_is_offered_nothing() -> None:
    servers = [SshServer(), SshServer(keys=(ed25519("another"),))]
    connections: list[socket.socket] = []

    def handler(connection: socket.socket) -> None:
        connections.append(connection)
        servers[len(connections) - 1](connection)

    def load_remembered() -> RememberedLogin:
        close(connections[0])
        wait_until(lambda: not has_sessions(), timeout_seconds=3)
        return RememberedLogin()

    assert probe_server(handler, load_remembered).cause is Cause.HOST_KEY
    assert [server.offers for server in servers] == [[], []]


# The password


def test_user_and_password_arrive_unchanged() -> None:
    server = SshServer(on_password=lambda _, password: 0 if password == "pÄss wörd\t☃" else AUTH_FAILED)
    probed = probe_server(server, user="jürgen", password="pÄss wörd\t☃")
    assert probed.lists_nodes
    assert server.offers == [("password", "jürgen", "pÄss wörd\t☃")]


def test_a_wrong_password_is_refused_and_not_retried() -> None:
    server = SshServer()
    probed = probe_server(server, password=WRONG)
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, "the password was refused")
    assert server.offers == [("password", USER, "not it")]
    assert (probed.result.credential_offered, probed.result.logged_in) == (True, False)
    assert not cause_to_retry(probed.result, degraded_below=50)


@pytest.mark.parametrize("methods", ["publickey", "publickey,hostbased"])
def test_a_server_that_accepts_no_password_is_not_offered_it(methods: str) -> None:
    server = SshServer(methods=methods)
    probed = probe_server(server)
    wanted = methods.replace(",", ", ")
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, f"the server accepts no password, only: {wanted}")
    assert not probed.result.credential_offered
    assert server.offers == []


def test_a_wrong_password_is_not_offered_again_by_another_method() -> None:
    server = SshServer(methods="password,keyboard-interactive", rounds=[ASK_FOR_PASSWORD])
    assert probe_server(server, password=WRONG).cause is Cause.LOGIN_REFUSED
    assert [method for method, _, _ in server.offers] == ["password"]


def test_a_server_without_any_method_accepts_no_password() -> None:
    probed = probe_server(SshServer(methods=""))
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, "the server accepts no password")


@pytest.mark.parametrize(
    ("methods", "wanted"), [("publickey", "publickey"), ("publickey,hostbased", "publickey, hostbased")]
)
def test_a_password_that_is_accepted_but_not_sufficient_names_the_missing_methods(
    methods: str, wanted: str
) -> None:
    def require_more(_: ServerConnection, __: str) -> int:
        server.methods = methods
        return AUTH_PARTIALLY_SUCCESSFUL

    server = SshServer(on_password=require_more)
    probed = probe_server(server)
    assert probed.cause_and_detail == (
        Cause.LOGIN_REFUSED,
        f"the password was accepted, but the server also requires: {wanted}",
    )
    assert len(server.offers) == 1


def test_the_methods_of_a_server_are_shown_cleaned() -> None:
    probed = probe_server(SshServer(methods="\x1b[31mred\n::error::,x"), password=WRONG)
    assert probed.cause_and_detail == (
        Cause.LOGIN_REFUSED,
        "the server accepts no password, only: red ::error::, x",
    )


# The key


@pytest.mark.parametrize("key", [ed25519, ecdsa, rsa])
def test_after_an_accepted_key_the_password_is_not_sent(key: Callable[[], paramiko.PKey]) -> None:
    server = accepting(key())
    assert probe_server(server, key=private_text(key())).lists_nodes
    assert server.offers == [("publickey", USER, key().get_base64())]


def test_a_refused_key_is_not_retried() -> None:
    server = accepting(ed25519())
    probed = probe_server(server, key=private_text(ecdsa()), password="")
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, "the key was refused")
    assert probed.result.credential_offered
    assert not cause_to_retry(probed.result, degraded_below=50)


def test_if_key_and_password_are_refused_both_are_named() -> None:
    server = accepting(ed25519())
    probed = probe_server(server, key=private_text(ecdsa()), password=WRONG)
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, "the key was refused, the password was refused")
    assert [method for method, _, _ in server.offers] == ["publickey", "password"]


def test_the_service_is_requested_once_for_all_credentials() -> None:
    server = accepting(ed25519())
    probe_server(server, key=private_text(ecdsa()))
    assert len(server.offers) == 2
    assert server.service_requests == 1


def test_an_rsa_key_never_signs_with_sha_1() -> None:
    server = accepting(rsa(), disabled={"pubkeys": ["rsa-sha2-512", "rsa-sha2-256"]})
    probed = probe_server(server, key=private_text(rsa()), password="")
    assert probed.cause is Cause.LOGIN_REFUSED
    assert "only with SHA-1" in probed.failure.detail
    assert (server.offers, probed.result.credential_offered) == ([], False)
