"""The demo cluster, which can be stopped and started at the same address."""

import secrets
import socket
from types import TracebackType
from typing import Self

import paramiko

from demo.ssh_server import HOST, Account, SshServer


class DemoCluster:
    """Runs within its context; `stop` and `start` simulate an outage and a recovery.

    Each cluster has a new port, host key and account, which stay the same over restarts.
    """

    host = HOST

    def __init__(self) -> None:
        self._account = Account(f"demo{secrets.randbelow(1000)}", secrets.token_urlsafe(16))
        self._key = paramiko.ECDSAKey.generate()
        self._reservation = socket.socket()
        self._server: SshServer | None = None

    @property
    def port(self) -> int:
        number: int = self._reservation.getsockname()[1]
        return number

    @property
    def user(self) -> str:
        return self._account.user

    @property
    def password(self) -> str:
        return self._account.password

    @property
    def host_key(self) -> str:
        """The host key in the format of known_hosts, without a host name."""
        return f"{self._key.get_name()} {self._key.get_base64()}"

    def start(self) -> None:
        if self._server is None:
            self._server = SshServer(self.port, self._key, self._account)

    def stop(self) -> None:
        """Stop listening, so that connections are refused."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def __enter__(self) -> Self:
        # bound but not listening: reserves the port while the cluster is down
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind((HOST, 0))
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._reservation.close()
