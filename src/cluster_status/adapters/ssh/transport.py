"""Texts of a server that paramiko only logs."""

import logging
import re

import paramiko

from cluster_status.domain.text import clean

_TEXT_LIMIT = 4_000  # characters
_PREAMBLE = re.compile("Banner: (.*)", re.DOTALL)
_DISCONNECT = re.compile(r"Disconnect \(code \d+\): (.*)|Secsh channel \d+ open FAILED: (.*): .*", re.DOTALL)


class ServerMessages(logging.Handler):
    """Texts of one server that paramiko only logs, as the server sent them.

    The logger is not registered in `logging`. So sessions do not share it, and it ends with its session.
    """

    def __init__(self, transport: paramiko.Transport) -> None:
        super().__init__(logging.DEBUG)
        self.preamble = ""  # the first line before the SSH banner
        self.disconnect_reason = ""  # why the server ended the session or refused a channel
        logger = logging.Logger("paramiko.session", logging.DEBUG)  # noqa: LOG001 - see above
        logger.addHandler(self)
        transport.logger = logger
        transport.packetizer.set_log(logger)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if found := _PREAMBLE.match(message):
            self.preamble = self.preamble or found[1][:_TEXT_LIMIT]
        if found := _DISCONNECT.match(message):
            reason = (found[1] or found[2] or "")[:_TEXT_LIMIT]
            self.disconnect_reason = reason if clean(reason) else "no reason given"
