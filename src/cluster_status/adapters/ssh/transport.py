"""Texts of a server that paramiko only logs."""

import re

import paramiko

from cluster_status.domain.text import clean

_TEXT_LIMIT = 4_000  # characters
_PREAMBLE = re.compile("Banner: (.*)", re.DOTALL)
_DISCONNECT = re.compile(r"Disconnect \(code \d+\): (.*)|Secsh channel \d+ open FAILED: (.*): .*", re.DOTALL)


class ServerMessages:
    """Texts of one server that paramiko only logs, as the server sent them.

    It takes the place of the logger of a session. So sessions share none, and no other message costs time.
    """

    def __init__(self, transport: paramiko.Transport) -> None:
        self.preamble = ""  # the first line before the SSH banner
        self.disconnect_reason = ""  # why the server ended the session or refused a channel
        transport.logger = self  # type: ignore[assignment]
        transport.packetizer.set_log(self)  # type: ignore[arg-type]

    def log(self, level: int, message: str, *arguments: object) -> None:
        """Note the message, as `logging.Logger.log` would."""
        del level
        message = message % arguments if arguments else message
        if found := _PREAMBLE.match(message):
            self.preamble = self.preamble or found[1][:_TEXT_LIMIT]
        if found := _DISCONNECT.match(message):
            reason = (found[1] or found[2] or "")[:_TEXT_LIMIT]
            self.disconnect_reason = reason if clean(reason) else "no reason given"
