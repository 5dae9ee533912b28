"""Prompts of keyboard-interactive: which are answered, with what, and how errors quote the others."""

from collections.abc import Sequence
from typing import Any

import pytest
from paramiko.common import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL, AUTH_SUCCESSFUL

from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import (
    TimedResult,
    probe_server,
)
from tests.fakes.ssh import (
    ASK_FOR_PASSWORD,
    INTERACTIVE,
    PASSWORD,
    USER,
    PromptRound,
    ServerConnection,
    SshServer,
    ed25519,
    private_text,
)

SHORT_SECONDS = 1.0
SLACK_SECONDS = 1.5  # of a busy machine
WRONG = "not it"


def test_a_prompt_for_the_password_is_answered() -> None:
    hello = ("Welcome", "Mind the gap.")
    server = SshServer(methods=INTERACTIVE, rounds=[hello, ASK_FOR_PASSWORD])
    assert probe_server(server).lists_nodes
    assert server.offers == [(INTERACTIVE, USER, PASSWORD)]


@pytest.mark.parametrize(
    "prompt", ["Password for watcher@code.example: ", "LDAP Password:", "Passwort: ", "(watcher@x) password:"]
)
def test_many_wordings_ask_for_the_password(prompt: str) -> None:
    assert probe_server(SshServer(methods=INTERACTIVE, rounds=[("", "", (prompt, False))])).lists_nodes


@pytest.mark.parametrize(
    "prompt",
    [
        ("Verification code: ", False),
        ("One-time password (OATH): ", False),
        ("Password & verification code: ", False),
        ("Enter PASSCODE: ", False),
    ],
)
def test_a_prompt_for_a_code_is_not_answered(prompt: tuple[str, bool]) -> None:
    server = SshServer(methods=INTERACTIVE, rounds=[("", "", prompt)])
    probed = probe_server(server)
    assert probed.cause is Cause.LOGIN_REFUSED
    asked = prompt[0].strip()
    assert (
        probed.failure.detail
        == f"the server prompts for a second factor, which an unattended login cannot give: '{asked}'"
    )
    assert (server.offers, probed.result.credential_offered) == ([], False)


@pytest.mark.parametrize("prompt", ["Yes or no? ", "", ": "])
def test_any_other_prompt_is_not_answered(prompt: str) -> None:
    server = SshServer(methods=INTERACTIVE, rounds=[("", "", (prompt, False))])
    probed = probe_server(server)
    assert probed.cause_and_detail == (
        Cause.LOGIN_REFUSED,
        f"the server shows a prompt that is not known as one for the password: '{prompt.strip()}'",
    )
    assert (server.offers, probed.result.prompts_unanswered) == ([], True)


def test_a_prompt_for_the_password_may_show_the_input() -> None:
    assert probe_server(SshServer(methods=INTERACTIVE, rounds=[("", "", ("Password:", True))])).lists_nodes


def test_a_round_of_too_many_prompts_is_not_answered() -> None:
    server = SshServer(methods=INTERACTIVE, rounds=[("", "", *([("Password: ", False)] * 5))])
    assert probe_server(server).failure.detail.endswith(": '5 prompts'")
    assert server.offers == []


def test_a_word_for_a_code_at_the_end_of_a_very_long_prompt_counts() -> None:
    server = SshServer(methods=INTERACTIVE, rounds=[("", "", (f"Password {'x' * 9_000} code: ", False))])
    assert probe_server(server).cause is Cause.LOGIN_REFUSED
    assert server.offers == []


@pytest.mark.parametrize(
    "rounds",
    [
        [("", "", ("First Factor: ", False), ("Second Factor (optional): ", False))],
        [("", "", ("First Factor: ", False)), ("", "", ("Second Factor (optional): ", False))],
        [("", "", ("Erster Faktor (Passwort): ", False), ("Zweiter Faktor (optional): ", False))],
    ],
    ids=["in one round", "in two rounds", "in German"],
)
def test_an_optional_second_factor_gets_no_answer(rounds: list[PromptRound]) -> None:
    server = SshServer(methods=INTERACTIVE, rounds=rounds)
    server.on_password = lambda _, answer: AUTH_SUCCESSFUL if answer in {PASSWORD, ""} else AUTH_FAILED
    assert probe_server(server).lists_nodes
    assert [answer for _, _, answer in server.offers] == [PASSWORD, ""]


def test_a_first_factor_together_with_a_second_one_that_is_required_gets_no_answer() -> None:
    server = SshServer(
        methods=INTERACTIVE, rounds=[("", "", ("First Factor: ", False), ("Second Factor: ", False))]
    )
    assert "a second factor" in probe_server(server).failure.detail
    assert server.offers == []


