"""SSH servers on loopback, scripted by a test: working ones, faulty ones, and servers of other protocols.

`LoopbackServer` passes each connection to a handler: `raw` sends bytes, `SshServer` speaks SSH by paramiko.
"""

import contextlib
import io
import logging
import select
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType, TracebackType
from typing import Any, Self

import paramiko
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_REQUEST,
    OPEN_SUCCEEDED,
    cMSG_CHANNEL_REQUEST,
    cMSG_DISCONNECT,
    cMSG_KEXINIT,
    cMSG_USERAUTH_BANNER,
)
from paramiko.server import InteractiveQuery

HOST = "127.0.0.1"
USER, PASSWORD = "watcher", "open sesame"
INTERACTIVE = "keyboard-interactive"
BANNER = b"SSH-2.0-scripted\r\n"
YES, NO = True, False  # in a message

_LOG = "tests.fakes.ssh"
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False

Handler = Callable[[socket.socket], None]


class LoopbackServer(socketserver.ThreadingTCPServer):
    """Listens on a free port or a given one, and handles each connection; it ends with the context."""

    allow_reuse_address = True  # where a server was stopped a moment ago
    daemon_threads = False  # so that server_close() joins them

    def __init__(self, handler: Handler, port: int = 0) -> None:
        super().__init__((HOST, port), socketserver.BaseRequestHandler)
        self._handler = handler
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._errors: list[BaseException] = []
        self.connection_count = 0
        # the interval is how long shutdown() may take
        self._accepting = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.shutdown()
        self._accepting.join()
        with self._lock:
            for connection in self._connections:
                close(connection)
        self.server_close()
        for error_of_handler in self._errors:
            raise error_of_handler

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connection_count += 1
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        del client_address
        self._handler(request)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address
        error = sys.exception()
        if error and not isinstance(error, OSError | EOFError):  # the client closed the connection first
            self._errors.append(error)


def stay_silent(connection: socket.socket) -> None:
    """Send nothing until the client closes the connection."""
    connection.settimeout(None)
    with contextlib.suppress(OSError):
        while connection.recv(65_536):
            pass


