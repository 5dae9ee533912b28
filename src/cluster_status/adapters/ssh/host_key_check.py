"""Whether the host key of one server is trusted. No credential leaves before it is."""

from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import HostKey, Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure, RememberedLogin


def key_types(pins: Pins, remembered: RememberedLogin | None) -> tuple[str, ...]:
    """Return the types of the known keys: a server shows only one of its keys, so ask for a known one."""
    if remembered and remembered.host_key and not pins:
        return (remembered.host_key.partition(" ")[0],)
    return pins.types


def check_pinned(key: HostKey, server: Endpoint, pins: Pins) -> None:
    """Raise ProbeFailed for any other key than a pinned one."""
    if not pins.accept(key):
        remedy = (
            "" if pins else "Verify that the key is the right one, then add its line to cluster-host-key."
        )
        raise ProbeFailed(_untrusted(key, server, remedy))


def check_remembered(key: HostKey, server: Endpoint, remembered: RememberedLogin | None) -> None:
    """Raise ProbeFailed for another key than the remembered one; accept any key if none is remembered.

    `remembered` is None if the history cannot be read.
    """
    if remembered is None:
        detail = "no host key is pinned, and the history with the remembered key cannot be read"
        remedy = f"Fix the error of the history, or set cluster-host-key to: {_line(key, server)}"
        raise ProbeFailed(ProbeFailure(Cause.HOST_KEY, detail, remedy))
    if remembered.host_key not in {None, key.type_and_fingerprint}:
        raise ProbeFailed(_untrusted(key, server))


def _untrusted(key: HostKey, server: Endpoint, remedy: str = "") -> ProbeFailure:
    detail = f"the server's key is {key.fingerprint}; the line for cluster-host-key is: {_line(key, server)}"
    return ProbeFailure(Cause.HOST_KEY, detail, remedy)


def _line(key: HostKey, server: Endpoint) -> str:
    return key.line(server.host, server.port)
