"""What a jump host says about its connection to the next server, and what its own failures mean."""

import contextlib
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest

from cluster_status.adapters.ssh.jump_hosts import at_jump_host, connect_through
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure

PROHIBITED, CONNECT_FAILED, UNKNOWN_TYPE, SHORTAGE = 1, 2, 3, 4
LOGIN = Endpoint("me", "login", 22)


def failure(error: Exception, reason: str = "", seconds: float = 60) -> tuple[Cause, str]:
    """Return the failure of a connection for which the jump host gives this answer."""

    def open_channel(*_: Any, **__: Any) -> None:
        raise error

    transport = SimpleNamespace(open_channel=open_channel)
    jump: Any = SimpleNamespace(
        transport=transport,
        disconnect_reason=reason,
        cleaned=PLAIN.clean,
        aborted_after=lambda _: contextlib.nullcontext(),
    )
    with pytest.raises(ProbeFailed) as failed:
        connect_through(jump, LOGIN, Deadline(seconds))
    return failed.value.failure.cause, failed.value.failure.detail


@pytest.mark.parametrize(
    ("code", "reason", "cause"),
    [
        (CONNECT_FAILED, "Connection refused", Cause.REFUSED),
        (CONNECT_FAILED, "connect failed (dial tcp 10.0.0.1:22: i/o timeout)", Cause.TIMEOUT),
        (CONNECT_FAILED, "Connection timed out", Cause.TIMEOUT),
        (CONNECT_FAILED, "No route to host", Cause.UNREACHABLE),
        (CONNECT_FAILED, "Network is unreachable", Cause.UNREACHABLE),
        (CONNECT_FAILED, "Name or service not known", Cause.JUMP_HOST),
        (CONNECT_FAILED, "Temporary failure in name resolution", Cause.JUMP_HOST),
        (CONNECT_FAILED, "no reason given", Cause.JUMP_HOST),
        (PROHIBITED, "connection refused by policy", Cause.JUMP_HOST),
        (SHORTAGE, "refused: too many channels", Cause.JUMP_HOST),
        (UNKNOWN_TYPE, "", Cause.JUMP_HOST),
    ],
)
def test_only_a_failed_attempt_to_connect_is_a_failure_of_the_next_server(
    code: int, reason: str, cause: Cause
) -> None:
    found, detail = failure(paramiko.ChannelException(code, "text"), reason)
    assert found is cause
    assert "the jump host" in detail


def test_a_connection_that_is_not_forwarded_in_time_is_a_timeout() -> None:
    error = paramiko.SSHException("Timeout opening channel.")
    assert failure(error, seconds=0)[0] is Cause.TIMEOUT


def test_a_jump_host_that_closes_the_connection_is_the_cause() -> None:
    error = paramiko.SSHException("Timeout opening channel.")
    assert failure(error) == (Cause.JUMP_HOST, "the jump host closed the connection")


@pytest.mark.parametrize("cause", Cause)
def test_a_failure_at_a_jump_host_is_never_an_outage_of_the_cluster(cause: Cause) -> None:
    found = at_jump_host(ProbeFailure(cause, "a detail", "a remedy"), Endpoint("me", "gw", 22))
    assert (found.detail, found.remedy) == ("jump host gw: a detail", "a remedy")
    of_credential = {Cause.LOGIN_REFUSED, Cause.HOST_KEY, Cause.INCOMPATIBLE_SSH}
    of_login = {Cause.LOGIN_HANGS, Cause.LOGINS_CLOSED, Cause.BOOTING, Cause.SHELL_HANGS}
    assert cause not in of_credential | of_login or CAUSES[found.cause].status is Status.UNKNOWN
    assert found.cause is (Cause.JUMP_HOST if CAUSES[cause].network or cause in of_login else cause)
