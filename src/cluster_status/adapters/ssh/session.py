"""One SSH session: handshake, host key, login."""

import socket
import time

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from cluster_status.adapters.ssh.algorithms import ClientTransport
from cluster_status.adapters.ssh.auth import AuthClient
from cluster_status.adapters.ssh.credential import LoadedCredentials
from cluster_status.adapters.ssh.login import Login, LoginRefused
from cluster_status.adapters.ssh.transport import ServerMessages
from cluster_status.deadline import Deadline
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.domain.text import clean

_GRACE_SECONDS = 0.2
_CONNECT_FAILED = 2  # RFC 4254, 5.1
_REOPEN_SECONDS = 3.0
_FIRST_PAUSE_SECONDS = 0.01


class Session:
    """A session on a connected socket, or on a channel that acts as one. The session owns it."""

    def __init__(self, connection: socket.socket | paramiko.Channel) -> None:
        self.transport = ClientTransport(connection)
        self._messages = ServerMessages(self.transport)
        self._auth: AuthClient | None = None
        self._had_channel = False

    @property
    def reached(self) -> bool:
        """Whether the server's SSH banner was read."""
        return bool(self.transport.remote_version)

    @property
    def is_open(self) -> bool:
        return self.transport.is_active()

    def is_lost(self) -> bool:
        """Return whether the session has ended, or is just ending."""
        if self.transport.is_alive():
            self.transport.join(_GRACE_SECONDS)
        return not self.is_open

    @property
    def disconnect_reason(self) -> str:
        """What the server said when it ended the session or refused a channel, cleaned."""
        return self._messages.disconnect_reason

    @property
    def has_offered(self) -> bool:
        """Whether a credential was sent, or is just being sent."""
        return bool(self._auth and self._auth.offered)

    @property
    def lacks_host_key(self) -> bool:
        """Whether the server offered no host key of the types that were to be negotiated."""
        return self.transport.lacks_host_key

    def has_host_key(self, key_type: str) -> bool:
        """Return whether the server offered to show a key of this type."""
        return self.transport.server_has(key_type)

    def shake_hands(self, key_types: tuple[str, ...], deadline: Deadline) -> HostKey:
        """Exchange keys and return the server's host key; negotiate `key_types` if any are given."""
        if key_types:
            self.transport.negotiate_only(key_types)
        self.transport.banner_timeout = deadline.seconds
        try:
            self.transport.start_client(timeout=deadline.seconds)
            if self.transport.initial_kex_done:  # after a timeout start_client returns as well
                key = self.transport.get_remote_server_key()
                return HostKey(key.get_name(), key.asbytes())
        except IncompatiblePeer as error:
            raise ProbeFailed(self._incompatible(error)) from None
        except Exception as error:  # noqa: BLE001 - paramiko raises all kinds for malformed packets
            raise ProbeFailed(self._failed_handshake(error, deadline)) from None
        raise ProbeFailed(self._failed_handshake(TimeoutError(), deadline))

    def log_in(self, user: str, credentials: LoadedCredentials, deadline: Deadline) -> None:
        """Offer the credentials, each one once; raise ProbeFailed if the login fails."""
        self._auth = AuthClient(self.transport, user, deadline)
        try:
            Login(self._auth, credentials).run()
        except LoginRefused as refused:
            detail = self._with_reason(str(refused))
            raise ProbeFailed(ProbeFailure(Cause.LOGIN_REFUSED, detail)) from None
        except (EOFError, OSError, paramiko.SSHException):
            raise ProbeFailed(self._unanswered_login(self._auth.offered, deadline)) from None

    def open_channel(self, deadline: Deadline) -> paramiko.Channel:
        """Open a channel; where one was open before, wait until the server has ended that one.

        With `MaxSessions 1`, sshd refuses a channel that it reads together with the end of the last one.
        """
        retrying = deadline.part(_REOPEN_SECONDS if self._had_channel else 0.0)
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                channel = self.transport.open_session(timeout=deadline.left)
            except paramiko.ChannelException as error:
                if error.code != _CONNECT_FAILED or retrying.passed:
                    raise
                time.sleep(min(pause, retrying.left))
                pause *= 2
            else:
                self._had_channel = True
                return channel

    def close(self) -> None:
        self._messages.close()
        self.transport.close()
        self.transport.sock.close()  # a transport that never became active leaves it open

    def _incompatible(self, error: IncompatiblePeer) -> ProbeFailure:
        mismatches = self.transport.mismatches()
        if not mismatches:  # such as the version of the protocol
            return ProbeFailure(Cause.INCOMPATIBLE_SSH, clean(str(error)))
        detail = f"no {' and no '.join(mismatch.kind for mismatch in mismatches)} in common"
        return ProbeFailure(
            Cause.INCOMPATIBLE_SSH, detail, " ".join(mismatch.remedy for mismatch in mismatches)
        )

    def _failed_handshake(self, error: Exception, deadline: Deadline) -> ProbeFailure:
        if deadline.passed:
            return ProbeFailure(Cause.TIMEOUT, f"{self._unfinished_step} within {deadline.seconds:.0f} s")
        if not self.reached:
            detail = "the server closed the connection before its SSH banner, or is not an SSH server"
            return ProbeFailure(Cause.DROPPED, f"{detail}: {self._messages.preamble}".rstrip(": "))
        closed = isinstance(error, EOFError | OSError) or self.transport.initial_kex_done
        if closed or self.disconnect_reason:
            detail = self._with_reason("the server closed the connection during the key exchange")
            return ProbeFailure(Cause.DROPPED, detail)
        return ProbeFailure(Cause.INCOMPATIBLE_SSH, clean(str(error)))

    @property
    def _unfinished_step(self) -> str:
        if self.reached:
            return "the key exchange did not finish"
        if self.transport.packetizer.preamble_bytes:
            return "the server sent no SSH banner"
        return "the server accepted the connection, but sent nothing"

    def _unanswered_login(self, offered: str, deadline: Deadline) -> ProbeFailure:
        if deadline.passed:
            return ProbeFailure(Cause.TIMEOUT, f"no answer to the login within {deadline.seconds:.0f} s")
        if not offered:
            detail = self._with_reason("the server closed the connection before the login")
            return ProbeFailure(Cause.DROPPED, detail)
        if self.disconnect_reason:
            detail = self._with_reason(f"the {offered} was refused")
            return ProbeFailure(Cause.LOGIN_REFUSED, detail)
        # Some servers answer a wrong password like this. Offering it again could lock the account.
        detail = f"the server closed the connection when it got the {offered}"
        return ProbeFailure(Cause.LOGIN_REFUSED, detail)

    def _with_reason(self, detail: str) -> str:
        return f"{detail}: {self.disconnect_reason}" if self.disconnect_reason else detail
