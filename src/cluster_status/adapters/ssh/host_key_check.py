"""Whether the host key of one server is trusted. No credential leaves before it is."""

from typing import Protocol

from msgspec import Struct

from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import HostKey, Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, RememberedLogin

_NAMED = 4  # known keys in an error


class KnownKeys(Protocol):
    """The keys that one server may show."""

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the known keys, since a server shows only one of its keys; empty: any type."""

    def accept(self, key: HostKey) -> bool: ...

    def may_accept(self, key_type: str) -> bool:
        """Return whether a key of this type can be a known one."""

    def failure(self, key: HostKey) -> ProbeFailure:
        """Return the failure of a server with another key."""


class PinnedKeys(Struct, frozen=True):
    """The keys that a user has pinned for a server; none if all lines are for other servers."""

    pins: Pins
    server: Endpoint

    @property
    def types(self) -> tuple[str, ...]:
        return self.pins.types

    def accept(self, key: HostKey) -> bool:
        return self.pins.accept(key)

    def may_accept(self, key_type: str) -> bool:
        return bool(self.pins.fingerprints) or key_type in self.pins.types

    def failure(self, key: HostKey) -> ProbeFailure:
        if self.pins:
            known = ", ".join(dict.fromkeys(line.description for line in self.pins.lines[:_NAMED]))
            return _untrusted(key, self.server, f"the pinned key is {known}")
        remedy = (
            "Verify the key, then add its line to cluster-host-key. Lines for other host names, and lines "
            "that exclude this host, do not count."
        )
        return _untrusted(key, self.server, "no line of cluster-host-key is for this server", remedy)


class RememberedKey(Struct, frozen=True):
    """The key that the history remembers; `login` is None if the history cannot be read."""

    login: RememberedLogin | None
    server: Endpoint

    @property
    def types(self) -> tuple[str, ...]:
        return (self._key.partition(" ")[0],) if self._key else ()

    def accept(self, key: HostKey) -> bool:
        return self.login is not None and self._key in {None, key.type_and_fingerprint}

    def may_accept(self, key_type: str) -> bool:
        return key_type in self.types

    def failure(self, key: HostKey) -> ProbeFailure:
        if self.login is None:
            return ProbeFailure(
                Cause.NO_HISTORY, f"the line for cluster-host-key is: {_line(key, self.server)}"
            )
        known = (self._key or "").rpartition(" ")[2]
        remedy = (
            "If several login nodes share this name, each has its own key: set cluster-host-key to a line "
            f"for each, to {known} for the remembered key and below it the new line. If the administrators "
            "replaced the key, set it to the new line only. Otherwise ask them: an attacker may intercept "
            "the connection. No credential was sent. Another cluster needs its own cluster-name and history."
        )
        return _untrusted(key, self.server, f"the remembered key is {self._key}", remedy)

    @property
    def _key(self) -> str | None:
        return self.login.host_key if self.login else None


def _untrusted(key: HostKey, server: Endpoint, known: str, remedy: str = "") -> ProbeFailure:
    detail = (
        f"the server's key is {key.type_and_fingerprint}, {known}; "
        f"the line for cluster-host-key is: {_line(key, server)}"
    )
    return ProbeFailure(Cause.HOST_KEY, detail, remedy)


def _line(key: HostKey, server: Endpoint) -> str:
    return key.line(server.host, server.port)
