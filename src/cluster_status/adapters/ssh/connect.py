"""From a name and a port to a connected socket."""

import errno
import socket
from typing import Any

from cluster_status.deadline import Deadline
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.domain.text import clean
from cluster_status.threads import run_in_thread

_NO_ROUTE = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.EHOSTDOWN,
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,  # a kernel without IPv6, and a name with an IPv6 address
}
# Of several addresses, the failure that says most about the server counts. A runner without IPv6, for
# example, has no route to an IPv6 address.
_MOST_SPECIFIC_FIRST = (Cause.REFUSED, Cause.DROPPED, Cause.TIMEOUT, Cause.UNREACHABLE)

_Address = tuple[socket.AddressFamily, tuple[Any, ...]]  # the family, and the address in its format


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connected socket or raise ProbeFailed. Each address of the name gets its share of the time."""
    addresses = _resolve(host, port, deadline)
    failures = []
    for number, address in enumerate(addresses):
        share = deadline.part(deadline.left / (len(addresses) - number))
        try:
            return _connect_to(address, share)
        except OSError as error:
            failures.append(_failure(error, share))
    raise ProbeFailed(min(failures, key=lambda failure: _MOST_SPECIFIC_FIRST.index(failure.cause)))


def _resolve(host: str, port: int, deadline: Deadline) -> list[_Address]:
    """Resolve the name in a thread, because getaddrinfo has no timeout and ignores signals."""
    resolving = run_in_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    try:
        found = resolving.result(deadline.left)
    except TimeoutError:
        detail = f"{host}: no answer from the resolver within {deadline.seconds:.0f} s"
        raise ProbeFailed(ProbeFailure(Cause.DNS, detail)) from None
    except (OSError, UnicodeError) as error:
        detail = clean(f"{host}: {getattr(error, 'strerror', None) or error}")
        raise ProbeFailed(ProbeFailure(Cause.DNS, detail)) from None
    return [(family, address) for family, _, _, _, address in found]


def _connect_to(address: _Address, deadline: Deadline) -> socket.socket:
    family, name = address
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(max(deadline.left, 0.001))
        connection.connect(name)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small packets, each waited for
    except BaseException:
        connection.close()
        raise
    return connection


def _failure(error: OSError, deadline: Deadline) -> ProbeFailure:
    if isinstance(error, TimeoutError):
        return ProbeFailure(Cause.TIMEOUT, f"no connection within {deadline.seconds:.0f} s")
    if isinstance(error, ConnectionRefusedError):
        return ProbeFailure(Cause.REFUSED, "connection refused")
    cause = Cause.UNREACHABLE if error.errno in _NO_ROUTE else Cause.DROPPED
    return ProbeFailure(cause, (error.strerror or str(error)).lower())
