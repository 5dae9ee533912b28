"""The way through a jump host, and what it means when that way ends.

What goes wrong at the jump host says nothing about the cluster behind it.
"""

import re

import paramiko
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_FAILED_CONNECT_FAILED

from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.adapters.ssh.session import Session
from cluster_status.domain.ssh.target import Endpoint
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailure

# What the jump host says of its own try to connect, in the words of its C library or of Go. A name that it
# does not resolve is left out: its resolver is a part of it, and the name may be known elsewhere.
_SEEN_FROM_THERE = (
    ("refused", Cause.REFUSED),
    ("time(d )?out", Cause.TIMEOUT),
    ("no route|unreachable|host is down", Cause.UNREACHABLE),
)
_ANY_SOURCE = ("127.0.0.1", 0)


def connect_through(jump: Session, host: str, port: int, deadline: Deadline) -> paramiko.Channel:
    """Have the jump host connect on; return what is like a socket, or raise Stopped."""
    try:
        return jump.transport.open_channel("direct-tcpip", (host, port), _ANY_SOURCE, timeout=deadline.left)
    except paramiko.ChannelException as refusal:
        if refusal.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
            raise ProbeFailed(Cause.JUMP_HOST, f"the jump host does not forward to {host}:{port}") from None
        words = f"seen from the jump host: {jump.disconnect_reason.lower()}"
        tried = refusal.code == OPEN_FAILED_CONNECT_FAILED
        outcome = (cause for form, cause in _SEEN_FROM_THERE if tried and re.search(form, words))
        raise ProbeFailed(next(outcome, Cause.JUMP_HOST), words) from None
    except Exception:  # noqa: BLE001 - of what a server makes up, paramiko raises all kinds
        if deadline.passed:
            what = f"seen from the jump host: no connection within {deadline.seconds:.0f} s"
            raise ProbeFailed(Cause.TIMEOUT, what) from None
        raise ProbeFailed(Cause.JUMP_HOST, "the jump host hung up") from None


def at_jump_host(failure: ProbeFailure, jump: Endpoint) -> ProbeFailed:
    """Return what a look ran into at the jump host as what it means for the cluster behind it."""
    cause = Cause.JUMP_HOST if CAUSES[failure.cause].network else failure.cause
    return ProbeFailed(cause, f"jump host {jump.host}: {failure.detail}", remedy=failure.remedy)
