"""paramiko's packetizer with limits on its input, and with the cipher ChaCha20-Poly1305."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any, NoReturn

import paramiko
from paramiko.packet import Packetizer

from cluster_status.adapters.ssh.chacha20_poly1305 import ChaCha20Poly1305
from cluster_status.deadline import Deadline

# paramiko has no limits. OpenSSH has the same limit for a packet.
_PACKET_LIMIT = 262_144
# Of RFC 4253, 6.1. paramiko takes seconds to parse the large numbers of a longer packet of the key exchange.
_FIRST_PACKET_LIMIT = 35_000
_SESSION_LIMIT = 32_000_000  # bytes; the commands of a poll may print half of it
_PREAMBLE_LIMIT = 65_536  # bytes of text before the SSH banner
_QUICK_ACKNOWLEDGEMENT: int | None = getattr(socket, "TCP_QUICKACK", None)  # only on Linux


class BoundedPacketizer(Packetizer):
    """Limits what is read, and has no timer for the handshake.

    paramiko's timer ends after 15 s, which may be before the deadline. For ChaCha20-Poly1305 it counts the
    packets, because their sequence numbers are private to paramiko.
    """

    preamble_bytes = 0
    violation = ""  # why the session was ended, if the server exceeded a limit

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._connection = connection
        self._deadline: Deadline | None = None  # of the exchange of banners
        self._is_banner_sent = False
        self._sent = 0  # packets since the sequence number was last 0
        self._received = 0
        self._received_bytes = 0  # on the wire, in the whole session
        self._outbound: ChaCha20Poly1305 | None = None
        self._inbound: ChaCha20Poly1305 | None = None

    def start_handshake(self, timeout: float) -> None:
        """Start no timer: paramiko does not stop it if the handshake fails."""

    @contextlib.contextmanager
    def exchanging_banners(self, deadline: Deadline) -> Iterator[None]:
        """Exchange them in this context, so that a thread of the transport sends none when it starts."""
        self._deadline = deadline
        yield
        self._deadline, self._is_banner_sent = None, True

    def write_all(self, out: Any) -> None:
        if self._is_banner_sent:
            self._is_banner_sent = False
            return
        super().write_all(out)

    def refuse(self, violation: str) -> NoReturn:
        """End the session. Only for the thread of the transport, which handles what the server sends."""
        self.violation = violation
        raise paramiko.SSHException(violation)

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:  # noqa: FBT001, FBT002 - paramiko's signature
        if n > (_PACKET_LIMIT if self._initial_kex_done else _FIRST_PACKET_LIMIT):  # type: ignore[attr-defined]
            # no violation: one damaged bit makes a packet as long, and another connection works
            raise paramiko.SSHException(f"the server announced a packet of {n} bytes")
        self._received_bytes += n
        if self._received_bytes > _SESSION_LIMIT:
            self.refuse(f"the server sent more than {_SESSION_LIMIT} bytes")
        self._acknowledge_at_once()
        read = super().read_all(n, check_rekey)
        begins_packet = check_rekey
        if begins_packet and self._inbound:
            self._inbound.sequence_number = self._received
            return self._inbound.xor_length(read[:4]) + read[4:]
        return read

    def read_message(self) -> tuple[int, paramiko.Message]:
        message = super().read_message()
        self._received += 1
        return message

    def set_outbound_cipher(self, block_engine: Any, *arguments: Any, **options: Any) -> None:
        self._outbound = block_engine if isinstance(block_engine, ChaCha20Poly1305) else None
        super().set_outbound_cipher(block_engine, *arguments, **options)

    def set_inbound_cipher(self, block_engine: Any, *arguments: Any, **options: Any) -> None:
        self._inbound = block_engine if isinstance(block_engine, ChaCha20Poly1305) else None
        super().set_inbound_cipher(block_engine, *arguments, **options)

    def reset_seqno_out(self) -> None:
        self._sent = 0
        super().reset_seqno_out()

    def reset_seqno_in(self) -> None:
        self._received = 0
        super().reset_seqno_in()

    def _acknowledge_at_once(self) -> None:
        """Save the 40 ms by which Linux delays an acknowledgement, for which sshd waits with its next packet.

        The kernel resets the option, so that it is set before each read.
        """
        if isinstance(self._connection, socket.socket) and _QUICK_ACKNOWLEDGEMENT is not None:
            with contextlib.suppress(OSError):  # closed, or no TCP
                self._connection.setsockopt(socket.IPPROTO_TCP, _QUICK_ACKNOWLEDGEMENT, 1)

    def _build_packet(self, payload: bytes) -> bytes:
        """Encrypt the length at once. paramiko calls this once a packet, in order, and encrypts the rest."""
        packet: bytes = super()._build_packet(payload)  # type: ignore[misc]
        if self._outbound:
            self._outbound.sequence_number = self._sent
            packet = self._outbound.xor_length(packet[:4]) + packet[4:]
        self._sent += 1
        return packet

    def _read_timeout(self, timeout: float) -> bytes:
        """Read text before the key exchange. paramiko would read it without limit."""
        if self._deadline:
            timeout = self._deadline.left  # paramiko allows two seconds for each line after the first one
            self._connection.settimeout(max(timeout, 0.001))
        read: bytes = super()._read_timeout(timeout)  # type: ignore[misc]
        self.preamble_bytes += len(read)
        if self.preamble_bytes > _PREAMBLE_LIMIT:
            raise paramiko.SSHException("too much text before the SSH banner")
        return read
