"""Run one command in a session: within its time, with bounded output."""

import threading
from collections.abc import Callable

import paramiko
from msgspec import Struct

from cluster_status.adapters.ssh.stop import Deadline, Stopped
from cluster_status.domain.cause import Cause
from cluster_status.domain.text import clean

_OUTPUT_LIMIT = 2_000_000  # bytes; 5,000 nodes in 200 partitions give 16,000
_COMPLAINT_LIMIT = 20_000
_CHUNK = 32_768
_NO_STATUS = -1


class Answer(Struct, frozen=True):
    exit_status: int
    output: bytes
    complaint: bytes


def run(transport: paramiko.Transport, line: str, deadline: Deadline) -> Answer:
    """Return what the command printed and how it ended; raise Stopped if it did not end as it should."""
    try:
        channel = transport.open_session(timeout=deadline.left)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _stopped(deadline, b"", f"no command can be run: {clean(str(error))}") from None
    # paramiko waits without limit for a server's answer to exec: the watchdog ends any wait
    watchdog = threading.Timer(deadline.left, channel.close)
    watchdog.daemon = True
    watchdog.start()
    output = b""
    try:
        channel.exec_command(line)
        output = _drain(channel.recv, _OUTPUT_LIMIT)
        if len(output) > _OUTPUT_LIMIT:
            raise Stopped(Cause.UNPARSABLE, f"more than {_OUTPUT_LIMIT} bytes came back")
        complaint = _drain(channel.recv_stderr, _COMPLAINT_LIMIT)
        exit_status = channel.recv_exit_status()
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _stopped(deadline, output, f"the command was not run: {clean(str(error))}") from None
    finally:
        watchdog.cancel()
        channel.close()
    if deadline.passed or exit_status == _NO_STATUS:
        raise _stopped(deadline, output, "it was killed, or the connection was lost")
    return Answer(exit_status, output, complaint)


def _drain(receive: Callable[[int], bytes], limit: int) -> bytes:
    """Read to the end, or until there is more than `limit`."""
    chunks, size = [], 0
    while size <= limit and (chunk := receive(_CHUNK)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def _stopped(deadline: Deadline, output: bytes, otherwise: str) -> Stopped:
    if not deadline.passed:
        return Stopped(Cause.SINFO_FAILED, otherwise)
    what = "sinfo has not ended" if output.strip() else "not even the login shell has answered"
    return Stopped(Cause.SCHEDULER_TIMEOUT, f"{what} within {deadline.seconds:.0f} s")
