"""A TCP proxy that injects one fault into the next connection, and forwards all others unchanged."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NamedTuple

_CHUNK = 16_384


class Kind(StrEnum):
    CUT = "cut"  # both sides get an end of file
    RESET = "reset"  # both sides get a RST
    STALL = "stall"  # nothing is forwarded any more, and nothing is closed
    FLIP = "flip"  # one bit changes


class Side(StrEnum):
    CLIENT = "client"
    SERVER = "server"


class Fault(NamedTuple):
    """It happens when `sender` has sent this many bytes."""

    kind: Kind
    sender: Side
    offset: int


class FaultProxy:
    """Forwards to one port on loopback. `sent` has the bytes of the latest connection, by sender."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._fault: Fault | None = None
        self._sockets: list[socket.socket] = []
        self.sent = dict.fromkeys(Side, 0)
        self.injected = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def inject(self, fault: Fault) -> None:
        """Inject a fault into the next connection."""
        self._fault, self.injected = fault, False

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [client, server]
            fault, self._fault = self._fault, None
            self.sent = sent = dict.fromkeys(Side, 0)
            for sender, source, sink in ((Side.CLIENT, client, server), (Side.SERVER, server, client)):
                own_fault = fault if fault and fault.sender is sender else None
                arguments = (sent, sender, source, sink, own_fault)
                threading.Thread(target=self._forward, args=arguments, daemon=True).start()

    def _forward(
        self,
        sent: dict[Side, int],
        sender: Side,
        source: socket.socket,
        sink: socket.socket,
        fault: Fault | None,
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                before = sent[sender]
                sent[sender] += len(chunk)
                if fault and before <= fault.offset < before + len(chunk):
                    self.injected = True
                    place = fault.offset - before
                    if fault.kind is not Kind.FLIP:
                        sink.sendall(chunk[:place])
                        self._break(fault.kind, source, sink)
                        return
                    chunk = chunk[:place] + bytes([chunk[place] ^ 0x10]) + chunk[place + 1 :]
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)

    def _break(self, kind: Kind, source: socket.socket, sink: socket.socket) -> None:
        if kind is Kind.STALL:
            return
        for each in (source, sink):
            if kind is Kind.RESET:
                linger = b"\x01\0\0\0\0\0\0\0"  # closing then sends a RST
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                each.close()
            else:
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def fault_proxy(port: int) -> Iterator[FaultProxy]:
    proxy = FaultProxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
