"""A login without a response, and a connection that is lost after the login: causes, and repeated offers."""

from collections.abc import Callable
from typing import Any

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, OPEN_SUCCEEDED

from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.domain.status.verdict import cause_to_retry
from tests.contract.ssh_probe import (
    host_key,
    new_probe,
    probe_server,
    run_probe,
)
from tests.fakes.ssh import (
    ASK_FOR_PASSWORD,
    INTERACTIVE,
    PASSWORD,
    USER,
    Command,
    LoopbackServer,
    ServerConnection,
    SshServer,
    accepting,
    check_password,
    ed25519,
    print_sinfo,
    private_text,
)

SHORT_SECONDS = 1.0
PROVEN = RememberedLogin(login_worked=True)
MAINTENANCE = "Scheduled maintenance until 17:00 UTC. All logins are disabled."
BOOTING = "System is booting up. Unprivileged users are not permitted to log in yet."


def close_connection(connection: ServerConnection, _: object = None) -> int:
    connection.close()
    return AUTH_FAILED


def stay_silent(connection: ServerConnection, _: object = None) -> int:
    connection.stay_silent()
    return AUTH_FAILED


def disconnect_with(reason: bytes) -> Callable[[ServerConnection, object], int]:
    def disconnect(connection: ServerConnection, _: object) -> int:
        connection.disconnect(reason)
        return AUTH_FAILED

    return disconnect


def close_after_banner(text: str) -> Callable[[ServerConnection, object], int]:
    def announce(connection: ServerConnection, _: object) -> int:
        connection.send_banner(text)
        connection.close()
        return AUTH_FAILED

    return announce


WITHOUT_REPLY = [close_connection, stay_silent, disconnect_with(b"Corrupted MAC on input.")]


def attempts(server: SshServer, remembered: RememberedLogin, count: int = 3, **changes: Any) -> list[Cause]:
    """Return the causes of a probe and its retries, as long as a retry is allowed."""
    causes: list[Cause] = []
    with LoopbackServer(server) as listening, new_probe(listening.port, **changes) as probe:
        for _ in range(count):
            probed = run_probe(probe, lambda: remembered)
            causes.append(probed.failure.cause)
            if not cause_to_retry(probed.result, degraded_below=50):
                break
    return causes


@pytest.mark.parametrize("on_password", WITHOUT_REPLY)
def test_a_password_without_a_response_is_not_offered_again(on_password: Callable[..., int]) -> None:
    server = SshServer(on_password=on_password)
    causes = attempts(server, RememberedLogin(), connect_timeout_seconds=SHORT_SECONDS)
    assert causes == [Cause.LOGIN_HANGS]
    assert server.offers == [("password", USER, PASSWORD)]


@pytest.mark.parametrize("on_password", WITHOUT_REPLY)
def test_a_password_that_worked_before_is_repeated_once_on_a_new_connection(
    on_password: Callable[..., int],
) -> None:
    server = SshServer(on_password=on_password)
    causes = attempts(server, PROVEN, connect_timeout_seconds=SHORT_SECONDS)
    assert causes == [Cause.LOGIN_HANGS] * 2
    assert server.offers == [("password", USER, PASSWORD)] * 2


def test_the_repeated_login_can_be_accepted() -> None:
    outcomes: list[Callable[[ServerConnection, str], int]] = [close_connection, check_password]

    def reply(connection: ServerConnection, text: str) -> int:
        return outcomes.pop(0)(connection, text)

    server = SshServer(on_password=reply)
    with LoopbackServer(server) as listening, new_probe(listening.port) as probe:
        first = run_probe(probe, lambda: PROVEN)
        assert (first.cause, first.result.unanswered_passwords) == (Cause.LOGIN_HANGS, 1)
        second = run_probe(probe, lambda: PROVEN)
    assert second.lists_nodes
    assert second.result.unanswered_passwords == 0


@pytest.mark.parametrize(("left", "offers"), [(2, 2), (1, 1), (0, 0)])
def test_no_more_passwords_are_offered_than_are_left_for_the_hour(left: int, offers: int) -> None:
    server = SshServer(on_password=close_connection)
    causes = attempts(server, RememberedLogin(login_worked=True, passwords_left=left))
    assert set(causes) == {Cause.LOGIN_HANGS}
    assert len(server.offers) == offers


