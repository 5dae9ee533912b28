"""One SSH session: handshake, host key, login."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from cluster_status.adapters.ssh.auth import AuthClient, ServerText
from cluster_status.adapters.ssh.bounded_transport import BoundedTransport
from cluster_status.adapters.ssh.credential import LoadedCredentials
from cluster_status.adapters.ssh.login import Login, LoginRefused
from cluster_status.adapters.ssh.transport import ServerMessages
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
_WINDOW_BYTES = 262_144  # that a server may send ahead; paramiko's default is 2 MB
_CONNECT_FAILED = 2  # RFC 4254, 5.1
_REOPEN_SECONDS = 3.0
_FIRST_PAUSE_SECONDS = 0.01
_ANSWER_SECONDS = 1.0
_ABORT_SECONDS = 1.0  # after a deadline
_KEEPALIVE = "keepalive@openssh.com"  # as OpenSSH's client does: every server rejects unknown requests


class Session:
    """A session on a connected socket, or on a channel that acts as one. The session owns it."""

    def __init__(self, connection: socket.socket | paramiko.Channel, redaction: Redaction) -> None:
        self.transport = BoundedTransport(connection)
        self._redaction = redaction
        self._messages = ServerMessages(self.transport)
        self._auth: AuthClient | None = None
        self._had_channel = False
        self._is_unanswered = False  # the login ended without a response
        self.prompts_unanswered = False  # a prompt of the server got no answer

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

    @property
    def violation(self) -> str:
        """The limit that the server exceeded, which ended the session; empty if it did not."""
        return self.transport.packetizer.violation

    @contextmanager
    def aborted_after(
        self, deadline: Deadline, at_deadline: Callable[[], object] = lambda: None
    ) -> Iterator[None]:
        """End the session if the context takes longer than the deadline, after which it has a second.

        A server that reads nothing blocks each thread that sends to it. paramiko waits without limit.
        """
        is_over = threading.Event()

        def watch() -> None:
            if is_over.wait(deadline.left):
                return
            run_in_thread(at_deadline)
            if not is_over.wait(_ABORT_SECONDS):
                self._abort()

        run_in_thread(watch)
        try:
            yield
        finally:
            is_over.set()

    def answers(self, deadline: Deadline) -> bool:
        """Return whether the server still responds, within a second."""
        asking = run_in_thread(lambda: self.transport.global_request(_KEEPALIVE, wait=True))
        try:
            asking.result(deadline.part(_ANSWER_SECONDS).left)
        except Exception:  # noqa: BLE001 - a timeout, or what paramiko raises after malformed packets
            return False
        return self.is_open

    @property
    def disconnect_reason(self) -> str:
        """The reason that the server gave when it ended the session or refused a channel, as it sent it."""
        return self._messages.disconnect_reason

    @property
    def password_is_unanswered(self) -> bool:
        """Whether a password was sent, and the server did not respond to it."""
        return bool(self._auth and self._auth.offered == "password" and self._is_unanswered)

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

    def read_banner(self, deadline: Deadline) -> None:
        """Exchange the SSH banners, without a thread of the transport; raise ProbeFailed."""
        try:
            self.transport.exchange_banners(deadline)
        except IncompatiblePeer as error:
            raise ProbeFailed(self._incompatible(error)) from None
        except Exception as error:  # noqa: BLE001 - paramiko raises all kinds for malformed lines
            raise ProbeFailed(self._failed_handshake(error, deadline)) from None

    def shake_hands(self, key_types: tuple[str, ...], deadline: Deadline) -> HostKey:
        """Exchange keys and return the server's host key; negotiate `key_types` if any are given."""
        if key_types:
            self.transport.negotiate_only(key_types)
        try:
            self.transport.start_client(timeout=deadline.left)
            if self.transport.initial_kex_done:  # after a timeout start_client returns as well
                key = self.transport.get_remote_server_key()
                return HostKey(key.get_name(), key.asbytes())
        except IncompatiblePeer as error:
            raise ProbeFailed(self._incompatible(error)) from None
        except Exception as error:  # noqa: BLE001 - paramiko raises all kinds for malformed packets
            raise ProbeFailed(self._failed_handshake(error, deadline)) from None
        raise ProbeFailed(self._failed_handshake(TimeoutError(), deadline))

    def request_methods(self, user: str, deadline: Deadline) -> bool:
        """Ask which methods the server accepts; return whether it responded. This offers no credential."""
        self._auth = AuthClient(self.transport, user, deadline)
        try:
            with self.aborted_after(deadline):
                self._auth.request_methods()
        except (EOFError, OSError, paramiko.SSHException):
            return False  # the login raises it again
        return True

    def log_in(
        self, user: str, credentials: LoadedCredentials, deadline: Deadline, *, is_proven: bool = False
    ) -> None:
        """Offer the credentials, each one once; raise ProbeFailed if the login fails.

        The user is the one of `request_methods`, if that was called.
        `is_proven` means that the host key is verified, and that these credentials worked before.
        """
        self._auth = auth = self._auth or AuthClient(self.transport, user, deadline)
        auth.deadline = deadline
        try:
            with self.aborted_after(deadline):
                Login(auth, credentials, user, self._redaction).run()
        except LoginRefused as refused:
            self.prompts_unanswered = refused.prompts_unanswered
            raise ProbeFailed(self._refused_login(refused, auth, is_proven=is_proven)) from None
        except (EOFError, OSError, paramiko.SSHException):
            raise ProbeFailed(self._unanswered_login(auth, deadline, is_proven=is_proven)) from None

    def open_channel(self, deadline: Deadline) -> paramiko.Channel:
        """Open a channel; where one was open before, wait until the server has ended that one.

        With `MaxSessions 1`, sshd refuses a channel that it reads together with the end of the last one.
        """
        retrying = deadline.part(_REOPEN_SECONDS if self._had_channel else 0.0)
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                channel = self.transport.open_session(_WINDOW_BYTES, timeout=deadline.left)
            except paramiko.ChannelException as error:
                if error.code != _CONNECT_FAILED or retrying.passed:
                    raise
                time.sleep(min(pause, retrying.left))
                pause *= 2
            else:
                self._had_channel = True
                return channel

    def cleaned(self, text: object) -> str:
        """Return a text of the server, or an error that may quote it, ready to be shown."""
        return self._redaction.clean(str(text))

    def close(self) -> None:
        if isinstance(self.transport.sock, paramiko.Channel):
            with self.aborted_after(Deadline(0.0)):  # a channel of a jump host sends when it is closed
                self._close()
        else:
            self._close()

    def _close(self) -> None:
        self.transport.close()
        self.transport.sock.close()  # a transport that never became active leaves it open

    def _abort(self) -> None:
        """End the connection to the first server of the route before this session, which sends through it."""
        first: paramiko.Transport = self.transport
        while isinstance(first.sock, paramiko.Channel) and first.sock.transport:
            first = first.sock.transport
        first.close()
        self.transport.close()

    def _incompatible(self, error: IncompatiblePeer) -> ProbeFailure:
        mismatches = self.transport.mismatches()
        if not mismatches:  # such as the version of the protocol
            return ProbeFailure(Cause.INCOMPATIBLE_SSH, self.cleaned(error))
        detail = f"no {' and no '.join(mismatch.kind for mismatch in mismatches)} in common"
        return ProbeFailure(
            Cause.INCOMPATIBLE_SSH,
            detail,
            " ".join(mismatch.remedy(self._redaction) for mismatch in mismatches),
        )

    def _failed_handshake(self, error: Exception, deadline: Deadline) -> ProbeFailure:
        if deadline.passed:
            return ProbeFailure(Cause.TIMEOUT, f"{self._unfinished_step} within {deadline.seconds:.0f} s")
        if not self.reached:
            detail = "the server closed the connection before its SSH banner, or is not an SSH server"
            return ProbeFailure(Cause.DROPPED, quoted(detail, self.cleaned(self._messages.preamble)))
        closed = isinstance(error, EOFError | OSError) or self.transport.initial_kex_done
        if closed or self.disconnect_reason:
            detail = self._with_reason("the server closed the connection during the key exchange")
            return ProbeFailure(Cause.DROPPED, detail)
        return ProbeFailure(Cause.INCOMPATIBLE_SSH, self.cleaned(error))

    @property
    def _unfinished_step(self) -> str:
        if self.reached:
            return "the key exchange did not finish"
        if self.transport.packetizer.preamble_bytes:
            return "the server sent no SSH banner"
        return "the server accepted the connection, but sent nothing"

    def _refused_login(self, refused: LoginRefused, auth: AuthClient, *, is_proven: bool) -> ProbeFailure:
        texts = [self._server_text(after_offer=True), self.disconnect_reason]
        texts = texts if any(texts) else [self._server_text(after_offer=False)]
        detail = quoted(str(refused), *map(self.cleaned, texts))
        # PAM checks the account after the password, and sshd shows the reason as a round without prompts
        instructions = [one.text for one in auth.texts if one.is_instruction]
        closing = cause_of_closed_logins("\n".join(instructions)) if is_proven else None
        if closing is None:
            return ProbeFailure(Cause.LOGIN_REFUSED, detail, refused.remedy)
        self._is_unanswered = True
        return ProbeFailure(closing, detail)

    def _unanswered_login(self, auth: AuthClient, deadline: Deadline, *, is_proven: bool) -> ProbeFailure:
        if self.violation:
            self._is_unanswered = bool(auth.offered)
            return ProbeFailure(Cause.INCOMPATIBLE_SSH, self.violation)
        login = UnansweredLogin(
            offered=auth.offered,
            was_interactive=auth.was_interactive,
            is_silent=deadline.passed,
            seconds=deadline.seconds,
            text=self._server_text(after_offer=True),
            disconnect_reason=self.disconnect_reason,
            earlier_text=self._server_text(after_offer=False),
            is_proven=is_proven,
        )
        failure = diagnose_login(login, self._redaction)
        self._is_unanswered = failure.cause is not Cause.LOGIN_REFUSED
        return failure

    def _server_text(self, *, after_offer: bool) -> str:
        """Return the texts of the server: those after the first offer of a credential, or earlier.

        An instruction counts as one after the offer if nothing was offered, because it is a reply to the
        client, and also if its text is that no account can log in now.
        """
        texts = self._auth.texts if self._auth else []
        chosen = (one for one in texts if self._counts_after_offer(one) is after_offer)
        return " / ".join({clean(one.text): one.text.strip() for one in chosen}.values())

    def _counts_after_offer(self, text: ServerText) -> bool:
        closes_logins = not self.has_offered or cause_of_closed_logins(text.text) is not None
        return text.after_offer or (text.is_instruction and closes_logins)

    def _with_reason(self, detail: str) -> str:
        return quoted(detail, self.cleaned(self.disconnect_reason))
