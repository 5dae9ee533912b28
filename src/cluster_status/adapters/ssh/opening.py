"""From the addresses of a server to a session whose host key is trusted. No credential is offered here."""

import socket
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

import paramiko
from msgspec import Struct
from msgspec.structs import replace

from cluster_status.adapters.ssh.algorithms import HOST_KEY_TYPES, is_supported
from cluster_status.adapters.ssh.host_key_check import KnownKeys
from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.slots import Place

Connect = Callable[[Deadline], socket.socket | paramiko.Channel]
"""Connects to one address of a server, or raises ProbeFailed."""


class Way(Struct, frozen=True):
    """A way to a server; `server` is the same for all clusters that log in to it."""

    server: Hashable
    connect: Connect


# Of several addresses, the most specific failure counts.
_MOST_SPECIFIC_FIRST = (
    Cause.NO_HISTORY,
    Cause.HOST_KEY,
    Cause.INCOMPATIBLE_SSH,
    Cause.REFUSED,
    Cause.DROPPED,
    Cause.TIMEOUT,
    Cause.UNREACHABLE,
)
_OF_KEY = {Cause.NO_HISTORY, Cause.HOST_KEY}
_QUOTED = 4  # host keys in an error


class Opening:
    """Opens a session at the first address of a server that works and shows a known key."""

    def __init__(
        self, host: str, keys: KnownKeys, redaction: Redaction, limit_seconds: float, place: Place
    ) -> None:
        self.reached = False  # the SSH banner of an address was read
        self._host = host
        self._keys = keys
        self._redaction = redaction
        self._limit = limit_seconds
        self._place = place
        self._address_count = 0
        self._failures: list[ProbeFailure] = []

    def open(
        self, find_ways: Callable[[Deadline], Sequence[Way]], deadline: Deadline
    ) -> tuple[Session, HostKey]:
        """Return a session and its key, or raise ProbeFailed.

        The limit applies to connecting, and to the handshake. Each address gets a share of what is left.
        """
        self._place.leave()  # the resolver may be slow as well
        connecting, whole = deadline.part(self._limit), deadline.part(2 * self._limit)
        ways = find_ways(connecting)
        self._address_count = len(ways)
        for left, way in zip(range(len(ways), 0, -1), ways, strict=True):
            self._place.connect_to(way.server, deadline, connecting, whole)
            share = deadline.part(connecting.left / left)
            try:
                connection = way.connect(share)
                with connecting.paused():
                    handshake = whole.part(min(self._limit, whole.left / left))
                    return self._open_at(connection, way.connect, handshake, (deadline, whole))
            except ProbeFailed as failed:
                self._failures.append(failed.failure)
        raise ProbeFailed(_combined(self._failures))

    @property
    def notices(self) -> tuple[str, ...]:
        """How many of several addresses failed, and why."""
        failures = [one for one in self._failures if not one.of_runner and one.cause not in _OF_KEY]
        if self._address_count == 1 or not failures:
            return ()
        reasons = Counter(failure.detail for failure in failures)
        listed = "; ".join(f"{reason} ({count})" for reason, count in reasons.items())
        return (f"{len(failures)} of {self._address_count} addresses of {self._host} failed: {listed}.",)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Which addresses showed an unknown host key and were skipped."""
        if self._address_count == 1:
            return ()
        details = dict.fromkeys(one.detail for one in self._failures if one.cause is Cause.HOST_KEY)
        return tuple(
            f"An address of {self._host} was skipped: {detail}. Verify the key. If it belongs to another "
            "login node, set cluster-host-key to a line for each node."
            for detail in details
        )

    def _open_at(
        self,
        connection: socket.socket | paramiko.Channel,
        connect: Connect,
        limit: Deadline,
        outer_limits: tuple[Deadline, ...],
    ) -> tuple[Session, HostKey]:
        """Shake hands until the server shows a known key, or has none of a type that could be known."""
        types = tuple(filter(is_supported, self._keys.types))
        shown: list[HostKey] = []
        repeated = False
        while True:
            session = Session(connection, self._redaction)
            try:
                key = self._shake_hands(session, types, limit, outer_limits)
            except ProbeFailed as failed:
                if shown:
                    raise ProbeFailed(self._keys.failure(shown[0])) from None
                if repeated or failed.failure.cause is not Cause.INCOMPATIBLE_SSH:
                    raise
                repeated = True  # a network fault may have damaged the first handshake
                types = () if session.lacks_host_key else types  # to find out which keys the server has
            else:
                if self._keys.accept(key):
                    return session, key
                session.close()
                shown.append(key)
                types = self._types_left(session, shown)
                if not types:
                    raise ProbeFailed(self._keys.failure(shown[0]))
            connection = connect(limit)

    def _shake_hands(
        self, session: Session, types: tuple[str, ...], limit: Deadline, outer_limits: tuple[Deadline, ...]
    ) -> HostKey:
        try:
            session.read_banner(limit)
            self._place.take_slot(limit, *outer_limits)
            return session.shake_hands(types, limit)
        except BaseException:
            session.close()
            raise
        finally:
            self.reached = self.reached or session.reached

    def _types_left(self, session: Session, shown: Sequence[HostKey]) -> tuple[str, ...]:
        tried = {key.type for key in shown}
        return tuple(
            kind
            for kind in HOST_KEY_TYPES
            if kind not in tried and self._keys.may_accept(kind) and session.has_host_key(kind)
        )


def _combined(failures: Sequence[ProbeFailure]) -> ProbeFailure:
    """Return one failure for all addresses."""
    of_server = [failure for failure in failures if not failure.of_runner]
    if not of_server:
        return _without_ipv6()
    worst = min(of_server, key=lambda failure: _rank(failure.cause))
    details = dict.fromkeys(one.detail for one in of_server if one.cause is worst.cause)
    return replace(
        worst,
        detail="; ".join(list(details)[:_QUOTED]) if worst.cause is Cause.HOST_KEY else worst.detail,
        needs_confirmation=any(_needs_confirmation(failure) for failure in of_server),
    )


def _rank(cause: Cause) -> int:
    return _MOST_SPECIFIC_FIRST.index(cause) if cause in _MOST_SPECIFIC_FIRST else 0


def _needs_confirmation(failure: ProbeFailure) -> bool:
    return failure.needs_confirmation or CAUSES[failure.cause].needs_confirmation


def _without_ipv6() -> ProbeFailure:
    return ProbeFailure(
        Cause.UNREACHABLE,
        "the host has only IPv6 addresses, and the runner has no IPv6",
        "Set cluster-host or cluster-jump to a host with an IPv4 address. Or use a runner that has IPv6, "
        "also in its containers.",
        of_runner=True,
    )
