"""One SSH session: handshake, host key, login."""

import socket
from typing import cast

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from cluster_status.adapters.ssh.auth import AuthClient
from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.adapters.ssh.login import Login, Refused
from cluster_status.adapters.ssh.transport import BoundedPacketizer, Words
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.text import clean

_MOMENT_SECONDS = 0.2
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # what a key of type ssh-rsa is asked for as: SHA-1 is out of use


class Session:
    """A session on a connected socket, or on a channel like one, which it owns from here on."""

    def __init__(self, connection: socket.socket | paramiko.Channel, name: str = "cluster") -> None:
        self.transport = paramiko.Transport(connection, packetizer_class=BoundedPacketizer)
        self.transport.set_log_channel(f"paramiko.{name}")  # what another session is told is not for this one
        self._packetizer = cast("BoundedPacketizer", self.transport.packetizer)
        self._words = Words(self.transport)
        self._talk: AuthClient | None = None

    @property
    def reached(self) -> bool:
        """The server's SSH banner was read."""
        return bool(self.transport.remote_version)

    @property
    def is_open(self) -> bool:
        return self.transport.is_active()

    def is_lost(self) -> bool:
        """Tell whether it has ended, also where that is just being found out."""
        if self.transport.is_alive():
            self.transport.join(_MOMENT_SECONDS)
        return not self.is_open

    @property
    def disconnect_reason(self) -> str:
        """What the server said when it ended the session or refused a channel, cleaned."""
        return self._words.last

    @property
    def has_offered(self) -> bool:
        """A credential was sent, or is just being sent."""
        return bool(self._talk and self._talk.offered)

    def shake_hands(self, key_types: tuple[str, ...], deadline: Deadline) -> HostKey:
        """Agree on keys and return the server's host key; ask for `key_types` if any are given."""
        self._ask_for(key_types)
        self.transport.banner_timeout = deadline.seconds
        try:
            self.transport.start_client(timeout=deadline.seconds)
            if self.transport.initial_kex_done:  # start_client just returns when its time is over
                key = self.transport.get_remote_server_key()
                return HostKey(key.get_name(), key.asbytes())
        except IncompatiblePeer as error:
            raise ProbeFailed(Cause.INCOMPATIBLE_SSH, clean(str(error))) from None
        except Exception as error:  # noqa: BLE001 - of what a server makes up, paramiko raises all kinds
            raise self._broken_handshake(error, deadline) from None
        raise self._broken_handshake(TimeoutError(), deadline)

    def log_in(self, user: str, key: paramiko.PKey | None, password: Secret, deadline: Deadline) -> None:
        """Offer what is given, each credential once."""
        self._talk = AuthClient(self.transport, user, deadline)
        try:
            Login(self._talk, key, password).proceed()
        except Refused as refused:
            raise ProbeFailed(Cause.LOGIN_REFUSED, self._with_reason(str(refused))) from None
        except (EOFError, OSError, paramiko.SSHException):
            raise self._failed_login(self._talk, deadline) from None

    def close(self) -> None:
        self._words.close()
        self.transport.close()
        self.transport.sock.close()  # which a transport that never became active leaves open

    def _ask_for(self, key_types: tuple[str, ...]) -> None:
        wanted = {name for kind in key_types for name in (_RSA if kind == "ssh-rsa" else (kind,))}
        if wanted:
            options = self.transport.get_security_options()
            options.key_types = tuple(name for name in options.key_types if name in wanted)
            if not options.key_types:
                raise ProbeFailed(
                    Cause.INCOMPATIBLE_SSH, f"host keys of type {', '.join(key_types)} are not supported"
                )

    def _broken_handshake(self, error: Exception, deadline: Deadline) -> ProbeFailed:
        if deadline.passed:
            return ProbeFailed(Cause.TIMEOUT, f"{self._unfinished} within {deadline.seconds:.0f} s")
        if not self.reached:
            what = "it hung up, or does not speak SSH, before its SSH banner"
            return ProbeFailed(Cause.DROPPED, f"{what}: {self._words.first}".rstrip(": "))
        hung_up = isinstance(error, EOFError | OSError) or self.transport.initial_kex_done
        if hung_up or self._words.last:
            return ProbeFailed(Cause.DROPPED, self._with_reason("it hung up during the key exchange"))
        return ProbeFailed(Cause.INCOMPATIBLE_SSH, clean(str(error)))

    @property
    def _unfinished(self) -> str:
        if self.reached:
            return "the key exchange did not end"
        silent = not self._packetizer.preamble_bytes
        return "it accepts connections and says nothing" if silent else "it has shown no SSH banner"

    def _failed_login(self, talk: AuthClient, deadline: Deadline) -> ProbeFailed:
        if deadline.passed:
            return ProbeFailed(Cause.TIMEOUT, f"no answer to the login within {deadline.seconds:.0f} s")
        if not talk.offered:
            return ProbeFailed(Cause.DROPPED, self._with_reason("it hung up before the login"))
        if self._words.last:
            return ProbeFailed(Cause.LOGIN_REFUSED, self._with_reason(f"the {talk.offered} was refused"))
        # some servers answer a wrong password so: to offer it again could lock the account
        return ProbeFailed(Cause.LOGIN_REFUSED, f"it hung up when it got the {talk.offered}")

    def _with_reason(self, what: str) -> str:
        return f"{what}: {self._words.last}" if self._words.last else what
