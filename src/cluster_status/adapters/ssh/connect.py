"""From a name and a port to a connected socket, for each address of the name."""

import contextlib
import errno
import socket
import struct
from typing import Any

from msgspec import Struct

from cluster_status.deadline import Deadline
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.domain.text import clean
from cluster_status.threads import run_in_thread

# The runner has no route and sent no packet. A kernel without IPv6 returns the last one.
_NO_IPV6 = {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
_CLOSED = {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE}
# The name does not exist, or has no address. Any other failure of a resolver may be temporary.
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
}

# The queue of errors of a socket, from linux/in.h, linux/in6.h and linux/errqueue.h.
_RECEIVE_ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
_EXTENDED_ERROR = struct.Struct("=IBBB")  # errno, origin, type, code
_BY_ICMP = {2, 3}  # origins: ICMP and ICMPv6


class Address(Struct, frozen=True):
    """One address of a host; `name` is in the format of its family."""

    family: socket.AddressFamily
    name: tuple[Any, ...]


def resolve(host: str, port: int, deadline: Deadline) -> list[Address]:
    """Return the addresses of a name, or raise ProbeFailed.

    It resolves in a thread, because getaddrinfo has no timeout and ignores signals.
    """
    resolving = run_in_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    try:
        found = resolving.result(deadline.left)
    except TimeoutError:
        detail = f"{host}: no answer from the resolver within {deadline.seconds:.0f} s"
        raise ProbeFailed(_resolver_failed(detail)) from None
    except (OSError, UnicodeError) as error:
        detail = clean(f"{host}: {getattr(error, 'strerror', None) or error}")
        if isinstance(error, OSError) and error.errno not in _NO_SUCH_NAME:
            raise ProbeFailed(_resolver_failed(detail)) from None
        raise ProbeFailed(ProbeFailure(Cause.DNS, detail)) from None
    addresses = [Address(family, name) for family, _, _, _, name in found]
    return list(dict.fromkeys(addresses))


def _resolver_failed(detail: str) -> ProbeFailure:
    remedy = "If this lasts, check the DNS settings of the runner and the DNS servers of the cluster."
    return ProbeFailure(Cause.DNS, detail, remedy, needs_confirmation=True)


def connect_to(address: Address, deadline: Deadline) -> socket.socket:
    """Return a connected socket, or raise ProbeFailed."""
    try:
        connection = socket.socket(address.family, socket.SOCK_STREAM)
    except OSError as error:
        raise ProbeFailed(_failure(error, address, deadline, by_icmp=None)) from None
    try:
        _queue_errors(connection, enabled=True)
        connection.settimeout(max(deadline.left, 0.001))
        connection.connect(address.name)
        # with the queue, an ICMP message that does not concern the host would end the connection
        _queue_errors(connection, enabled=False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small packets, each waited for
    except OSError as error:
        by_icmp = _icmp_error(connection)
        connection.close()
        raise ProbeFailed(_failure(error, address, deadline, by_icmp)) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _queue_errors(connection: socket.socket, *, enabled: bool) -> None:
    """Make the kernel record the origin of errors; some networks in user space cannot."""
    level, option = _RECEIVE_ERRORS.get(connection.family, (0, 0))
    with contextlib.suppress(OSError):
        connection.setsockopt(level, option, int(enabled))


def _icmp_error(connection: socket.socket) -> tuple[int, int] | None:
    """Return type and code of the ICMP message that ended a connection; None if none did."""
    kinds = _RECEIVE_ERRORS.values()
    connection.settimeout(0)  # without such a message, the queue is empty
    with contextlib.suppress(OSError):
        _, ancillary, _, _ = connection.recvmsg(1, 512, socket.MSG_ERRQUEUE)
        for level, kind, content in ancillary:
            if (level, kind) in kinds and len(content) >= _EXTENDED_ERROR.size:
                _, origin, icmp_type, code = _EXTENDED_ERROR.unpack_from(content)
                return (icmp_type, code) if origin in _BY_ICMP else None
    return None


def _failure(
    error: OSError, address: Address, deadline: Deadline, by_icmp: tuple[int, int] | None
) -> ProbeFailure:
    reason = (error.strerror or str(error)).lower()
    if isinstance(error, TimeoutError):
        return ProbeFailure(Cause.TIMEOUT, f"no connection within {deadline.seconds:.0f} s")
    if by_icmp and error.errno == errno.ECONNREFUSED:
        icmp_type, code = by_icmp
        detail = f"refused by a firewall, not by the host: ICMP type {icmp_type} code {code}"
        return ProbeFailure(Cause.UNREACHABLE, detail)
    if error.errno == errno.ECONNREFUSED:
        return ProbeFailure(Cause.REFUSED, reason)
    if error.errno in _CLOSED:
        return ProbeFailure(Cause.DROPPED, reason)
    without_ipv6 = by_icmp is None and address.family == socket.AF_INET6 and error.errno in _NO_IPV6
    return ProbeFailure(Cause.UNREACHABLE, reason, of_runner=without_ipv6)
