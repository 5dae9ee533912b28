"""What a hostile SSH server does, by the stage at which it does it."""

import itertools
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import paramiko
from paramiko.common import (
    AUTH_SUCCESSFUL,
    MSG_EXT_INFO,
    OPEN_SUCCEEDED,
    cMSG_CHANNEL_DATA,
    cMSG_CHANNEL_EXTENDED_DATA,
    cMSG_CHANNEL_OPEN,
    cMSG_CHANNEL_OPEN_SUCCESS,
    cMSG_CHANNEL_REQUEST,
    cMSG_CHANNEL_SUCCESS,
    cMSG_CHANNEL_WINDOW_ADJUST,
    cMSG_DEBUG,
    cMSG_GLOBAL_REQUEST,
    cMSG_IGNORE,
    cMSG_USERAUTH_BANNER,
    cMSG_USERAUTH_FAILURE,
    cMSG_USERAUTH_INFO_REQUEST,
    cMSG_USERAUTH_SUCCESS,
)

from tests.fakes.ssh import (
    BANNER,
    NO,
    YES,
    Handler,
    ServerConnection,
    SshServer,
    disconnect_payload,
    kexinit,
    packet,
    payload,
    print_sinfo,
    raw,
    sinfo_output,
    stay_silent,
    wait_for_close,
)

STAGES = ("connect", "banner", "key exchange", "login", "channel", "exec", "output", "close")
_LARGE = b"x" * 200_000
_SMALL = b"x"
_PAUSE_SECONDS = 0.05
_FIRST_CHANNEL, _NO_CHANNEL = 0, 7


class Behaviour(NamedTuple):
    """A server that does one thing at one stage, and until then works."""

    stage: str
    description: str
    handler: Handler

    def __str__(self) -> str:
        return f"{self.stage}: {self.description}"


Messages = Callable[[], Iterator[bytes]]
"""Returns the payloads that a server sends one after the other."""


def _repeated(sent: bytes) -> Messages:
    return lambda: itertools.repeat(sent)


_IGNORE = _repeated(payload(cMSG_IGNORE, _LARGE))
_DEBUG = _repeated(payload(cMSG_DEBUG, YES, _LARGE, b""))
_SMALL_IGNORE = _repeated(payload(cMSG_IGNORE, _SMALL))
_REQUEST = _repeated(payload(cMSG_GLOBAL_REQUEST, b"x" * 1_000, YES))
_SMALL_REQUEST = _repeated(payload(cMSG_GLOBAL_REQUEST, _SMALL, YES))
_OPEN = _repeated(payload(cMSG_CHANNEL_OPEN, b"forwarded-tcpip", 1, 2**31, 2**15, b"", 0, b"", 0))
_ADJUST = _repeated(payload(cMSG_CHANNEL_WINDOW_ADJUST, _FIRST_CHANNEL, 2**32 - 1))
_DATA = _repeated(payload(cMSG_CHANNEL_DATA, _FIRST_CHANNEL, _LARGE))
_STDERR = _repeated(payload(cMSG_CHANNEL_EXTENDED_DATA, _FIRST_CHANNEL, 1, _LARGE))
_OTHER_DATA = _repeated(payload(cMSG_CHANNEL_EXTENDED_DATA, _FIRST_CHANNEL, 2, _LARGE))
_DATA_WITHOUT_CHANNEL = _repeated(payload(cMSG_CHANNEL_DATA, _NO_CHANNEL, _LARGE))
_CHANNEL_REQUEST = _repeated(payload(cMSG_CHANNEL_REQUEST, _FIRST_CHANNEL, b"x" * 1_000, YES))
_EXIT_STATUS = _repeated(payload(cMSG_CHANNEL_REQUEST, _FIRST_CHANNEL, b"exit-status", NO, 0))
_LOGIN_BANNER = _repeated(payload(cMSG_USERAUTH_BANNER, _LARGE, b""))
_FAILURE = _repeated(payload(cMSG_USERAUTH_FAILURE, b"password," * 20_000, NO))
_PROMPTS = _repeated(payload(cMSG_USERAUTH_INFO_REQUEST, b"", b"", b"", 2**32 - 1, _LARGE))
_EXTENSIONS = _repeated(payload(bytes([MSG_EXT_INFO]), 2**32 - 1))
_DISCONNECT = _repeated(disconnect_payload(_LARGE))