def test_a_password_that_must_not_be_offered_now_has_a_reason() -> None:
    probed = probe_server(SshServer(), lambda: RememberedLogin(passwords_left=0))
    assert probed.cause is Cause.LOGIN_HANGS
    assert "within the last hour, three offers had no response" in probed.failure.detail
    assert (probed.result.credential_offered, probed.result.reached) == (False, True)


def test_while_logins_are_closed_a_password_that_must_not_be_offered_does_not_change_the_cause() -> None:
    remembered = RememberedLogin(login_worked=True, logins_closed=True, passwords_left=0)
    assert probe_server(SshServer(), lambda: remembered).cause is Cause.LOGINS_CLOSED


def test_a_key_is_offered_although_no_password_is_left() -> None:
    probed = probe_server(
        accepting(ed25519()), lambda: RememberedLogin(passwords_left=0), key=private_text(ed25519())
    )
    assert probed.lists_nodes


def test_a_refused_key_without_a_password_left_does_not_hold_the_login_back() -> None:
    probed = probe_server(
        SshServer(methods="publickey,password"),
        lambda: RememberedLogin(passwords_left=0),
        key=private_text(ed25519()),
    )
    assert probed.cause is Cause.LOGIN_HANGS


@pytest.mark.parametrize("announce", [close_after_banner, lambda text: disconnect_with(text.encode())])
@pytest.mark.parametrize(
    ("text", "proven", "first_time"),
    [
        (MAINTENANCE, Cause.LOGINS_CLOSED, Cause.LOGIN_HANGS),
        ("Wartung bis 17 Uhr. Zugang gesperrt.", Cause.LOGINS_CLOSED, Cause.LOGIN_HANGS),
        (BOOTING, Cause.BOOTING, Cause.LOGIN_HANGS),
        ("Your account has expired; please contact us.", Cause.LOGIN_REFUSED, Cause.LOGIN_REFUSED),
        ("Das Konto ist nach 3 Versuchen gesperrt.", Cause.LOGIN_REFUSED, Cause.LOGIN_REFUSED),
        ("Access denied.", Cause.LOGIN_REFUSED, Cause.LOGIN_REFUSED),
        ("Too many authentication failures", Cause.LOGIN_REFUSED, Cause.LOGIN_REFUSED),
    ],
)
def test_the_text_before_the_server_closes_the_connection_gives_the_cause(
    announce: Callable[[str], Callable[..., int]], text: str, proven: Cause, first_time: Cause
) -> None:
    for load_remembered, cause in ((lambda: PROVEN, proven), (RememberedLogin, first_time)):
        probed = probe_server(SshServer(on_password=announce(text)), load_remembered)
        assert probed.cause is cause
        assert probed.failure.detail == f"the server closed the connection after it got the password: {text}"


@pytest.mark.parametrize("method", ["password", "publickey", INTERACTIVE])
def test_logins_are_closed_for_any_method(method: str) -> None:
    server = SshServer(
        methods=method,
        rounds=[ASK_FOR_PASSWORD],
        on_password=close_after_banner(MAINTENANCE),
        on_key=lambda connection: close_after_banner(MAINTENANCE)(connection, None),
    )
    key = private_text(ed25519()) if method == "publickey" else ""
    probed = probe_server(server, lambda: PROVEN, key=key)
    assert probed.cause is Cause.LOGINS_CLOSED
    assert not cause_to_retry(probed.result, degraded_below=50)


def test_logins_are_not_closed_where_the_host_key_is_not_verified() -> None:
    server = SshServer(on_password=close_after_banner(MAINTENANCE))
    probed = probe_server(server, lambda: RememberedLogin(login_worked=True), pins=Pins())
    assert probed.cause is Cause.LOGIN_HANGS
    remembered = RememberedLogin(host_key(ed25519()).type_and_fingerprint, login_worked=True)
    assert probe_server(server, lambda: remembered, pins=Pins()).cause is Cause.LOGINS_CLOSED


def test_a_text_before_the_offer_does_not_close_logins_and_is_quoted() -> None:
    probed = probe_server(SshServer(banner=MAINTENANCE, on_password=close_connection), lambda: PROVEN)
    assert probed.cause is Cause.LOGIN_HANGS
    assert probed.failure.detail.endswith(f"after it got the password: {MAINTENANCE}")


