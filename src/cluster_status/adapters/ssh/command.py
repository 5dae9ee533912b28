"""Runs one command in a session, within its limits."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import paramiko

from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import (
    CommandError,
    CommandKilledError,
    CommandRefusedError,
    CommandResult,
    CommandTimeoutError,
    ConnectionLostError,
    Limits,
    OutputLimitError,
)

_CHUNK = 32_768
_NO_STATUS = -1
# A background process of the login can keep the output open after the command has ended.
_LINGER_SECONDS = 1.0


def run(session: Session, command: str, limits: Limits) -> CommandResult:
    """See `ports.Executor.run`."""
    deadline = Deadline(limits.seconds)
    with _channel(session, deadline) as channel:
        stdout = _Stream(channel, channel.recv, limits.stdout_bytes)
        stderr = _Stream(channel, channel.recv_stderr, limits.stderr_bytes)
        try:
            channel.exec_command(command)
            with contextlib.suppress(Exception):  # a quick command has ended, and the connection as well
                channel.shutdown_write()  # a login script that reads its input would wait for it
            stdout.start()
            stderr.start()
            exit_status = channel.recv_exit_status()
            in_time = not deadline.passed
            linger = deadline.part(_LINGER_SECONDS)
            stdout.join(linger.left)
            stderr.join(linger.left)
            has_ended = not (stdout.is_alive() or stderr.is_alive())
            may_be_cut = has_ended and not channel.eof_received and session.is_lost()
        except Exception as error:  # noqa: BLE001 - paramiko raises all kinds for malformed packets
            raise _not_started(session, deadline, error) from None
    for stream in (stdout, stderr):
        if stream.exceeds_limit:
            detail = f"the command printed more than {stream.limit} bytes"
            raise OutputLimitError(detail, stdout=stdout.content, stderr=stderr.content)
    if exit_status == _NO_STATUS or not in_time:
        raise _unfinished(session, stdout.content, stderr.content, in_time=in_time)
    return CommandResult(exit_status, stdout.content, stderr.content, may_be_cut=may_be_cut)


@contextlib.contextmanager
def _channel(session: Session, deadline: Deadline) -> Iterator[paramiko.Channel]:
    """Open a channel and close it at the deadline, which ends any wait for it."""
    if deadline.passed:
        raise _not_started(session, deadline, TimeoutError())
    session.transport.clear_to_send_timeout = deadline.left  # for a key exchange that the server begins
    opened: list[paramiko.Channel] = []

    def close() -> None:
        for channel in opened:
            _close(channel)

    # paramiko waits without limit for the reply to exec and for the exit status
    with session.aborted_after(deadline, close):
        try:
            opened.append(session.open_channel(deadline))
        except Exception as error:  # noqa: BLE001 - paramiko raises all kinds for malformed packets
            raise _not_started(session, deadline, error) from None
        try:
            yield opened[0]
        finally:
            close()


class _Stream(threading.Thread):
    """Reads one of a channel's two streams. Both are read at once, because a full one blocks the other."""

    def __init__(self, channel: paramiko.Channel, receive: Callable[[int], bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self._received = bytearray()  # appending to bytes would copy them each time
        self._channel = channel
        self._receive = receive
        self.limit = limit

    @property
    def content(self) -> bytes:
        return bytes(self._received)

    @property
    def exceeds_limit(self) -> bool:
        return len(self._received) > self.limit

    def run(self) -> None:
        # reading also writes: paramiko allows the server to send more
        with contextlib.suppress(Exception):
            while not self.exceeds_limit and (chunk := self._receive(_CHUNK)):
                self._received += chunk
        if self.exceeds_limit:
            _close(self._channel)


def _close(channel: paramiko.Channel) -> None:
    """Close the channel, also if the connection has ended."""
    with contextlib.suppress(Exception):
        channel.close()


def _not_started(session: Session, deadline: Deadline, error: Exception) -> CommandError:
    if session.violation:
        return OutputLimitError(session.violation)
    if deadline.passed:
        return CommandTimeoutError("the server did not start the command in time")
    if session.is_lost():
        return ConnectionLostError("the connection was lost before the command")
    return CommandRefusedError(f"the server did not run the command: {session.cleaned(error)}")


def _unfinished(session: Session, stdout: bytes, stderr: bytes, *, in_time: bool) -> CommandError:
    if session.violation:
        return OutputLimitError(session.violation, stdout=stdout, stderr=stderr)
    if not in_time:
        return CommandTimeoutError("the command did not finish in time", stdout=stdout, stderr=stderr)
    if session.is_lost():
        return ConnectionLostError("the connection was lost", stdout=stdout, stderr=stderr)
    return CommandKilledError("the command was killed", stdout=stdout, stderr=stderr)
