"""Ports on loopback: free ones for a server, and whether a server answers on one."""

import contextlib
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 10_000
_ATTEMPTS = 1_000


def free_ports(count: int) -> list[int]:
    """Choose ports that are free on every address, below those the kernel gives to outgoing connections.

    A port of that range could be taken by any client while its server is stopped and started again.
    """
    found: set[int] = set()
    for _ in range(_ATTEMPTS):
        if len(found) == count:
            return list(found)
        candidate = random.randrange(_LOWEST, _first_outgoing_port())  # noqa: S311  # nothing secret in a port
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", candidate))
            found.add(candidate)
    raise RuntimeError(f"no {count} free ports between {_LOWEST} and {_first_outgoing_port()}")


def answers(port: int) -> bool:
    """Return whether a server accepts connections on the port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((LOOPBACK, port)) == 0


def answers_at(path: Path) -> bool:
    """Return whether a server accepts connections on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        return client.connect_ex(str(path)) == 0


def first_bytes(port: int, *, size: int, host: str = LOOPBACK) -> bytes:
    """Return the first bytes that a server sends; none if no server answers."""
    try:
        with socket.create_connection((host, port), timeout=1) as client:
            return client.recv(size, socket.MSG_WAITALL)
    except OSError:
        return b""


def _first_outgoing_port() -> int:
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
