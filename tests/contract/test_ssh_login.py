"""What is offered to whom: the host key first, then key and password, each once."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL, AUTH_SUCCESSFUL

from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.domain.status.verdict import cause_to_retry
from tests.contract.ssh_probe import check, host_key, is_listed, pinned, probe_at, probing, remembering
from tests.fakes.ssh import PASSWORD, USER, Ask, Front, Loopback, Visit, ecdsa, ed25519, hang_up, rsa
from tests.servers.daemon import wait_until

LIMIT_SECONDS = 1.0
SLACK_SECONDS = 1.5  # of a busy machine
WRONG = Secret("not it")
PASSWORD_PLEASE = ("", "", ("Password: ", False))
BY_COMMAND = "keyboard-interactive"


def has_sessions() -> bool:
    """Tell whether either side of a connection still believes in it."""
    return any(isinstance(thread, paramiko.Transport) for thread in threading.enumerate())


def front_with_all_keys() -> Front:
    return Front(keys=(rsa(), ecdsa(), ed25519()))


# the host key


def test_a_server_with_another_key_than_the_pinned_one_is_offered_nothing() -> None:
    front = Front(keys=(ed25519("another"),))
    seen = probe_at(front)
    assert seen.cause is Cause.HOST_KEY
    shown = host_key(ed25519("another"))
    assert shown.fingerprint in seen.failure.detail
    assert " ".join(shown.line("", 22).split()) in seen.failure.detail
    assert front.offers == []
    assert (seen.result.host_key, seen.result.credential_offered) == (None, False)


def test_a_server_with_another_key_than_the_remembered_one_is_offered_nothing() -> None:
    front = Front(keys=(ed25519("another"),))
    seen = probe_at(front, remembering(ed25519()), pins=Pins())
    assert seen.cause is Cause.HOST_KEY
    assert front.offers == []


def test_a_remembered_type_that_the_server_no_longer_has_is_offered_nothing() -> None:
    front = Front()
    seen = probe_at(front, remembering(ecdsa()), pins=Pins())
    assert seen.cause is Cause.INCOMPATIBLE_SSH
    assert front.offers == []


def test_without_a_pin_and_with_the_memory_out_of_reach_nothing_is_offered() -> None:
    front = Front()
    with Loopback(front) as server, probing(server.port, pins=Pins()) as probe:
        seen = check(probe, lambda: None)
        line = host_key(ed25519()).line("127.0.0.1", server.port)
    assert seen.cause is Cause.HOST_KEY
    assert "cluster-host-key" in seen.failure.remedy
    assert line in seen.failure.remedy
    assert front.offers == []


def test_with_a_pin_the_memory_may_be_out_of_reach() -> None:
    seen = probe_at(Front(), lambda: None)
    assert is_listed(seen)
    assert seen.result.line_to_pin == ""


def test_a_memory_that_cannot_be_asked_for_is_nobody_s_cause_and_offers_nothing() -> None:
    def fail() -> RememberedLogin:
        raise RuntimeError("a fault of the caller's")

    front = Front()
    with pytest.raises(RuntimeError, match="caller's"):
        probe_at(front, fail)
    assert front.offers == []


@pytest.mark.parametrize("pins", [Pins(), pinned(ed25519())], ids=["remembered", "pinned"])
def test_a_login_that_is_held_back_is_not_offered(pins: Pins) -> None:
    front = Front()
    seen = probe_at(
        front, lambda: RememberedLogin(host_key(ed25519()).identity, login_held_back=True), pins=pins
    )
    assert seen.cause is Cause.LOGIN_REFUSED
    assert "not tried again yet" in seen.failure.detail
    assert front.offers == []
    assert (seen.result.credential_offered, seen.result.host_key) == (False, host_key(ed25519()))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(ed25519, "ssh-ed25519"), (ecdsa, "ecdsa-sha2-nistp256"), (rsa, "rsa-sha2-512")],
    ids=["ed25519", "ecdsa", "rsa"],
)
@pytest.mark.parametrize("known", ["pinned", "remembered"])
def test_a_server_with_several_keys_is_asked_for_the_known_one(
    key: Callable[[], paramiko.PKey], algorithm: str, known: str
) -> None:
    front = front_with_all_keys()
    pins = pinned(key()) if known == "pinned" else Pins()
    seen = probe_at(front, remembering(key()), pins=pins)
    assert is_listed(seen)
    assert front.negotiated == [algorithm]
    assert seen.result.host_key == host_key(key())


def test_a_pinned_rsa_key_is_taken_from_a_server_that_has_no_other() -> None:
    front = Front(keys=(rsa(),))
    assert is_listed(probe_at(front, pins=pinned(rsa())))
    assert front.negotiated == ["rsa-sha2-512"]


def test_any_of_several_pinned_keys_will_do() -> None:
    front = Front(keys=(rsa(), ecdsa()))
    seen = probe_at(front, pins=pinned(ed25519(), rsa()))
    assert seen.result.host_key == host_key(rsa())


def test_a_pinned_fingerprint_lets_in_the_key_it_is_of() -> None:
    seen = probe_at(front_with_all_keys(), pins=Pins.parse(host_key(ed25519()).fingerprint))
    assert is_listed(seen)


def test_a_pinned_fingerprint_of_another_key_is_offered_nothing() -> None:
    front = Front()
    seen = probe_at(front, pins=Pins.parse(host_key(ecdsa()).fingerprint))
    assert seen.cause is Cause.HOST_KEY
    assert front.offers == []


def test_a_server_that_nothing_is_known_of_is_trusted_and_its_key_shown_to_be_pinned() -> None:
    with Loopback(Front()) as server, probing(server.port, pins=Pins()) as probe:
        seen = check(probe)
        assert seen.result.line_to_pin == host_key(ed25519()).line("127.0.0.1", server.port)
    assert is_listed(seen)


# waiting for the memory, with a pin


def test_a_session_that_the_server_ended_while_the_memory_was_awaited_is_begun_anew() -> None:
    front = Front()
    connections: list[socket.socket] = []

    def play(connection: socket.socket) -> None:
        connections.append(connection)
        front(connection)

    def load_remembered() -> RememberedLogin:
        hang_up(connections[0])
        wait_until(lambda: not has_sessions(), timeout_seconds=3)
        return RememberedLogin()

    seen = probe_at(play, load_remembered)
    assert is_listed(seen)
    assert len(connections) == 2
    assert front.offers == [("password", USER, PASSWORD)]


def test_a_server_whose_key_changed_while_the_memory_was_awaited_is_offered_nothing() -> None:
    fronts = [Front(), Front(keys=(ed25519("another"),))]
    connections: list[socket.socket] = []

    def play(connection: socket.socket) -> None:
        connections.append(connection)
        fronts[len(connections) - 1](connection)

    def load_remembered() -> RememberedLogin:
        hang_up(connections[0])
        wait_until(lambda: not has_sessions(), timeout_seconds=3)
        return RememberedLogin()

    assert probe_at(play, load_remembered).cause is Cause.HOST_KEY
    assert [front.offers for front in fronts] == [[], []]


def test_waiting_for_the_memory_takes_nothing_from_the_time_for_the_look() -> None:
    def load_remembered() -> RememberedLogin:
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() > begun + 1.5 * LIMIT_SECONDS, timeout_seconds=3)
        return RememberedLogin()

    assert is_listed(probe_at(Front(), load_remembered, seconds=LIMIT_SECONDS))


# the password


def test_the_password_and_the_name_arrive_as_they_are() -> None:
    front = Front(at_login=lambda _, password: 0 if password == "pÄss wörd\t☃" else AUTH_FAILED)
    seen = probe_at(front, user="jürgen", password=Secret("pÄss wörd\t☃"))
    assert is_listed(seen)
    assert front.offers == [("password", "jürgen", "pÄss wörd\t☃")]


def test_a_wrong_password_is_refused_and_never_worth_another_look() -> None:
    front = Front()
    seen = probe_at(front, password=WRONG)
    assert seen.told == (Cause.LOGIN_REFUSED, "the password was refused")
    assert front.offers == [("password", USER, "not it")]
    assert (seen.result.credential_offered, seen.result.logged_in) == (True, False)
    assert not cause_to_retry(seen.result, degraded_below=50)


@pytest.mark.parametrize("methods", ["publickey", "publickey,hostbased"])
def test_a_server_that_takes_no_password_is_not_offered_it_and_told_with_what_it_takes(methods: str) -> None:
    front = Front(methods=methods)
    seen = probe_at(front)
    wanted = methods.replace(",", ", ")
    assert seen.told == (Cause.LOGIN_REFUSED, f"it takes no password, only: {wanted}")
    assert not seen.result.credential_offered
    assert front.offers == []


def test_a_wrong_password_is_not_typed_as_an_answer_either() -> None:
    front = Front(methods="password,keyboard-interactive", questions=[PASSWORD_PLEASE])
    assert probe_at(front, password=WRONG).cause is Cause.LOGIN_REFUSED
    assert [method for method, _, _ in front.offers] == ["password"]


def test_a_server_that_names_no_way_at_all_takes_no_password() -> None:
    seen = probe_at(Front(methods=""))
    assert seen.told == (Cause.LOGIN_REFUSED, "it takes no password")


@pytest.mark.parametrize(
    ("methods", "wanted"), [("publickey", "publickey"), ("publickey,hostbased", "publickey, hostbased")]
)
def test_a_password_that_is_right_and_not_enough_says_what_is_missing(methods: str, wanted: str) -> None:
    def go_on(_: Visit, __: str) -> int:
        front.methods = methods
        return AUTH_PARTIALLY_SUCCESSFUL

    front = Front(at_login=go_on)
    seen = probe_at(front)
    assert seen.told == (Cause.LOGIN_REFUSED, f"the password was right, but it also wants: {wanted}")
    assert len(front.offers) == 1


def test_what_a_server_says_it_takes_is_cleaned() -> None:
    seen = probe_at(Front(methods="\x1b[31mred\n::error::,x"), password=WRONG)
    assert seen.told == (Cause.LOGIN_REFUSED, "it takes no password, only: [31mred ::error::, x")


def test_a_server_that_hangs_up_at_the_password_refused_it() -> None:
    def drop(visit: Visit, _: str) -> int:
        visit.hang_up()
        return AUTH_FAILED

    front = Front(at_login=drop)
    seen = probe_at(front)
    assert seen.told == (Cause.LOGIN_REFUSED, "it hung up when it got the password")
    assert len(front.offers) == 1
    assert not cause_to_retry(seen.result, degraded_below=50)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b"Too many authentication failures", "Too many authentication failures"),
        (b"\x1b[31mgo\r\n::error::away", "[31mgo ::error::away"),
        (b"", "no reason given"),
    ],
)
def test_a_farewell_at_the_password_is_a_refusal_in_its_words(words: bytes, told: str) -> None:
    def part(visit: Visit, _: str) -> int:
        visit.say_farewell(words)
        return AUTH_FAILED

    seen = probe_at(Front(at_login=part))
    assert seen.told == (Cause.LOGIN_REFUSED, f"the password was refused: {told}")


def test_a_login_that_is_never_answered_runs_into_the_time_limit_and_is_not_repeated() -> None:
    def hang(visit: Visit, _: str) -> int:
        visit.hold()
        return AUTH_FAILED

    front = Front(at_login=hang)
    seen = probe_at(front, connect_timeout_seconds=LIMIT_SECONDS)
    assert seen.cause is Cause.TIMEOUT
    assert "no answer to the login" in seen.failure.detail
    assert seen.took < 2 * LIMIT_SECONDS + SLACK_SECONDS
    assert len(front.offers) == 1
    assert not cause_to_retry(seen.result, degraded_below=50)


# the key


def opened_by(key: paramiko.PKey, **changes: Any) -> Front:
    def known(_: Visit) -> int:
        return AUTH_SUCCESSFUL if front.offers[-1][2] == key.get_base64() else AUTH_FAILED

    front = Front(methods="publickey,password", at_key=known, **changes)
    return front


@pytest.mark.parametrize("key", [ed25519, ecdsa, rsa])
def test_a_key_lets_in_and_the_password_stays_here(key: Callable[[], paramiko.PKey]) -> None:
    front = opened_by(key())
    assert is_listed(probe_at(front, key=key()))
    assert front.offers == [("publickey", USER, key().get_base64())]


def test_a_key_that_is_refused_is_told_of_and_never_worth_another_look() -> None:
    front = opened_by(ed25519())
    seen = probe_at(front, key=ecdsa(), password=Secret())
    assert seen.told == (Cause.LOGIN_REFUSED, "the key was refused")
    assert seen.result.credential_offered
    assert not cause_to_retry(seen.result, degraded_below=50)


def test_where_both_are_refused_both_are_told_of() -> None:
    front = opened_by(ed25519())
    seen = probe_at(front, key=ecdsa(), password=WRONG)
    assert seen.told == (Cause.LOGIN_REFUSED, "the key was refused, the password was refused")
    assert [method for method, _, _ in front.offers] == ["publickey", "password"]


def test_the_service_is_asked_for_once_however_much_is_offered() -> None:
    front = opened_by(ed25519())
    probe_at(front, key=ecdsa())
    assert len(front.offers) == 2
    assert front.services_asked_for == 1


def test_an_rsa_key_is_never_signed_with_by_sha_1() -> None:
    front = opened_by(rsa(), disabled={"pubkeys": ["rsa-sha2-512", "rsa-sha2-256"]})
    seen = probe_at(front, key=rsa(), password=Secret())
    assert seen.cause is Cause.LOGIN_REFUSED
    assert "only with SHA-1" in seen.failure.detail
    assert (front.offers, seen.result.credential_offered) == ([], False)


def test_a_server_that_hangs_up_at_the_key_refused_it() -> None:
    def drop(visit: Visit) -> int:
        visit.hang_up()
        return AUTH_FAILED

    seen = probe_at(Front(methods="publickey", at_key=drop), key=ed25519())
    assert seen.told == (Cause.LOGIN_REFUSED, "it hung up when it got the key")


# questions


def test_the_password_is_typed_where_it_is_asked_for() -> None:
    hello = ("Welcome", "Mind the gap.")
    front = Front(methods=BY_COMMAND, questions=[hello, PASSWORD_PLEASE])
    assert is_listed(probe_at(front))
    assert front.offers == [(BY_COMMAND, USER, PASSWORD)]


@pytest.mark.parametrize(
    "prompt", ["Password for otp@code.example: ", "LDAP Password:", "Passwort: ", "(watcher@x) password:"]
)
def test_a_password_is_asked_for_in_many_ways(prompt: str) -> None:
    assert is_listed(probe_at(Front(methods=BY_COMMAND, questions=[("", "", (prompt, False))])))


@pytest.mark.parametrize(
    "prompt",
    [
        ("Verification code: ", False),
        ("One-time password (OATH) for `watcher': ", False),
        ("Password & verification code: ", False),
        ("Enter PASSCODE: ", False),
        ("Your password: ", True),
        ("Yes or no? ", True),
        ("", False),
    ],
)
def test_no_other_question_is_answered(prompt: tuple[str, bool]) -> None:
    front = Front(methods=BY_COMMAND, questions=[("", "", prompt)])
    seen = probe_at(front)
    assert seen.cause is Cause.LOGIN_REFUSED
    asked = prompt[0].strip()
    assert seen.failure.detail == f"it asks for a second factor, which a monitor cannot give: '{asked}'"
    assert (front.offers, seen.result.credential_offered) == ([], False)


def test_a_second_factor_after_the_password_is_refused_and_the_password_typed_once() -> None:
    front = Front(methods=BY_COMMAND, questions=[PASSWORD_PLEASE, ("", "", ("Code: ", False))])
    seen = probe_at(front)
    assert "a second factor" in seen.failure.detail
    assert front.offers == [(BY_COMMAND, USER, PASSWORD)]
    assert seen.result.credential_offered


@pytest.mark.parametrize(
    ("questions", "told"),
    [
        ([PASSWORD_PLEASE, PASSWORD_PLEASE], "the password was refused"),
        (
            [PASSWORD_PLEASE, ("", "", ("New password: ", False))],
            "it asks for another password: 'New password:'",
        ),
        (
            [("", "", ("Password: ", False), ("Code: ", False))],
            "it asks for a second factor, which a monitor cannot give: 'Password: / Code:'",
        ),
        ([], "it refused the login before it asked for the password"),
    ],
    ids=["again", "a new one", "together with another", "never"],
)
def test_what_a_server_asks_instead_is_told(questions: list[Ask], told: str) -> None:
    seen = probe_at(Front(methods=BY_COMMAND, questions=questions))
    assert seen.told == (Cause.LOGIN_REFUSED, told)


def test_a_server_that_asks_for_ever_runs_into_the_time_limit() -> None:
    front = Front(methods=BY_COMMAND, questions=[("", "Still there?")] * 100_000)
    seen = probe_at(front, connect_timeout_seconds=LIMIT_SECONDS)
    assert seen.cause is Cause.TIMEOUT
    assert seen.took < 2 * LIMIT_SECONDS + SLACK_SECONDS
