"""A transport that limits what the messages of a server take: memory, and time of its thread."""

from typing import Any

import paramiko
from paramiko.common import MSG_CHANNEL_DATA, MSG_CHANNEL_EXTENDED_DATA

from cluster_status.adapters.ssh.algorithms import ClientTransport
from cluster_status.deadline import Deadline

_EXTENSIONS_READ = 32  # OpenSSH sends three


def _receive(channel: paramiko.Channel, message: paramiko.Message) -> None:
    channel._feed(message)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
    _check_window(channel)


def _receive_extended(channel: paramiko.Channel, message: paramiko.Message) -> None:
    channel._feed_extended(message)  # type: ignore[attr-defined]  # noqa: SLF001 - as above
    _check_window(channel)


def _check_window(channel: paramiko.Channel) -> None:
    """End the session if the server sent more than the window of the channel, which paramiko does not check.

    A window is never too small: bytes that were read, but not acknowledged, count only from then on.
    """
    buffered = len(channel.in_buffer) + len(channel.in_stderr_buffer)
    if buffered + channel.in_window_sofar > channel.in_window_size:
        transport: Any = channel.transport
        transport.packetizer.refuse(f"the server exceeded the window of {channel.in_window_size} bytes")


class BoundedTransport(ClientTransport):
    """The packetizer limits packets and their sum; this class limits what paramiko makes of one of them."""

    _channel_handler_table = paramiko.Transport._channel_handler_table | {  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
        MSG_CHANNEL_DATA: _receive,
        MSG_CHANNEL_EXTENDED_DATA: _receive_extended,
    }

    def exchange_banners(self, deadline: Deadline) -> None:
        """Send the SSH banner and read that of the server. paramiko would start a thread for it."""
        self.banner_timeout = deadline.left
        with self.packetizer.exchanging_banners(deadline):
            self.packetizer.write_all(f"{self.local_version}\r\n".encode())
            self._check_banner()
        self.sock.settimeout(self._active_check_timeout)  # type: ignore[attr-defined]

    def _check_banner(self) -> None:
        if not self.remote_version:
            super()._check_banner()  # type: ignore[misc]

    def _parse_debug(self, message: paramiko.Message) -> None:
        """Ignore it. paramiko would take seconds to format a long one for its log."""

    def _parse_ext_info(self, message: paramiko.Message) -> None:
        """Read a few extensions. paramiko would loop as often as the message says."""
        count = message.get_int()
        if count > _EXTENSIONS_READ:
            self.packetizer.refuse(f"the server announced {count} extensions")
        self.server_extensions = {message.get_text(): message.get_string() for _ in range(count)}
