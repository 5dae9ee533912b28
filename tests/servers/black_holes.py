"""Hosts that never answer: some accept connections and send nothing, others drop each packet."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

_FILL_SECONDS = 0.2  # loopback answers at once


class MuteHost:
    """Accepts each connection and sends nothing."""

    def __init__(self, host: str) -> None:
        self._listener = socket.create_server((host, 0), backlog=1024)
        self._accepted: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends the wait in accept
        self._listener.close()
        self._accepting.join()
        for connection in self._accepted:
            connection.close()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def has_accepted(self) -> bool:
        """Whether it has accepted any connection."""
        return bool(self._accepted)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._accepted.append(self._listener.accept()[0])


class DroppingHost:
    """Drops each packet of a new connection: its queue of connections is full, and nothing empties it."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._listener = socket.create_server((host, 0), backlog=0)
        self._queued: list[socket.socket] = []

    def __enter__(self) -> Self:
        while True:
            client = socket.socket()
            client.settimeout(_FILL_SECONDS)
            self._queued.append(client)
            try:
                client.connect((self._host, self.port))
            except TimeoutError:
                return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._queued:
            client.close()
        self._listener.close()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port