def test_an_instruction_before_the_offer_closes_logins_only_with_such_a_text() -> None:
    for text, cause in (("Welcome", Cause.LOGIN_HANGS), (MAINTENANCE, Cause.LOGINS_CLOSED)):
        rounds = [("", text), ASK_FOR_PASSWORD]
        server = SshServer(methods=INTERACTIVE, rounds=rounds, on_password=close_connection)
        probed = probe_server(server, lambda: PROVEN)
        assert probed.cause is cause
        assert probed.failure.detail.endswith(f"after it got the password: {text}")


def test_a_refusal_after_a_text_is_a_refusal_and_quotes_it() -> None:
    def refuse(connection: ServerConnection, _: str) -> int:
        connection.send_banner(MAINTENANCE)
        return AUTH_FAILED

    probed = probe_server(SshServer(on_password=refuse), lambda: PROVEN)
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, f"the password was refused: {MAINTENANCE}")


def test_the_instruction_of_a_round_without_prompts_is_quoted() -> None:
    server = SshServer(methods=INTERACTIVE, rounds=[ASK_FOR_PASSWORD, ("", MAINTENANCE)])
    server.on_password = lambda *_: AUTH_FAILED
    probed = probe_server(server, lambda: PROVEN)
    assert probed.failure.detail == f"the password was refused: {MAINTENANCE}"


@pytest.mark.parametrize(
    ("reason", "quoted"),
    [(b"\x1b[31mgo\r\n::error::away", "go ::error::away"), (b"", "no reason given")],
)
def test_the_text_of_the_server_is_quoted_cleaned(reason: bytes, quoted: str) -> None:
    probed = probe_server(SshServer(on_password=disconnect_with(reason)))
    assert probed.failure.detail.endswith(f"after it got the password: {quoted}")


def test_the_text_of_the_server_is_quoted_without_secrets_names_and_addresses() -> None:
    text = f"{USER}@127.0.0.1 ({PASSWORD}) from 2001:db8::7: no"
    probed = probe_server(SshServer(on_password=close_after_banner(text)))
    assert probed.failure.detail.endswith("after it got the password: ***@*** (***) from ***: no")


# A connection that is lost after the login


def lose_connections(count: int) -> Command:
    left = [None] * count

    def command(connection: ServerConnection, channel: paramiko.Channel, boundary: str) -> None:
        if left:
            left.pop()
            connection.close()
        else:
            print_sinfo(connection, channel, boundary)

    return command


def test_a_connection_that_is_lost_after_the_login_is_opened_again() -> None:
    server = SshServer(lose_connections(1))
    with LoopbackServer(server) as listening, new_probe(listening.port) as probe:
        first = run_probe(probe)
        assert first.cause_and_detail == (Cause.DROPPED, "after the login: the connection was lost")
        assert cause_to_retry(first.result, degraded_below=50)
        assert run_probe(probe).lists_nodes
    assert server.offers == [("password", USER, PASSWORD)] * 2


def test_a_connection_that_is_lost_twice_is_not_opened_a_third_time() -> None:
    server = SshServer(lose_connections(3))
    assert attempts(server, RememberedLogin()) == [Cause.DROPPED] * 2
    assert len(server.offers) == 2


def test_a_connection_that_stalls_after_the_login_is_replaced_at_the_next_attempt() -> None:
    stalls = [True]

    def open_channel(connection: ServerConnection) -> int:
        if stalls:
            stalls.pop()
            connection.stay_silent()
        return OPEN_SUCCEEDED

    server = SshServer(on_channel=open_channel)
    query = SlurmQuery(timeout_seconds=SHORT_SECONDS)
    with LoopbackServer(server) as listening, new_probe(listening.port, query=query) as probe:
        assert not run_probe(probe).lists_nodes
        assert run_probe(probe).lists_nodes
    assert len(server.offers) == 2


def test_a_connection_that_ends_after_the_key_is_a_login_without_a_response() -> None:
    server = SshServer(methods="publickey", on_key=close_connection)
    probed = probe_server(server, key=private_text(ed25519()))
    assert probed.cause_and_detail == (
        Cause.LOGIN_HANGS,
        "the server closed the connection after it got the key",
    )
    assert probed.result.unanswered_passwords == 0
