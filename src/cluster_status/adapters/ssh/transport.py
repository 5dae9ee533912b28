"""The line to a server as paramiko has it: with bounds to what is kept of it, and what paramiko only logs."""

import logging
import re

import paramiko
from paramiko.packet import Packetizer

from cluster_status.domain.text import clean

# What a server may make us keep: paramiko has no limits of its own. OpenSSH's for a packet is the same.
_PACKET_LIMIT = 262_144
_PREAMBLE_LIMIT = 65_536  # bytes of text ahead of the SSH banner

_FIRST_WORDS = re.compile("Banner: (.*)", re.DOTALL)  # text ahead of the SSH banner
_LAST_WORDS = re.compile(r"Disconnect \(code \d+\): (.*)|Secsh channel \d+ open FAILED: (.*): .*", re.DOTALL)


class BoundedPacketizer(Packetizer):
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


class Words(logging.Handler):
    """A server's first words, ahead of its banner, and its last: of a session, or of a channel it refused."""

    def __init__(self, transport: paramiko.Transport) -> None:
        super().__init__(logging.DEBUG)
        self.first = ""
        self.last = ""
        self._logger = logging.getLogger(transport.get_log_channel())
        self._logger.setLevel(logging.DEBUG)
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if found := _FIRST_WORDS.match(message):
            self.first = self.first or clean(found[1])
        if found := _LAST_WORDS.match(message):
            self.last = clean(found[1] or found[2] or "") or "no reason given"

    def close(self) -> None:
        self._logger.removeHandler(self)
        super().close()
