"""SSH servers on loopback that do what a test says: good ones, bad ones, and what only looks like one.

`Loopback` gives each connection to a play: `raw` plays bytes, `Front` a server that paramiko speaks for.
"""

import contextlib
import io
import logging
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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_REQUEST,
    OPEN_SUCCEEDED,
    cMSG_CHANNEL_REQUEST,
    cMSG_DISCONNECT,
    cMSG_KEXINIT,
)
from paramiko.server import InteractiveQuery

HOST = "127.0.0.1"
USER, PASSWORD = "watcher", "open sesame"
BANNER = b"SSH-2.0-scripted\r\n"

_LOG = "tests.fakes.ssh"  # not paramiko's own name: there the probe listens for what it is told as a client
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False

Play = Callable[[socket.socket], None]


class Loopback(socketserver.ThreadingTCPServer):
    """Listens, on a free port or a given one, and plays for each connection; it ends with the context."""

    allow_reuse_address = True  # where a server was stopped a moment ago
    daemon_threads = False  # so that server_close() joins them

    def __init__(self, play: Play, port: int = 0) -> None:
        super().__init__((HOST, port), socketserver.BaseRequestHandler)
        self._play = play
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._faults: list[BaseException] = []
        self.visits = 0
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
                hang_up(connection)
        self.server_close()
        for fault in self._faults:
            raise fault

    def process_request(self, request: Any, client_address: Any) -> None:
        self.visits += 1
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        del client_address
        self._play(request)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address
        error = sys.exception()
        if error and not isinstance(error, OSError | EOFError):  # the client was quicker
            self._faults.append(error)


def hold(connection: socket.socket) -> None:
    """Say nothing, and hear nothing, until the client hangs up."""
    connection.settimeout(None)
    with contextlib.suppress(OSError):
        while connection.recv(65_536):
            pass


def hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def raw(*pieces: bytes, then_silent: bool = False) -> Play:
    """Say `pieces` and hang up; or stay, and say nothing more."""

    def play(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        if not then_silent:
            connection.shutdown(socket.SHUT_WR)  # to close with something unread would be a reset
        hold(connection)

    return play


def packet(payload: bytes) -> bytes:
    """Frame a payload as it is before there are keys (RFC 4253, 6)."""
    padding = 4 + (-len(payload) - 9) % 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def kexinit(kex: str = "ecdh-sha2-nistp256", key: str = "ssh-ed25519", cipher: str = "aes256-ctr") -> bytes:
    """Return what a server offers first (RFC 4253, 7.1)."""
    message = paramiko.Message()
    message.add_byte(cMSG_KEXINIT)
    message.add_bytes(bytes(16))
    for names in (kex, key, cipher, cipher, "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""):
        message.add_string(names)
    message.add_boolean(False)  # noqa: FBT003  # it takes no name
    message.add_int(0)
    return packet(message.asbytes())


def reason(words: bytes) -> bytes:
    """Return the payload that ends a session in good form."""
    message = paramiko.Message()
    message.add_byte(cMSG_DISCONNECT)
    message.add_int(2)
    message.add_string(words)
    message.add_string("")
    return message.asbytes()


@cache
def ed25519(name: str = "") -> paramiko.PKey:
    """Return the key of that name, made when it is first asked for."""
    del name
    form = (Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    pem = Ed25519PrivateKey.generate().private_bytes(*form).decode()
    return paramiko.Ed25519Key.from_private_key(io.StringIO(pem))


@cache
def ecdsa() -> paramiko.PKey:
    return paramiko.ECDSAKey.generate()


@cache
def rsa() -> paramiko.PKey:
    return paramiko.RSAKey.generate(2048)


def healthy(boundary: str) -> bytes:
    """Return what a login shell prints when all is well."""
    rows = "debug*|up|1-00:00:00|8|idle"
    return f"\n{boundary}\n{rows}\n{boundary}\n8|idle\n{boundary}\n".encode()


class Visit(paramiko.ServerInterface):
    """One connection, as the server has it; a test's lines are given it to act on."""

    def __init__(self, front: "Front", connection: socket.socket, transport: paramiko.Transport) -> None:
        self._connection = connection
        self.transport = transport
        self._front = front
        self._running: list[threading.Thread] = []
        table = transport._channel_handler_table  # type: ignore[attr-defined]  # noqa: SLF001
        transport._channel_handler_table = {**table, MSG_CHANNEL_REQUEST: self._handle_request}  # type: ignore[attr-defined]  # noqa: SLF001

    def hang_up(self) -> None:
        hang_up(self._connection)

    def say_farewell(self, words: bytes) -> None:
        self.transport._send_message(paramiko.Message(reason(words)))  # type: ignore[attr-defined]  # noqa: SLF001
        self.hang_up()

    def hold(self) -> None:
        """Answer nothing from here on; only for what is called where the transport reads."""
        hold(self._connection)

    def begin_new_keys_and_hold(self) -> None:
        """Ask for new keys, and leave the client alone with it."""
        self.transport._send_kex_init()  # type: ignore[attr-defined]  # noqa: SLF001
        self.hold()
        raise EOFError  # the client has gone; paramiko would try to answer it for 30 s

    def kill(self, channel: paramiko.Channel) -> None:
        """Tell that a signal ended the command (RFC 4254, 6.10)."""
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
        return self._front.methods

    def get_banner(self) -> tuple[None, None]:
        self._front.services_asked_for += 1  # where paramiko grants it, it asks for a greeting
        return None, None

    def check_auth_password(self, username: str, password: str) -> int:
        self._front.offers.append(("password", username, password))
        return self._front.at_login(self, password)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._front.offers.append(("publickey", username, key.get_base64()))
        return self._front.at_key(self)

    def check_auth_interactive(self, username: str, submethods: bytes | str) -> int | InteractiveQuery:
        del submethods
        self._user = username
        self._questions = list(self._front.questions)
        return self._next_question(AUTH_FAILED)

    def check_auth_interactive_response(self, responses: list[str]) -> int | InteractiveQuery:
        given = [("keyboard-interactive", self._user, response) for response in responses]
        self._front.offers += given
        return self._next_question(self._front.at_login(self, responses[0]) if given else AUTH_FAILED)

    def _next_question(self, otherwise: int) -> int | InteractiveQuery:
        if not self._questions:
            return otherwise
        name, instruction, *prompts = self._questions.pop(0)
        return InteractiveQuery(str(name), str(instruction), *prompts)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del kind, chanid
        return self._front.at_channel(self)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        boundary = command.split()[3].decode()
        self._front.commands.append(command.decode())
        if not self._front.at_command(self):
            return False
        self._running.append(threading.Thread(target=self._run, args=(channel, boundary)))
        return True

    def _handle_request(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        """Let the command begin when its request is answered: before that, nothing may be said."""
        channel._handle_request(message)  # type: ignore[attr-defined]  # noqa: SLF001
        for running in self._running:
            if running.ident is None:
                running.start()

    def _run(self, channel: paramiko.Channel, boundary: str) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):  # the client was quicker
            self._front.command(self, channel, boundary)
            channel.close()


Command = Callable[[Visit, paramiko.Channel, str], None]
Ask = tuple[str | tuple[str, bool], ...]  # name, instruction, prompts; whether it shows what is typed


def waits(channel: paramiko.Channel) -> None:
    """Return when the client has closed its end."""
    channel.recv(1)


def let_in(_: Visit, password: str) -> int:
    return AUTH_SUCCESSFUL if password == PASSWORD else AUTH_FAILED


def answer(_: Visit, channel: paramiko.Channel, boundary: str) -> None:
    channel.sendall(healthy(boundary))
    channel.send_exit_status(0)


class Front:
    """Plays an SSH server: lets in whoever knows the password, and answers. Each step can be scripted.

    It notes what it is offered, what it is to run, and the types of host key it agreed on.
    """

    def __init__(  # noqa: PLR0913 - one for each step
        self,
        command: Command = answer,
        *,
        keys: Sequence[paramiko.PKey] = (),
        methods: str = "password",
        questions: Sequence[Ask] = (),
        at_key: Callable[[Visit], int] = lambda _: AUTH_FAILED,
        disabled: Mapping[str, Sequence[str]] = MappingProxyType({}),
        at_login: Callable[[Visit, str], int] = let_in,
        at_channel: Callable[[Visit], int] = lambda _: OPEN_SUCCEEDED,
        at_command: Callable[[Visit], bool] = lambda _: True,
        with_keys: Callable[[Visit], None] = lambda _: None,
    ) -> None:
        self.command = command
        self.keys = keys or (ed25519(),)
        self.methods = methods
        self.questions = questions
        self.at_key = at_key
        self.disabled = disabled
        self.at_login = at_login
        self.at_channel = at_channel
        self.at_command = at_command
        self.with_keys = with_keys
        self.offers: list[tuple[str, str, str]] = []  # method, user, and what was given
        self.commands: list[str] = []
        self.services_asked_for = 0
        self.negotiated: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection, disabled_algorithms=self.disabled)
        transport.set_log_channel(_LOG)
        for key in self.keys:
            transport.add_server_key(key)
        visit = Visit(self, connection, transport)
        try:
            transport.start_server(server=visit)
            self.negotiated.append(transport.host_key_type or "")
            self.with_keys(visit)
            transport.join()
        except (paramiko.SSHException, EOFError, OSError):  # the client has gone, or knows no such key
            pass
        finally:
            transport.close()
            transport.join()
            visit.join()
            # paramiko leaves the timer of a handshake that did not end; it would run for 15 s
            transport.packetizer.complete_handshake()
