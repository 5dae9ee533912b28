"""One process with its group: its output is counted as it arrives, and its end is enforced."""

import contextlib
import os
import selectors
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

from cluster_status.deadline import Deadline
from cluster_status.domain.execution import (
    CommandError,
    CommandKilledError,
    CommandRefusedError,
    CommandResult,
    CommandTimeoutError,
    Limits,
    OutputLimitError,
)

_CHUNK = 32_768
_POLL_SECONDS = 0.05
_ENDING_SECONDS = 0.005  # once its output is closed
# A background process of the login can keep the output open after the command has ended.
_LINGER_SECONDS = 1.0
_REAP_SECONDS = 1.0  # a process that waits for a file server cannot be killed


class BoundedProcess:
    """Starts at once, without input and without a terminal."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Raise CommandRefusedError if the process cannot be started."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the line is one of domain/slurm/commands.py
                arguments,
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:  # such as the limit of processes of the account
            raise CommandRefusedError(f"{arguments[0]} was not started: {error.strerror}") from None
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._lock = Lock()

    def result(self, limits: Limits, deadline: Deadline) -> CommandResult:
        """Wait for the end and return the result; raise CommandError if there is none."""
        try:
            in_time = self._read({"stdout": limits.stdout_bytes, "stderr": limits.stderr_bytes}, deadline)
        except OutputLimitError as error:
            raise self._with_output(error) from None
        self.kill()
        if not in_time:
            raise self._with_output(CommandTimeoutError("the command did not finish in time"))
        if self._process.returncode is None or self._process.returncode < 0:
            raise self._with_output(CommandKilledError("the command was killed"))
        stdout, stderr = map(bytes, self._output.values())
        return CommandResult(self._process.returncode, stdout, stderr)

    def kill(self) -> None:
        """Kill what is left of the group. It may be called again, and from another thread."""
        with self._lock:
            if self._process.returncode is not None:
                return  # it is reaped: another group may have its id
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_SECONDS)

    def _read(self, limits: Mapping[str, int], deadline: Deadline) -> bool:
        """Read both streams until they and the process have ended; return False at the deadline."""
        linger: Deadline | None = None
        with self._streams() as selector:
            while selector.get_map() or linger is None:
                if deadline.passed:
                    return linger is not None
                if linger and linger.passed:
                    return True
                pause = _POLL_SECONDS if selector.get_map() else _ENDING_SECONDS
                for key, _ in selector.select(min(deadline.left, pause)):
                    self._take(selector, key, limits)
                if linger is None and self._has_ended():
                    linger = deadline.part(_LINGER_SECONDS)
        return True

    @contextlib.contextmanager
    def _streams(self) -> Iterator[selectors.BaseSelector]:
        """Return a selector of both streams; close them at the end."""
        with contextlib.ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            for name, stream in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
                if stream:
                    selector.register(stack.enter_context(stream), selectors.EVENT_READ, name)
            yield selector

    def _take(
        self, selector: selectors.BaseSelector, key: selectors.SelectorKey, limits: Mapping[str, int]
    ) -> None:
        chunk = os.read(key.fd, _CHUNK)
        output = self._output[key.data]
        output += chunk
        if len(output) > limits[key.data]:
            raise OutputLimitError(f"the command printed more than {limits[key.data]} bytes")
        if not chunk:
            selector.unregister(key.fileobj)

    def _has_ended(self) -> bool:
        """Return whether the process has ended, and do not reap it, so that its group keeps its id."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        with self._lock:  # another thread may kill and reap it
            is_reaped = self._process.returncode is not None
            return is_reaped or os.waitid(os.P_PID, self._process.pid, options) is not None

    def _with_output(self, error: CommandError) -> CommandError:
        error.stdout, error.stderr = map(bytes, self._output.values())
        return error
