"""From a name and a port to a connected socket."""

import errno
import socket
from typing import Any

from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.text import clean
from cluster_status.threads import run_in_thread

_NO_ROUTE = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.EHOSTDOWN,
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,  # a kernel without IPv6, and a name with it
}
# The more a failure says about the server, the more it counts: that a runner without IPv6 has no route to
# the second of two addresses is no news.
_MOST_TELLING_FIRST = (Cause.REFUSED, Cause.DROPPED, Cause.TIMEOUT, Cause.UNREACHABLE)

_Address = tuple[socket.AddressFamily, tuple[Any, ...]]  # its second half is as the family wants it


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connected socket or raise Stopped; every address of the name gets its share of the time."""
    addresses = _resolve(host, port, deadline)
    failures = []
    for number, address in enumerate(addresses):
        share = Deadline(deadline.left / (len(addresses) - number))
        try:
            return _connect_to(address, share)
        except ProbeFailed as failed:
            failures.append(failed)
    raise min(failures, key=lambda failure: _MOST_TELLING_FIRST.index(failure.failure.cause))


def _resolve(host: str, port: int, deadline: Deadline) -> list[_Address]:
    """Look the name up in a thread of its own: a resolver knows no time limit and minds no signal."""
    asking = run_in_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    try:
        answers = asking.result(deadline.left)
    except TimeoutError:
        raise ProbeFailed(
            Cause.DNS, f"{host}: no answer from the resolver within {deadline.seconds:.0f} s"
        ) from None
    except (OSError, UnicodeError) as error:
        raise ProbeFailed(Cause.DNS, clean(f"{host}: {getattr(error, 'strerror', None) or error}")) from None
    return [(family, address) for family, _, _, _, address in answers]


def _connect_to(address: _Address, deadline: Deadline) -> socket.socket:
    family, name = address
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _stopped(error, deadline) from None
    try:
        connection.settimeout(max(deadline.left, 0.001))
        connection.connect(name)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small packets, each waited for
    except OSError as error:
        connection.close()
        raise _stopped(error, deadline) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _stopped(error: OSError, deadline: Deadline) -> ProbeFailed:
    if isinstance(error, TimeoutError):
        return ProbeFailed(Cause.TIMEOUT, f"no connection within {deadline.seconds:.0f} s")
    if isinstance(error, ConnectionRefusedError):
        return ProbeFailed(Cause.REFUSED, "connection refused")
    words = (error.strerror or str(error)).lower()
    return ProbeFailed(Cause.UNREACHABLE if error.errno in _NO_ROUTE else Cause.DROPPED, words)