def close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def raw(*pieces: bytes, then_silent: bool = False) -> Handler:
    """Send `pieces` and close the connection, or stay silent."""

    def handler(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        if not then_silent:
            connection.shutdown(socket.SHUT_WR)  # closing with unread data would send a reset
        stay_silent(connection)

    return handler


def packet(payload: bytes) -> bytes:
    """Return an unencrypted packet (RFC 4253, 6)."""
    padding = 4 + (-len(payload) - 9) % 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def kexinit(kex: str = "ecdh-sha2-nistp256", key: str = "ssh-ed25519", cipher: str = "aes256-ctr") -> bytes:
    """Return the first packet of a server (RFC 4253, 7.1)."""
    message = paramiko.Message()
    message.add_byte(cMSG_KEXINIT)
    message.add_bytes(bytes(16))
    for names in (kex, key, cipher, cipher, "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""):
        message.add_string(names)
    message.add_boolean(False)  # noqa: FBT003  # it takes no name
    message.add_int(0)
    return packet(message.asbytes())


def payload(kind: bytes, *fields: bytes | int | bool) -> bytes:
    """Return a message of this type with these fields."""
    message = paramiko.Message()
    message.add_byte(kind)
    for value in fields:
        if isinstance(value, bool):
            message.add_boolean(value)
        elif isinstance(value, int):
            message.add_int(value)
        else:
            message.add_string(value)
    return message.asbytes()


def disconnect_payload(reason: bytes) -> bytes:
    message = paramiko.Message()
    message.add_byte(cMSG_DISCONNECT)
    message.add_int(2)
    message.add_string(reason)
    message.add_string("")
    return message.asbytes()


_texts: dict[bytes, str] = {}


@cache
def ed25519(name: str = "") -> paramiko.PKey:
    """Return the key with that name, generated at the first call."""
    del name
    return _made(Ed25519PrivateKey.generate(), paramiko.Ed25519Key)


@cache
def ecdsa() -> paramiko.PKey:
    return _made(generate_private_key(SECP256R1()), paramiko.ECDSAKey)


@cache
def rsa() -> paramiko.PKey:
    return _made(generate_rsa_key(65537, 2048), paramiko.RSAKey)


def private_text(key: paramiko.PKey) -> str:
    """Return the text of the file of one of these keys."""
    return _texts[key.asbytes()]


def _made(
    key: Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey, kind: type[paramiko.PKey]
) -> paramiko.PKey:
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    made = kind.from_private_key(io.StringIO(text))
    _texts[made.asbytes()] = text
    return made


def sinfo_output(boundary: str) -> bytes:
    """Return what a login shell prints if all eight nodes are idle."""
    rows = "debug*|up|1-00:00:00|8|idle"
    return f"\n{boundary}\n{rows}\n{boundary}\n8|idle\n{boundary}\n".encode()


class ServerConnection(paramiko.ServerInterface):
    """The server's side of one connection, passed to the scripts of a test."""

    def __init__(self, server: "SshServer", connection: socket.socket, transport: paramiko.Transport) -> None:
        self._connection = connection
        self.transport = transport
        self._server = server
        self._running: list[threading.Thread] = []
        self._answer: int | None = None  # to the password
        table = transport._channel_handler_table  # type: ignore[attr-defined]  # noqa: SLF001
        transport._channel_handler_table = {**table, MSG_CHANNEL_REQUEST: self._handle_request}  # type: ignore[attr-defined]  # noqa: SLF001

    def close(self) -> None:
        close(self._connection)

    def disconnect(self, reason: bytes) -> None:
        """Send a reason, then close the connection."""
        self.transport._send_message(paramiko.Message(disconnect_payload(reason)))  # type: ignore[attr-defined]  # noqa: SLF001
        self.close()

    def send_banner(self, text: str) -> None:
        """Send an authentication banner (RFC 4252, 5.4)."""
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_BANNER)
        message.add_string(text)
        message.add_string("")
        self.transport._send_message(message)  # type: ignore[attr-defined]  # noqa: SLF001

    def stay_silent(self) -> None:
        """Answer nothing any more; only for scripts that run in the thread of the transport."""
        stay_silent(self._connection)

    def read_nothing(self) -> None:
        """Wait until the client closes the connection; only for scripts in the thread of the transport."""
        closing = select.poll()
        closing.register(self._connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        closing.poll()

    def begin_key_exchange_and_stay_silent(self) -> None:
        self.transport._send_kex_init()  # type: ignore[attr-defined]  # noqa: SLF001
        self.stay_silent()
        raise EOFError  # the client closed the connection; paramiko would try to answer it for 30 s

    def report_kill(self, channel: paramiko.Channel) -> None:
        """Report that a signal ended the command (RFC 4254, 6.10)."""
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(channel.remote_chanid)
        message.add_string("exit-signal")
        message.add_boolean(False)  # noqa: FBT003  # it takes no name
        message.add_string("KILL")
        message.add_boolean(False)  # noqa: FBT003  # it takes no name
        message.add_string("")
        message.add_string("")
        self.transport._send_message(message)  # type: ignore[attr-defined]  # noqa: SLF001
        channel.close()

    def join(self) -> None:
        for running in self._running:
            if running.ident is not None:
                running.join()

    def get_allowed_auths(self, username: str) -> str:
        del username
        return self._server.methods

    def get_banner(self) -> tuple[str, str]:
        self._server.service_requests += 1  # paramiko calls this for each of them
        return self._server.banner, ""

    def check_auth_password(self, username: str, password: str) -> int:
        self._server.offers.append(("password", username, password))
        return self._server.on_password(self, password)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._server.offers.append(("publickey", username, key.get_base64()))
        return self._server.on_key(self)

    def check_auth_interactive(self, username: str, submethods: bytes | str) -> int | InteractiveQuery:
        del submethods
        self._user = username
        self._rounds = list(self._server.rounds)
        return self._next_round()

    def check_auth_interactive_response(self, responses: list[str]) -> int | InteractiveQuery:
        given = [("keyboard-interactive", self._user, response) for response in responses]
        self._server.offers += given
        if responses and responses[0]:
            self._answer = self._server.on_password(self, responses[0])
        return self._next_round()

    def _next_round(self) -> int | InteractiveQuery:
        if not self._rounds:
            return self._server.on_rounds_end() if self._answer is None else self._answer
        name, instruction, *prompts = self._rounds.pop(0)
        return InteractiveQuery(str(name), str(instruction), *prompts)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del kind, chanid
        return self._server.on_channel(self)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        boundary = b"".join(command.split()[3:4]).decode()  # as in the command lines of the probe
        self._server.commands.append(command.decode())
        if not self._server.on_exec(self):
            return False
        self._running.append(threading.Thread(target=self._run, args=(channel, boundary)))
        return True

    def _handle_request(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        """Start the command after its request is answered: before that, nothing may be sent."""
        channel._handle_request(message)  # type: ignore[attr-defined]  # noqa: SLF001
        for running in self._running:
            if running.ident is None:
                running.start()

    def _run(self, channel: paramiko.Channel, boundary: str) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):  # the client closed it first
            self._server.command(self, channel, boundary)
            channel.close()


Command = Callable[[ServerConnection, paramiko.Channel, str], None]
"""A script for one command; it gets the boundary of the command line."""

PromptRound = tuple[str | tuple[str, bool], ...]
"""Name, instruction, then prompts, each with whether the input is shown."""

ASK_FOR_PASSWORD: PromptRound = ("", "", ("Password: ", False))


def wait_for_close(channel: paramiko.Channel) -> None:
    """Return when the client has closed the channel, not only its input."""
    with channel.lock:
        while not channel.closed:
            channel.out_buffer_cv.wait()


def check_password(_: ServerConnection, password: str) -> int:
    return AUTH_SUCCESSFUL if password == PASSWORD else AUTH_FAILED


def print_sinfo(_: ServerConnection, channel: paramiko.Channel, boundary: str) -> None:
    channel.sendall(sinfo_output(boundary))
    channel.send_exit_status(0)


class SshServer:
    """A handler that accepts the password and runs each command as `command`. Each step can be scripted.

    It records the offered credentials, the commands, and the negotiated types of host keys.
    """

    def __init__(  # noqa: PLR0913 - one for each step
        self,
        command: Command = print_sinfo,
        *,
        keys: Sequence[paramiko.PKey] = (),
        methods: str = "password",
        banner: str = "",
        rounds: Sequence[PromptRound] = (),
        disabled: Mapping[str, Sequence[str]] = MappingProxyType({}),
        after_handshake: Callable[[ServerConnection], None] = lambda _: None,
        on_key: Callable[[ServerConnection], int] = lambda _: AUTH_FAILED,
        on_password: Callable[[ServerConnection, str], int] = check_password,
        on_channel: Callable[[ServerConnection], int] = lambda _: OPEN_SUCCEEDED,
        on_exec: Callable[[ServerConnection], bool] = lambda _: True,
    ) -> None:
        self.command = command
        self.keys = keys or (ed25519(),)
        self.methods = methods
        self.banner = banner  # sent before a credential is offered
        self.rounds = rounds
        self.disabled = disabled
        self.after_handshake = after_handshake
        self.on_key = on_key
        self.on_password = on_password
        self.on_channel = on_channel
        self.on_exec = on_exec
        self.on_rounds_end: Callable[[], int] = lambda: AUTH_FAILED  # without an answer in the last round
        self.offers: list[tuple[str, str, str]] = []  # method, user, credential
        self.commands: list[str] = []
        self.service_requests = 0
        self.negotiated: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection, disabled_algorithms=self.disabled)
        transport.set_log_channel(_LOG)
        for key in self.keys:
            transport.add_server_key(key)
        accepted = ServerConnection(self, connection, transport)
        try:
            transport.start_server(server=accepted)
            self.negotiated.append(transport.host_key_type or "")
            self.after_handshake(accepted)
            transport.join()
        except (paramiko.SSHException, EOFError, OSError):  # the client closed it, or accepts no such key
            pass
        finally:
            transport.close()
            transport.join()
            accepted.join()
            # paramiko does not stop the timer of an unfinished handshake, which takes 15 s
            transport.packetizer.complete_handshake()


def accepting(key: paramiko.PKey, **changes: Any) -> SshServer:
    """Return a server that accepts this key, or the password."""

    def known(_: ServerConnection) -> int:
        return AUTH_SUCCESSFUL if server.offers[-1][2] == key.get_base64() else AUTH_FAILED

    server = SshServer(methods="publickey,password", on_key=known, **changes)
    return server
