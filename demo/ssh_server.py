"""An SSH server on loopback that lets one account in, by its password, to run lines."""

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
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from demo.login_shell import LoginShell

HOST = "127.0.0.1"

_LOG = "demo.ssh_server"  # not paramiko's own name: there the probe listens for what it is told as a client
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False


class Account(Struct, frozen=True):
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.user!r})"


class SshServer(socketserver.ThreadingTCPServer):
    """Listens from the start, until `end`: by then every session, thread and program has ended."""

    allow_reuse_address = True  # the port of the server before it, whose connections may linger
    daemon_threads = False  # so that server_close() joins them

    def __init__(self, port: int, host_key: paramiko.PKey, account: Account) -> None:
        super().__init__((HOST, port), _Connection)
        self.host_key = host_key
        self.account = account
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        # a daemon: whoever is interrupted before he can call end() is not kept
        self._accepting = threading.Thread(target=self.serve_forever, args=(_SHUTDOWN_SECONDS,), daemon=True)
        self._accepting.start()

    def end(self) -> None:
        self.shutdown()
        self._accepting.join()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # the client was quicker
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
        front = _Front(self.server.account)
        with paramiko.Transport(self.request) as transport:
            transport.set_log_channel(_LOG)
            transport.add_server_key(self.server.host_key)
            # whoever only knocks, or agrees on no key, has gone by now
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=front)
            transport.join()
        front.end()


class _Front(paramiko.ServerInterface):
    """Answers what a client asks for: everything but the login and a line to run is refused by the base."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._shells: list[LoginShell] = []

    def get_allowed_auths(self, username: str) -> str:
        del username  # who guesses learns nothing about accounts
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

    def end(self) -> None:
        for shell in self._shells:
            shell.end()


_SHUTDOWN_SECONDS = 0.05  # how long shutdown() may take