def _flood(messages: Messages, connection: ServerConnection) -> None:
    """Send without an end; raise EOFError when the client is gone."""
    for sent in messages():
        connection.transport.packetizer.send_message(paramiko.Message(sent))


def _reply_and_read_nothing(replies: Sequence[bytes], connection: ServerConnection) -> None:
    """Reply, then let the replies of the client fill the buffers, so that it cannot send."""
    _flood(lambda: itertools.chain(replies, _SMALL_REQUEST()), connection)


def _dripping(messages: Messages, connection: ServerConnection) -> None:
    for sent in messages():
        connection.transport.packetizer.send_message(paramiko.Message(sent))
        time.sleep(_PAUSE_SECONDS)


def _exchange_keys(connection: ServerConnection) -> None:
    """Exchange keys again and again."""
    while connection.transport.is_active():
        connection.transport.renegotiate_keys()


# The hooks of a working server, before its reply at that stage


def _before_login(act: Callable[[ServerConnection], None]) -> SshServer:
    return SshServer(after_handshake=act)


def _at_password(act: Callable[[ServerConnection], None]) -> SshServer:
    def on_password(connection: ServerConnection, _: str) -> int:
        act(connection)
        return AUTH_SUCCESSFUL

    return SshServer(on_password=on_password)


def _at_channel(act: Callable[[ServerConnection], None]) -> SshServer:
    def on_channel(connection: ServerConnection) -> int:
        act(connection)
        return OPEN_SUCCEEDED

    return SshServer(on_channel=on_channel)


def _at_exec(act: Callable[[ServerConnection], None]) -> SshServer:
    def on_exec(connection: ServerConnection) -> bool:
        act(connection)
        return True

    return SshServer(on_exec=on_exec)


def _while_running(act: Callable[[ServerConnection], None]) -> SshServer:
    return SshServer(lambda connection, *_: act(connection))


def _after_result(act: Callable[[ServerConnection], None]) -> SshServer:
    def command(connection: ServerConnection, channel: paramiko.Channel, boundary: str) -> None:
        print_sinfo(connection, channel, boundary)
        act(connection)

    return SshServer(command)


def _after_close(act: Callable[[ServerConnection], None]) -> SshServer:
    def command(connection: ServerConnection, channel: paramiko.Channel, boundary: str) -> None:
        print_sinfo(connection, channel, boundary)
        channel.close()
        act(connection)

    return SshServer(command)


def _print_byte_by_byte(_: ServerConnection, channel: paramiko.Channel, boundary: str) -> None:
    for byte in itertools.chain(sinfo_output(boundary), itertools.repeat(ord("x"))):
        channel.sendall(bytes([byte]))
        time.sleep(_PAUSE_SECONDS)


def _never_end(_: ServerConnection, channel: paramiko.Channel, boundary: str) -> None:
    channel.sendall(sinfo_output(boundary))
    wait_for_close(channel)


def _stay_silent(connection: ServerConnection) -> None:
    connection.stay_silent()
    raise EOFError


# Servers that speak no whole SSH


