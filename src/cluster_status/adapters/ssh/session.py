"""One SSH session: handshake, host key, login."""

import socket
from typing import cast

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from cluster_status.adapters.ssh.auth import AuthClient
from cluster_status.adapters.ssh.credential import LoadedCredentials
from cluster_status.adapters.ssh.login import Login, LoginRefused
from cluster_status.adapters.ssh.transport import BoundedPacketizer, ServerMessages
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.domain.status.unanswered_login import (
    UnansweredLogin,
    cause_of_closed_logins,
    diagnose_login,
    quoted,
)
from cluster_status.domain.text import clean
from cluster_status.threads import run_in_thread

_GRACE_SECONDS = 0.2
_ANSWER_SECONDS = 1.0
_KEEPALIVE = "keepalive@openssh.com"  # as OpenSSH's client: every server has to reject unknown requests
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # the algorithms for a key of type ssh-rsa, without SHA-1


class Session:
    """A session on a connected socket, or on a channel that acts as one. The session owns it."""

    def __init__(self, connection: socket.socket | paramiko.Channel, redaction: Redaction) -> None:
        self.transport = paramiko.Transport(connection, packetizer_class=BoundedPacketizer)
        self._packetizer = cast("BoundedPacketizer", self.transport.packetizer)
        self._redaction = redaction
        self._messages = ServerMessages(self.transport, redaction)
        self._auth: AuthClient | None = None
        self._is_unanswered = False  # the login ended without a reply
        self.prompts_unanswered = False  # the server asked for something that it did not get

    @property
    def reached(self) -> bool:
        """Whether the server's SSH banner was read."""
        return bool(self.transport.remote_version)

    @property
    def is_logged_in(self) -> bool:
        """Whether the login was accepted, and the session is still open."""
        return self.transport.is_authenticated()

    @property
    def is_open(self) -> bool:
        return self.transport.is_active()

    def is_lost(self) -> bool:
        """Return whether the session has ended, or is just ending."""
        if self.transport.is_alive():
            self.transport.join(_GRACE_SECONDS)
        return not self.is_open

    def answers(self, deadline: Deadline) -> bool:
        """Return whether the server still answers, within a moment."""
        asking = run_in_thread(lambda: self.transport.global_request(_KEEPALIVE, wait=True))
        try:
            asking.result(deadline.part(_ANSWER_SECONDS).left)
        except Exception:  # noqa: BLE001 - a timeout, or what paramiko raises after malformed packets
            return False
        return self.is_open

    @property
    def disconnect_reason(self) -> str:
        """What the server said when it ended the session or refused a channel, cleaned."""
        return self._messages.disconnect_reason

    @property
    def password_is_unanswered(self) -> bool:
        """Whether a password was sent, and the server did not reply to it."""
        return bool(self._auth and self._auth.offered == "password" and self._is_unanswered)

    @property
    def has_offered(self) -> bool:
        """Whether a credential was sent, or is just being sent."""
        return bool(self._auth and self._auth.offered)

    def shake_hands(self, key_types: tuple[str, ...], deadline: Deadline) -> HostKey:
        """Exchange keys and return the server's host key; negotiate `key_types` if any are given."""
        self._restrict_key_types(key_types)
        self.transport.banner_timeout = deadline.seconds
        try:
            self.transport.start_client(timeout=deadline.seconds)
            if self.transport.initial_kex_done:  # after a timeout start_client returns as well
                key = self.transport.get_remote_server_key()
                return HostKey(key.get_name(), key.asbytes())
        except IncompatiblePeer as error:
            raise ProbeFailed(ProbeFailure(Cause.INCOMPATIBLE_SSH, clean(str(error)))) from None
        except Exception as error:  # noqa: BLE001 - paramiko raises all kinds for malformed packets
            raise ProbeFailed(self._failed_handshake(error, deadline)) from None
        raise ProbeFailed(self._failed_handshake(TimeoutError(), deadline))

    def log_in(
        self, user: str, credentials: LoadedCredentials, deadline: Deadline, *, is_proven: bool = False
    ) -> None:
        """Offer the credentials, each one once; raise ProbeFailed if the login fails.

        `is_proven` says that the host key is verified, and that these credentials worked before.
        """
        self._auth = auth = AuthClient(self.transport, user, deadline)
        try:
            Login(auth, credentials, user, self._redaction).run()
        except LoginRefused as refused:
            self.prompts_unanswered = refused.prompts_unanswered
            raise ProbeFailed(self._refused_login(refused, auth, is_proven=is_proven)) from None
        except (EOFError, OSError, paramiko.SSHException):
            raise ProbeFailed(self._unanswered_login(auth, deadline, is_proven=is_proven)) from None

    def close(self) -> None:
        self._messages.close()
        self.transport.close()
        self.transport.sock.close()  # a transport that never became active leaves it open

    def _restrict_key_types(self, key_types: tuple[str, ...]) -> None:
        wanted = {name for kind in key_types for name in (_RSA if kind == "ssh-rsa" else (kind,))}
        if not wanted:
            return
        options = self.transport.get_security_options()
        options.key_types = tuple(name for name in options.key_types if name in wanted)
        if not options.key_types:
            detail = f"host keys of type {', '.join(key_types)} are not supported"
            raise ProbeFailed(ProbeFailure(Cause.INCOMPATIBLE_SSH, detail))

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
        if self._packetizer.preamble_bytes:
            return "the server sent no SSH banner"
        return "the server accepted the connection, but sent nothing"

    def _refused_login(self, refused: LoginRefused, auth: AuthClient, *, is_proven: bool) -> ProbeFailure:
        texts = [self._said(after_offer=True), self.disconnect_reason]
        detail = quoted(str(refused), *(texts if any(texts) else [self._said(after_offer=False)]))
        # PAM checks the account after the password, and sshd shows the reason as a round without prompts
        instructions = [one.text for one in auth.texts if one.is_instruction]
        closing = cause_of_closed_logins("\n".join(instructions)) if is_proven else None
        if closing is None:
            return ProbeFailure(Cause.LOGIN_REFUSED, detail, refused.remedy)
        self._is_unanswered = True
        return ProbeFailure(closing, detail)

    def _unanswered_login(self, auth: AuthClient, deadline: Deadline, *, is_proven: bool) -> ProbeFailure:
        login = UnansweredLogin(
            offered=auth.offered,
            was_interactive=auth.was_interactive,
            is_silent=deadline.passed,
            seconds=deadline.seconds,
            text=self._said(after_offer=True),
            disconnect_reason=self.disconnect_reason,
            earlier_text=self._said(after_offer=False),
            is_proven=is_proven,
        )
        failure = diagnose_login(login)
        self._is_unanswered = failure.cause is not Cause.LOGIN_REFUSED
        return failure

    def _said(self, *, after_offer: bool) -> str:
        """Return the texts of the server, cleaned: those after the first offer of a credential, or earlier.

        An instruction counts as one after the offer, because it is a reply to the client.
        """
        texts = self._auth.texts if self._auth else []
        chosen = (one for one in texts if (one.after_offer or one.is_instruction) is after_offer)
        said = (self._redaction.clean(one.text) for one in chosen)
        return self._redaction.clean(" / ".join(dict.fromkeys(said)))

    def _with_reason(self, detail: str) -> str:
        return quoted(detail, self.disconnect_reason)
