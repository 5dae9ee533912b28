"""Run one command in a session: within its time, with bounded output."""

import contextlib
import threading
from collections.abc import Callable

import paramiko
from msgspec import Struct

from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.text import clean

_OUTPUT_LIMIT = 2_000_000  # bytes; 5,000 nodes in 200 partitions give 16,000
_STDERR_LIMIT = 200_000
_CHUNK = 32_768
_NO_STATUS = -1
# What the login has left running in the background may keep the output open for ever: when the command has
# ended, what it printed is on its way, and no more is waited for.
_LINGER_SECONDS = 1.0
_WHERE_A_FLOOD_BEGINS = (
    "Log in as cluster-user and run sinfo: it, or the login itself, prints without an end."
)


class CommandResult(Struct, frozen=True):
    exit_status: int
    output: bytes
    stderr: bytes


def run(
    transport: paramiko.Transport, line: str, deadline: Deadline, *, output_limit: int = _OUTPUT_LIMIT
) -> CommandResult:
    """Return what the command printed and how it ended; raise Stopped if it did not end as it should."""
    transport.clear_to_send_timeout = deadline.left  # how long a server may take to agree on new keys
    try:
        channel = transport.open_session(timeout=deadline.left)
    except Exception as error:  # noqa: BLE001 - of what a server makes up, paramiko raises all kinds
        raise _stopped(deadline, b"", f"no command can be run: {clean(str(error))}") from None
    output = _Stream(channel, channel.recv, output_limit)
    stderr = _Stream(channel, channel.recv_stderr, _STDERR_LIMIT)
    # paramiko waits without limit for a server's answer to exec: the watchdog ends any wait
    watchdog = threading.Timer(deadline.left, _close, [channel])
    watchdog.daemon = True
    watchdog.start()
    try:
        channel.exec_command(line)
        output.start()
        stderr.start()
        exit_status = channel.recv_exit_status()
        in_time = not deadline.passed
        linger = Deadline(_LINGER_SECONDS, within=deadline)
        output.join(linger.left)
        stderr.join(linger.left)
    except Exception as error:  # noqa: BLE001 - as above
        raise _stopped(deadline, b"", f"the command was not run: {clean(str(error))}") from None
    finally:
        watchdog.cancel()
        _close(channel)
    for stream in (output, stderr):
        if stream.flooded:
            raise ProbeFailed(
                Cause.UNPARSABLE, f"more than {stream.limit} bytes came back", remedy=_WHERE_A_FLOOD_BEGINS
            )
    if exit_status == _NO_STATUS or not in_time:
        otherwise = "it was killed, or the connection was lost"
        raise _stopped(deadline, output.content, otherwise, stderr=stderr.content)
    return CommandResult(exit_status, output.content, stderr.content)


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
        # to read is to write, too: paramiko tells the server how much more may come
        with contextlib.suppress(Exception):
            while not self.flooded and (chunk := self._receive(_CHUNK)):
                self.content += chunk
        if self.flooded:
            _close(self._channel)


def _close(channel: paramiko.Channel) -> None:
    """Close, whatever has become of the connection: the server is told, too, if it still listens."""
    with contextlib.suppress(Exception):
        channel.close()


def _stopped(deadline: Deadline, output: bytes, otherwise: str, *, stderr: bytes = b"") -> ProbeFailed:
    if not deadline.passed:
        return ProbeFailed(Cause.SINFO_FAILED, otherwise)
    what = "sinfo has not ended" if output.strip() else "not even the login shell has answered"
    # without its configuration, for one, sinfo says so and tries for a minute
    last = next((line for line in map(clean, reversed(stderr.splitlines())) if line), "")
    said = f"; the last that was said: {last}" if last else ""
    return ProbeFailed(Cause.SCHEDULER_TIMEOUT, f"{what} within {deadline.seconds:.0f} s{said}")