def test_a_wrong_password_with_an_optional_second_factor_is_refused() -> None:
    rounds = [("", "", ("First Factor: ", False)), ("", "", ("Second Factor (optional): ", False))]
    server = SshServer(methods=INTERACTIVE, rounds=rounds, on_password=lambda *_: AUTH_FAILED)
    probed = probe_server(server, password=WRONG)
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, "the password was refused")


# Prompts without a password


def after_the_key(rounds: Sequence[PromptRound], **changes: Any) -> SshServer:
    """Return a server that requires the key, and then keyboard-interactive."""

    def accept(_: ServerConnection) -> int:
        server.methods = INTERACTIVE
        return AUTH_PARTIALLY_SUCCESSFUL

    server = SshServer(methods="publickey", on_key=accept, rounds=rounds, **changes)
    server.on_rounds_end = lambda: AUTH_SUCCESSFUL
    return server


def probe_with_key(server: SshServer) -> TimedResult:
    return probe_server(server, key=private_text(ed25519()), password="")


@pytest.mark.parametrize("rounds", [[], [("", "")], [("", "", ("Second Factor (optional): ", False))]])
def test_a_key_alone_passes_where_no_answer_is_needed(rounds: list[PromptRound]) -> None:
    assert probe_with_key(after_the_key(rounds)).lists_nodes


def test_a_prompt_after_an_accepted_key_is_named() -> None:
    probed = probe_with_key(after_the_key([("", "", ("Verification code: ", False))]))
    assert probed.cause is Cause.LOGIN_REFUSED
    assert probed.failure.detail.startswith("the key was accepted, the server prompts for a second factor")
    assert probed.failure.detail.endswith("'Verification code:'")
    assert "second factor" in probed.failure.remedy


def test_after_a_refused_key_no_prompts_are_requested() -> None:
    server = SshServer(methods=f"publickey,{INTERACTIVE}", rounds=[ASK_FOR_PASSWORD])
    probed = probe_with_key(server)
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, "the key was refused")
    assert not probed.result.prompts_unanswered


def test_prompts_are_requested_where_the_server_accepts_the_key_after_them() -> None:
    def require_the_key() -> int:
        server.methods = "publickey"
        return AUTH_PARTIALLY_SUCCESSFUL

    server = SshServer(methods=INTERACTIVE, rounds=[], on_key=lambda _: AUTH_SUCCESSFUL)
    server.on_rounds_end = require_the_key
    assert probe_with_key(server).lists_nodes


def test_a_password_with_a_blank_at_its_end_has_its_own_remedy() -> None:
    probed = probe_server(SshServer(), password="secret words ")
    assert probed.failure.remedy.startswith("If the password does not begin or end with a blank")
    assert "Check cluster-user" in probed.failure.remedy
    assert probe_server(SshServer(), password="secret words").failure.remedy == ""


def test_a_user_that_ends_with_the_host_has_its_own_remedy() -> None:
    probed = probe_server(SshServer(), user="jdoe@127.0.0.1", password=WRONG)
    assert probed.failure.remedy.startswith("Remove the host name at the end of cluster-user")


def test_a_second_factor_after_the_password_is_a_refusal_and_the_password_is_sent_once() -> None:
    server = SshServer(methods=INTERACTIVE, rounds=[ASK_FOR_PASSWORD, ("", "", ("Code: ", False))])
    probed = probe_server(server)
    assert "a second factor" in probed.failure.detail
    assert server.offers == [(INTERACTIVE, USER, PASSWORD)]
    assert probed.result.credential_offered


@pytest.mark.parametrize(
    ("rounds", "detail"),
    [
        ([ASK_FOR_PASSWORD, ASK_FOR_PASSWORD], "the password was refused"),
        (
            [ASK_FOR_PASSWORD, ("", "", ("New password: ", False))],
            "the server prompts for a new password: 'New password:'",
        ),
        (
            [("", "", ("Password: ", False), ("Code: ", False))],
            (
                "the server prompts for a second factor, which an unattended login cannot give: "
                "'Password: / Code:'"
            ),
        ),
        ([], "the server refused the login before it asked for the password"),
    ],
    ids=["again", "a new one", "together with another", "never"],
)
def test_a_prompt_that_is_not_answered_is_explained(rounds: list[PromptRound], detail: str) -> None:
    probed = probe_server(SshServer(methods=INTERACTIVE, rounds=rounds))
    assert probed.cause_and_detail == (Cause.LOGIN_REFUSED, detail)


def test_endless_prompts_are_a_login_without_a_response() -> None:
    server = SshServer(methods=INTERACTIVE, rounds=[("", "Still there?")] * 100_000)
    probed = probe_server(server, connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause is Cause.LOGIN_HANGS
    assert probed.seconds < 2 * SHORT_SECONDS + SLACK_SECONDS
