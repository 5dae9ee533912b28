"""Additions to paramiko's transport: limits on what is kept, and the texts that paramiko only logs."""

import logging
import re

import paramiko
from paramiko.packet import Packetizer

from cluster_status.domain.redaction import Redaction

# paramiko itself has no limits. That of OpenSSH for a packet is the same.
_PACKET_LIMIT = 262_144
_PREAMBLE_LIMIT = 65_536  # bytes of text before the SSH banner

_PREAMBLE = re.compile("Banner: (.*)", re.DOTALL)
_DISCONNECT = re.compile(r"Disconnect \(code \d+\): (.*)|Secsh channel \d+ open FAILED: (.*): .*", re.DOTALL)


class BoundedPacketizer(Packetizer):
    """Limits what is read, and has no timer for the handshake.

    paramiko's timer ends after 15 s, which may be before the deadline.
    """

    preamble_bytes = 0

    def start_handshake(self, timeout: float) -> None:
        """Start no timer: paramiko does not stop it if the handshake fails."""

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:  # noqa: FBT001, FBT002 - paramiko's signature
        if n > _PACKET_LIMIT:
            raise paramiko.SSHException(f"the server announced a packet of {n} bytes")
        return super().read_all(n, check_rekey)

    def _read_timeout(self, timeout: float) -> bytes:
        """Read text before the key exchange. paramiko would read it without limit."""
        read: bytes = super()._read_timeout(timeout)  # type: ignore[misc]
        self.preamble_bytes += len(read)
        if self.preamble_bytes > _PREAMBLE_LIMIT:
            raise paramiko.SSHException("too much text before the SSH banner")
        return read


class ServerMessages(logging.Handler):
    """Texts of one server that paramiko only logs, cleaned.

    The logger is not registered in `logging`. So sessions do not share it, and it ends with its session.
    """

    def __init__(self, transport: paramiko.Transport, redaction: Redaction) -> None:
        super().__init__(logging.DEBUG)
        self._redaction = redaction
        self.preamble = ""  # the first line before the SSH banner
        self.disconnect_reason = ""  # why the server ended the session or refused a channel
        logger = logging.Logger("paramiko.session", logging.DEBUG)  # noqa: LOG001 - see above
        logger.addHandler(self)
        transport.logger = logger
        transport.packetizer.set_log(logger)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if found := _PREAMBLE.match(message):
            self.preamble = self.preamble or self._redaction.clean(found[1])
        if found := _DISCONNECT.match(message):
            self.disconnect_reason = self._redaction.clean(found[1] or found[2] or "") or "no reason given"
