"""The sessions on the jump hosts of a route, and the connection that the last one forwards.

The status of the cluster does not follow from a failure at a jump host.
"""

import re
from collections.abc import Sequence
from functools import partial
from itertools import takewhile

import paramiko
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_FAILED_CONNECT_FAILED

from cluster_status.adapters.ssh.connect import connect_to, resolve
from cluster_status.adapters.ssh.host_key_check import PinnedKeys
from cluster_status.adapters.ssh.logins import Logins
from cluster_status.adapters.ssh.opening import Opening, Way
from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.target import SshTarget
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.slots import Place

# The reason that the jump host gives for a failed connection, in the words of its C library or of Go. A name
# that it does not resolve is not in the table: it may resolve elsewhere.
_CAUSES = (
    ("refused", Cause.REFUSED),
    ("time(d )?out", Cause.TIMEOUT),
    ("no route|unreachable|host is down", Cause.UNREACHABLE),
)
# Of the login, and not of the credential.
_OF_LOGIN = {Cause.LOGIN_HANGS, Cause.LOGINS_CLOSED, Cause.BOOTING, Cause.SHELL_HANGS}
_NOT_CONNECTED = (
    "Check cluster-host and cluster-port: the jump host must resolve the name and reach the port. It may "
    "know the host by another name."
)
_ANY_SOURCE = ("127.0.0.1", 0)


class JumpHosts:
    """Logs in to the jump hosts of a route, each through the one before it."""

    def __init__(self, target: SshTarget, logins: Logins, redaction: Redaction, place: Place) -> None:
        self.last: Session | None = None  # the one that was opened last, whether its login worked or not
        self.notices: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self._target = target
        self._logins = logins
        self._redaction = redaction
        self._place = place
        self._sessions: list[Session] = []  # on the first jump hosts of the route, logged in

    @property
    def not_logged_in(self) -> tuple[Endpoint, ...]:
        """The jump hosts on which there is no session, in the order of the route."""
        in_order = takewhile(lambda session: session.is_logged_in, self._sessions)
        return self._target.jump_hosts[len(list(in_order)) :]

    def log_in(self, deadline: Deadline) -> None:
        """Log in to the jump hosts that are left; raise ProbeFailed."""
        self.notices = self.warnings = ()
        for endpoint in self.not_logged_in:
            try:
                self._log_in_to(endpoint, deadline)
            except ProbeFailed as failed:
                raise ProbeFailed(at_jump_host(failed.failure, endpoint)) from None

    def ways_to(self, endpoint: Endpoint, deadline: Deadline) -> Sequence[Way]:
        """Return a way for each address of the next server of the route, or raise ProbeFailed."""
        if self._sessions:
            through = self._target.jump_hosts[: len(self._sessions)]
            server = (*(jump.host for jump in through), endpoint.host)
            return [Way(server, partial(connect_through, self._sessions[-1], endpoint))]
        addresses = resolve(endpoint.host, endpoint.port, deadline)
        return [Way(address.name[0], partial(connect_to, address)) for address in addresses]

    def any_lost(self) -> bool:
        return any(session.is_lost() for session in self._sessions)

    def close_lost(self) -> None:
        """Close the sessions that are lost, and those that lead through them."""
        self._close_from(len(self._target.jump_hosts) - len(self.not_logged_in))

    def close(self) -> None:
        self._close_from(0)

    def _close_from(self, index: int) -> None:
        while len(self._sessions) > index:
            self._sessions.pop().close()

    def _log_in_to(self, endpoint: Endpoint, deadline: Deadline) -> None:
        """Log in to one jump host. Its key has to be pinned, because only the head node's is remembered."""
        limit = self._target.connect_timeout_seconds
        keys = PinnedKeys(self._target.pins_for(endpoint), endpoint)
        opening = Opening(endpoint.host, keys, self._redaction, limit, self._place)
        try:
            session, _ = opening.open(partial(self.ways_to, endpoint), deadline)
        finally:
            self.notices += opening.notices
            self.warnings += opening.warnings
        self.last = session
        try:
            self._logins.log_in(session, endpoint, deadline.part(limit), key_is_verified=True)
        except BaseException:
            session.close()
            raise
        self._place.end_login()
        self._sessions.append(session)


def connect_through(jump: Session, endpoint: Endpoint, deadline: Deadline) -> paramiko.Channel:
    """Return a channel that the jump host forwards to a server, or raise ProbeFailed."""
    address = (endpoint.host, endpoint.port)
    try:
        with jump.aborted_after(deadline):
            return jump.transport.open_channel("direct-tcpip", address, _ANY_SOURCE, timeout=deadline.left)
    except paramiko.ChannelException as refusal:
        raise ProbeFailed(_not_forwarded(refusal.code, jump, endpoint)) from None
    except Exception:  # noqa: BLE001 - paramiko raises all kinds for malformed packets
        if deadline.passed:
            detail = f"seen from the jump host: no connection within {deadline.seconds:.0f} s"
            raise ProbeFailed(ProbeFailure(Cause.TIMEOUT, detail)) from None
        detail = "the jump host closed the connection"
        raise ProbeFailed(ProbeFailure(Cause.JUMP_HOST, detail)) from None


def at_jump_host(failure: ProbeFailure, endpoint: Endpoint) -> ProbeFailure:
    """Return what a failure at a jump host means for the cluster behind it."""
    of_jump_host = CAUSES[failure.cause].network or failure.cause in _OF_LOGIN
    cause = Cause.JUMP_HOST if of_jump_host else failure.cause
    remedy = failure.remedy or (CAUSES[failure.cause].remedy if failure.cause in _OF_LOGIN else "")
    return ProbeFailure(cause, f"jump host {endpoint.host}: {failure.detail}", remedy)


def _not_forwarded(code: int, jump: Session, endpoint: Endpoint) -> ProbeFailure:
    if code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
        detail = f"the jump host does not forward to {endpoint.host}:{endpoint.port}"
        return ProbeFailure(Cause.JUMP_HOST, detail)
    seen = jump.disconnect_reason.lower() if code == OPEN_FAILED_CONNECT_FAILED else ""
    cause = next((cause for pattern, cause in _CAUSES if re.search(pattern, seen)), Cause.JUMP_HOST)
    remedy = _NOT_CONNECTED if cause is Cause.JUMP_HOST else ""
    return ProbeFailure(
        cause, f"seen from the jump host: {jump.cleaned(jump.disconnect_reason).lower()}", remedy
    )
