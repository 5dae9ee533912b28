"""Run one command in a session: within its time, with bounded output."""

import threading
from collections.abc import Callable

import paramiko
from msgspec import Struct

from cluster_status.adapters.ssh.stop import Deadline, Stopped
from cluster_status.domain.cause import Cause
from cluster_status.domain.text import clean

_OUTPUT_LIMIT = 2_000_000  # bytes; 5,000 nodes in 200 partitions give 16,000
_COMPLAINT_LIMIT = 200_000
_CHUNK = 32_768
_NO_STATUS = -1
# What the login has left running in the background may keep the output open for ever: when the command has
# ended, what it printed is on its way, and no more is waited for.
_LINGER_SECONDS = 1.0


class Answer(Struct, frozen=True):
    exit_status: int
    output: bytes
    complaint: bytes


def run(transport: paramiko.Transport, line: str, deadline: Deadline) -> Answer:
    """Return what the command printed and how it ended; raise Stopped if it did not end as it should."""
    try:
        channel = transport.open_session(timeout=deadline.left)
    except Exception as error:  # noqa: BLE001 - of what a server makes up, paramiko raises all kinds
        raise _stopped(deadline, b"", f"no command can be run: {clean(str(error))}") from None
    output = _Stream(channel, channel.recv, _OUTPUT_LIMIT)
    complaint = _Stream(channel, channel.recv_stderr, _COMPLAINT_LIMIT)
    # paramiko waits without limit for a server's answer to exec: the watchdog ends any wait
    watchdog = threading.Timer(deadline.left, channel.close)
    watchdog.daemon = True
    watchdog.start()
    try:
        channel.exec_command(line)
        output.start()
        complaint.start()
        exit_status = channel.recv_exit_status()
        output.join(_LINGER_SECONDS)
        complaint.join(_LINGER_SECONDS)
    except Exception as error:  # noqa: BLE001 - as above
        raise _stopped(deadline, b"", f"the command was not run: {clean(str(error))}") from None
    finally:
        watchdog.cancel()
        channel.close()
    for stream in (output, complaint):
        if stream.flooded:
            raise Stopped(Cause.UNPARSABLE, f"more than {stream.limit} bytes came back")
    if deadline.passed or exit_status == _NO_STATUS:
        raise _stopped(deadline, output.content, "it was killed, or the connection was lost")
    return Answer(exit_status, output.content, complaint.content)


class _Stream(threading.Thread):
    """Reads one of a channel's two streams to its end. Both are read at once: a full one blocks the other."""

    def __init__(self, channel: paramiko.Channel, receive: Callable[[int], bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self.content = b""
        self.limit = limit
        self._channel = channel
        self._receive = receive

    @property
    def flooded(self) -> bool:
        return len(self.content) > self.limit

    def run(self) -> None:
        while chunk := self._receive(_CHUNK):
            self.content += chunk
            if self.flooded:
                self._channel.close()
                return


def _stopped(deadline: Deadline, output: bytes, otherwise: str) -> Stopped:
    if not deadline.passed:
        return Stopped(Cause.SINFO_FAILED, otherwise)
    what = "sinfo has not ended" if output.strip() else "not even the login shell has answered"
    return Stopped(Cause.SCHEDULER_TIMEOUT, f"{what} within {deadline.seconds:.0f} s")
