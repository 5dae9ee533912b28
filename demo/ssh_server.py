"""An SSH server on loopback for one account with a password, which runs commands."""

import contextlib
import logging
import secrets
import socket
import socketserver
import threading
from typing import Any

import paramiko
from msgspec import Struct
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_REQUEST,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from demo.login_shell import LoginShell

HOST = "127.0.0.1"

_LOG = "demo.ssh_server"  # the probe reads paramiko's own logger
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False


class Account(Struct, frozen=True):
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.user!r})"


class SshServer(socketserver.ThreadingTCPServer):
    """Listens until `end`, which ends all of its sessions, threads and processes."""

    allow_reuse_address = True  # connections of an earlier server at this port may linger
    daemon_threads = False  # so that server_close() joins them

    def __init__(self, port: int, host_key: paramiko.PKey, account: Account) -> None:
        super().__init__((HOST, port), _Connection)
        self.host_key = host_key
        self.account = account
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        # a daemon thread, so that a process that cannot call end() still exits
        self._accepting = threading.Thread(target=self.serve_forever, args=(_SHUTDOWN_SECONDS,), daemon=True)
        self._accepting.start()

    def end(self) -> None:
        self.shutdown()
        self._accepting.join()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # already closed by the client
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)


class _Connection(socketserver.BaseRequestHandler):
    server: SshServer

    def handle(self) -> None:
        login = _Login(self.server.account)
        with paramiko.Transport(self.request) as transport:
            transport.set_log_channel(_LOG)
            table = transport._channel_handler_table  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
            transport._channel_handler_table = {**table, MSG_CHANNEL_REQUEST: login.handle_request}  # type: ignore[attr-defined]  # noqa: SLF001 - as above
            transport.add_server_key(self.server.host_key)
            # a port scan, or a failed key exchange
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=login)
            transport.join()
        login.end()


class _Login(paramiko.ServerInterface):
    """Allows the login and commands; the base class refuses all other requests."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._shells: list[LoginShell] = []

    def get_allowed_auths(self, username: str) -> str:
        del username  # the answer must not reveal whether the account exists
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        offered = f"{username}\0{password}".encode()
        expected = f"{self._account.user}\0{self._account.password}".encode()
        if secrets.compare_digest(offered, expected):
            return AUTH_SUCCESSFUL
        return AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del chanid
        if kind == "session":
            return OPEN_SUCCEEDED
        return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._shells.append(LoginShell(channel, command))
        return True

    def handle_request(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        """Let a command answer only after its request was granted, as sshd does."""
        count = len(self._shells)
        channel._handle_request(message)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
        for shell in self._shells[count:]:
            shell.answer()

    def end(self) -> None:
        for shell in self._shells:
            shell.end()


_SHUTDOWN_SECONDS = 0.05  # maximum duration of shutdown()