def _endless(begin: bytes, piece: bytes, pause_seconds: float = 0.0) -> Handler:
    def handler(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(piece)
            time.sleep(pause_seconds)

    return handler


def _packets(sent: bytes) -> bytes:
    return packet(sent) * 100


def behaviours() -> list[Behaviour]:
    """Return all behaviours in the order of the stages."""
    names = {"SSH_MSG_IGNORE": _IGNORE, "SSH_MSG_DEBUG": _DEBUG, "global requests": _REQUEST}
    on_channel = names | {
        "unread stdout": _DATA,
        "unread stderr": _STDERR,
        "data of another type": _OTHER_DATA,
        "data of no channel": _DATA_WITHOUT_CHANNEL,
    }
    while_open = on_channel | {
        "channel opens": _OPEN,
        "window adjustments": _ADJUST,
        "channel requests": _CHANNEL_REQUEST,
    }
    found = [
        Behaviour("connect", "closes", raw()),
        Behaviour("connect", "stays silent", stay_silent),
        Behaviour("connect", "sends bytes without a line end", _endless(b"", b"x" * 65_536)),
        Behaviour("connect", "sends one byte at a time", _endless(b"", b"x", _PAUSE_SECONDS)),
        Behaviour("banner", "sends lines", _endless(b"", b"x\r\n" * 20_000)),
        Behaviour("banner", "sends a long version", _endless(b"SSH-2.0-", b"x" * 65_536)),
        Behaviour("banner", "stays silent after it", raw(BANNER, then_silent=True)),
        Behaviour("key exchange", "announces 2 GB", _endless(BANNER + b"\x7f\xff\xff\xfc", _LARGE)),
        Behaviour("key exchange", "SSH_MSG_IGNORE", _endless(BANNER, _packets(next(_IGNORE())))),
        Behaviour("key exchange", "SSH_MSG_DEBUG", _endless(BANNER, _packets(next(_DEBUG())))),
        Behaviour("key exchange", "small packets", _endless(BANNER, _packets(next(_SMALL_IGNORE())))),
        Behaviour("key exchange", "SSH_MSG_KEXINIT", _endless(BANNER, kexinit() * 100)),
        Behaviour("key exchange", "long lists", _endless(BANNER, kexinit(kex="ab," * 60_000) * 10)),
        Behaviour("key exchange", "a large number", _large_number()),
        Behaviour("key exchange", "extensions", _endless(BANNER, _packets(next(_EXTENSIONS())))),
        Behaviour("login", "stays silent", _at_password(_stay_silent)),
        Behaviour("login", "repeats the key exchange", _before_login(_exchange_keys)),
        Behaviour("login", "begins a key exchange only", _at_password(_begin_key_exchange)),
    ]
    login = names | {
        "banners": _LOGIN_BANNER,
        "refusals": _FAILURE,
        "prompts": _PROMPTS,
        "extensions": _EXTENSIONS,
        "a long reason": _DISCONNECT,
        "data of no channel": _DATA_WITHOUT_CHANNEL,
    }
    for stage, hook, floods in (
        ("login", _at_password, login),
        ("channel", _at_channel, names | {"unread stdout": _DATA}),
        ("exec", _at_exec, while_open),
        ("output", _while_running, on_channel | {"exit statuses": _EXIT_STATUS}),
        ("close", _after_result, on_channel),
    ):
        found += [
            Behaviour(stage, name, hook(partial(_flood, messages))) for name, messages in floods.items()
        ]
    found += [
        Behaviour("login", "accepts it and reads no more", _at_password(_accept_and_read_nothing)),
        Behaviour("channel", "opens it and reads no more", _at_channel(_open_and_read_nothing)),
        Behaviour("exec", "accepts it and reads no more", _at_exec(_run_and_read_nothing)),
        Behaviour("close", "reads no more", _at_exec(_end_and_read_nothing)),
        Behaviour("channel", "stays silent", _at_channel(_stay_silent)),
        Behaviour("exec", "stays silent", _at_exec(_stay_silent)),
        Behaviour("output", "never ends", SshServer(_never_end)),
        Behaviour("output", "prints one byte at a time", SshServer(_print_byte_by_byte)),
        Behaviour("output", "sends banners meanwhile", _while_running(partial(_dripping, _LOGIN_BANNER))),
        Behaviour("close", "unread stdout after its end", _after_close(partial(_flood, _DATA))),
        Behaviour("close", "SSH_MSG_IGNORE after its end", _after_close(partial(_flood, _IGNORE))),
    ]
    return sorted(found, key=lambda one: STAGES.index(one.stage))


_accept_and_read_nothing = partial(_reply_and_read_nothing, [payload(cMSG_USERAUTH_SUCCESS)])
_open_and_read_nothing = partial(
    _reply_and_read_nothing,
    [payload(cMSG_CHANNEL_OPEN_SUCCESS, _FIRST_CHANNEL, _FIRST_CHANNEL, 2**21, 2**15)],
)
_run_and_read_nothing = partial(_reply_and_read_nothing, [payload(cMSG_CHANNEL_SUCCESS, _FIRST_CHANNEL)])
_end_and_read_nothing = partial(
    _reply_and_read_nothing,
    [
        payload(cMSG_CHANNEL_SUCCESS, _FIRST_CHANNEL),
        # those after the exit status fill the buffers before the client closes the channel
        *itertools.repeat(next(_SMALL_REQUEST()), 1_500),
        next(_EXIT_STATUS()),
    ],
)


def _begin_key_exchange(connection: ServerConnection) -> None:
    connection.begin_key_exchange_and_stay_silent()


def _large_number() -> Handler:
    """Begin a group exchange, and send a group of numbers that fill a packet."""
    group = payload(bytes([31]), b"\x7f" * 120_000, b"\x7f" * 120_000)
    return raw(BANNER, kexinit(kex="diffie-hellman-group-exchange-sha256"), packet(group), then_silent=True)
