from typing import Any

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.unanswered_login import UnansweredLogin, diagnose_login, not_offered

MAINTENANCE = "Maintenance until 17:00 UTC"
BOOTING = "System is booting up."
EXPIRED = "Your account has expired."


def cause_of(**facts: Any) -> Cause:
    return diagnose_login(UnansweredLogin(**({"offered": "password"} | facts)), PLAIN).cause


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({}, Cause.LOGIN_HANGS),
        ({"is_silent": True}, Cause.LOGIN_HANGS),
        ({"text": MAINTENANCE}, Cause.LOGIN_HANGS),
        ({"text": BOOTING}, Cause.LOGIN_HANGS),
        ({"text": EXPIRED}, Cause.LOGIN_REFUSED),
        ({"is_proven": True}, Cause.LOGIN_HANGS),
        ({"is_proven": True, "text": MAINTENANCE}, Cause.LOGINS_CLOSED),
        ({"is_proven": True, "text": "Until Monday"}, Cause.LOGINS_CLOSED),
        ({"is_proven": True, "text": BOOTING}, Cause.BOOTING),
        ({"is_proven": True, "text": EXPIRED}, Cause.LOGIN_REFUSED),
        ({"is_proven": True, "text": MAINTENANCE, "is_silent": True}, Cause.LOGIN_HANGS),
        ({"is_proven": True, "earlier_text": MAINTENANCE}, Cause.LOGIN_HANGS),
        ({"is_proven": True, "disconnect_reason": MAINTENANCE}, Cause.LOGINS_CLOSED),
        ({"is_proven": True, "disconnect_reason": BOOTING}, Cause.BOOTING),
        ({"is_proven": True, "disconnect_reason": EXPIRED}, Cause.LOGIN_REFUSED),
        ({"is_proven": True, "disconnect_reason": "Corrupted MAC on input."}, Cause.LOGIN_HANGS),
        ({"is_proven": True, "disconnect_reason": "no reason given"}, Cause.LOGIN_HANGS),
        ({"is_proven": True, "is_silent": True, "offered": "key"}, Cause.SHELL_HANGS),
        (
            {"is_proven": True, "is_silent": True, "offered": "key", "was_interactive": True},
            Cause.LOGIN_HANGS,
        ),
        ({"offered": ""}, Cause.DROPPED),
        ({"offered": "", "is_silent": True}, Cause.TIMEOUT),
        ({"offered": "", "is_silent": True, "was_interactive": True}, Cause.LOGIN_HANGS),
        ({"offered": "", "is_silent": True, "text": EXPIRED}, Cause.LOGIN_REFUSED),
    ],
)
def test_the_cause_follows_from_the_offer_and_the_texts(facts: dict[str, Any], cause: Cause) -> None:
    assert cause_of(**facts) is cause


def test_a_login_without_a_response_quotes_each_text_once() -> None:
    login = UnansweredLogin(
        offered="key", text="a", disconnect_reason="b", earlier_text="c", is_silent=True, seconds=10
    )
    assert diagnose_login(login, PLAIN).detail == "no response to the key within 10 s: a; b"
    login = UnansweredLogin(offered="password", text="a", disconnect_reason="a")
    assert (
        diagnose_login(login, PLAIN).detail == "the server closed the connection after it got the password: a"
    )
    login = UnansweredLogin(offered="", earlier_text="c")
    assert diagnose_login(login, PLAIN).detail == "the server closed the connection before the login: c"


def test_a_password_that_is_not_offered_keeps_the_cause() -> None:
    assert not_offered(logins_closed=True).cause is Cause.LOGINS_CLOSED
    assert not_offered(logins_closed=False).cause is Cause.LOGIN_HANGS


def test_a_login_that_hangs_is_unknown_and_closed_logins_are_maintenance() -> None:
    statuses = {
        cause: CAUSES[cause].status for cause in (Cause.LOGIN_HANGS, Cause.LOGINS_CLOSED, Cause.BOOTING)
    }
    assert statuses == {
        Cause.LOGIN_HANGS: Status.UNKNOWN,
        Cause.LOGINS_CLOSED: Status.MAINTENANCE,
        Cause.BOOTING: Status.OFFLINE,
    }
