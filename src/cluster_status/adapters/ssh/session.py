"""One SSH session: handshake, host key, password."""

import logging
import socket
from typing import cast

import paramiko
from paramiko.packet import Packetizer
from paramiko.ssh_exception import IncompatiblePeer

from cluster_status.adapters.ssh.stop import Deadline, Stopped
from cluster_status.domain.cause import Cause
from cluster_status.domain.host_key import HostKey
from cluster_status.domain.secret import Secret
from cluster_status.domain.text import clean

# What a server may make us keep: paramiko has no limits of its own. OpenSSH's for a packet is the same.
_PACKET_LIMIT = 262_144
_PREAMBLE_LIMIT = 65_536  # bytes of text ahead of the SSH banner

_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # what a key of type ssh-rsa is asked for as: SHA-1 is out of use


class Session:
    """A session on a connected socket, which it owns from here on."""

    def __init__(self, connection: socket.socket) -> None:
        self.transport = paramiko.Transport(connection, packetizer_class=_Packetizer)
        self._packetizer = cast("_Packetizer", self.transport.packetizer)
        self._farewell = _Farewell(self.transport)

    @property
    def reached(self) -> bool:
        """The server's SSH banner was read."""
        return bool(self.transport.remote_version)

    @property
    def is_open(self) -> bool:
        return self.transport.is_active()

    @property
    def has_offered(self) -> bool:
        """A credential was sent, or is just being sent."""
        return self._farewell.login_begun

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
            raise Stopped(Cause.INCOMPATIBLE_SSH, clean(str(error))) from None
        except Exception as error:  # noqa: BLE001 - of what a server makes up, paramiko raises all kinds
            raise self._broken_handshake(error, deadline) from None
        raise self._broken_handshake(TimeoutError(), deadline)

    def log_in(self, user: str, password: Secret, deadline: Deadline) -> None:
        """Offer the password, once."""
        self.transport.auth_timeout = deadline.seconds
        try:
            missing = self.transport.auth_password(user, password.reveal(), fallback=False)
        except paramiko.BadAuthenticationType as error:
            methods = clean(", ".join(error.allowed_types))
            what = f"it takes no password, only: {methods}" if methods else "the password was refused"
            raise Stopped(Cause.LOGIN_REFUSED, what) from None
        except Exception:  # noqa: BLE001 - as above
            raise self._failed_login(deadline) from None
        if missing:
            methods = clean(", ".join(missing))
            raise Stopped(Cause.LOGIN_REFUSED, f"the password alone will not do, it also wants: {methods}")

    def close(self) -> None:
        self._farewell.close()
        self.transport.close()
        self.transport.sock.close()  # which a transport that never became active leaves open

    def _ask_for(self, key_types: tuple[str, ...]) -> None:
        wanted = {name for kind in key_types for name in (_RSA if kind == "ssh-rsa" else (kind,))}
        if wanted:
            options = self.transport.get_security_options()
            options.key_types = tuple(name for name in options.key_types if name in wanted)
            if not options.key_types:
                raise Stopped(
                    Cause.INCOMPATIBLE_SSH, f"host keys of type {', '.join(key_types)} are not supported"
                )

    def _broken_handshake(self, error: Exception, deadline: Deadline) -> Stopped:
        if deadline.passed:
            return Stopped(Cause.TIMEOUT, f"{self._unfinished} within {deadline.seconds:.0f} s")
        if not self.reached:
            what = "it hung up, or does not speak SSH, before its SSH banner"
            return Stopped(Cause.DROPPED, f"{what}: {self._farewell.preamble}".rstrip(": "))
        hung_up = isinstance(error, EOFError | OSError) or self.transport.initial_kex_done
        if hung_up or self._farewell.words:
            return Stopped(
                Cause.DROPPED, f"it hung up during the key exchange: {self._farewell}".rstrip(": ")
            )
        return Stopped(Cause.INCOMPATIBLE_SSH, clean(str(error)))

    @property
    def _unfinished(self) -> str:
        if self.reached:
            return "the key exchange did not end"
        silent = not self._packetizer.preamble_bytes
        return "it accepts connections and says nothing" if silent else "it has shown no SSH banner"

    def _failed_login(self, deadline: Deadline) -> Stopped:
        if deadline.passed:
            return Stopped(Cause.TIMEOUT, f"no answer to the login within {deadline.seconds:.0f} s")
        if self.transport.is_active() or self._farewell.words:
            return Stopped(Cause.LOGIN_REFUSED, f"the password was refused: {self._farewell}".rstrip(": "))
        if not self.has_offered:
            return Stopped(Cause.DROPPED, "it hung up before the login")
        # some servers answer a wrong password so: to offer it again could lock the account
        return Stopped(Cause.LOGIN_REFUSED, "it hung up when it got the password")


class _Packetizer(Packetizer):
    """Has bounds to what it keeps, and no limit of its own to the time of the handshake.

    The deadline is one, and paramiko's 15 s could come first.
    """

    preamble_bytes = 0

    def start_handshake(self, timeout: float) -> None:
        """Start no timer, which nobody would stop if the handshake fails."""

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:  # noqa: FBT001, FBT002 - as paramiko has it
        if n > _PACKET_LIMIT:
            raise paramiko.SSHException(f"it announced a packet of {n} bytes")
        return super().read_all(n, check_rekey)

    def _read_timeout(self, timeout: float) -> bytes:
        """Read on, for a line ahead of the keys; which paramiko would wait for as long as more comes."""
        read: bytes = super()._read_timeout(timeout)  # type: ignore[misc]
        self.preamble_bytes += len(read)
        if self.preamble_bytes > _PREAMBLE_LIMIT:
            raise paramiko.SSHException("too much text, and no SSH banner")
        return read


class _Farewell(logging.Handler):
    """Catches what paramiko only logs: a server's first and last words, and that a login begins."""

    def __init__(self, transport: paramiko.Transport) -> None:
        super().__init__(logging.DEBUG)
        self.preamble = ""
        self.words = ""
        self.login_begun = False
        self._logger = logging.getLogger(transport.get_log_channel())
        self._logger.setLevel(logging.DEBUG)
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Banner: "):
            self.preamble = self.preamble or clean(message.partition(": ")[2])
        if message == "userauth is OK":  # the server is ready for it, and the credential is the next to leave
            self.login_begun = True
        if message.startswith("Disconnect ("):
            self.words = clean(message.partition(": ")[2]) or "no reason given"

    def close(self) -> None:
        self._logger.removeHandler(self)
        super().close()

    def __str__(self) -> str:
        return self.words
