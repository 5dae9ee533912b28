"""What a jump host says of its way on, and what it means for the cluster behind it."""

from types import SimpleNamespace
from typing import Any

import paramiko
import pytest

from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.adapters.ssh.jump_host import at_jump_host, connect_through
from cluster_status.domain.ssh.target import Endpoint
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailure

PROHIBITED, CONNECT_FAILED, UNKNOWN_TYPE, SHORTAGE = 1, 2, 3, 4


def way(error: Exception, words: str = "", seconds: float = 60) -> tuple[Cause, str]:
    """Ask a jump host that answers so."""

    def open_channel(*_: Any, **__: Any) -> None:
        raise error

    jump: Any = SimpleNamespace(transport=SimpleNamespace(open_channel=open_channel), disconnect_reason=words)
    with pytest.raises(ProbeFailed) as failed:
        connect_through(jump, "login", 22, Deadline(seconds))
    return failed.value.failure.cause, failed.value.failure.detail


@pytest.mark.parametrize(
    ("code", "words", "cause"),
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
def test_only_what_it_saw_of_the_cluster_itself_counts(code: int, words: str, cause: Cause) -> None:
    seen, detail = way(paramiko.ChannelException(code, "text"), words)
    assert seen is cause
    assert "the jump host" in detail


def test_a_connection_that_takes_too_long_has_no_answer_and_a_jump_host_that_leaves_none_either() -> None:
    error = paramiko.SSHException("Timeout opening channel.")
    assert way(error, seconds=0)[0] is Cause.TIMEOUT
    assert way(error) == (Cause.JUMP_HOST, "the jump host hung up")


@pytest.mark.parametrize("cause", Cause)
def test_what_goes_wrong_at_the_jump_host_is_never_an_outage_of_the_cluster(cause: Cause) -> None:
    failed = at_jump_host(ProbeFailure(cause, "so it is"), Endpoint("me", "gw", 22)).failure
    assert failed.detail == "jump host gw: so it is"
    assert failed.cause is (Cause.JUMP_HOST if CAUSES[cause].network else cause)
