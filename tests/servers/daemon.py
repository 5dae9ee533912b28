"""A server that runs in the foreground, as a child process: wait for it, and end it with its descendants."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.servers import process

POLL_SECONDS = 0.02
_LOG_LINES_SHOWN = 40


class DaemonError(RuntimeError):
    """A server does not run or answer; the message ends with its log."""


def wait_until(
    condition: Callable[[], bool],
    timeout_seconds: float,
    explain: Callable[[], str] = lambda: "the condition does not hold",
) -> None:
    """Return when the condition holds; after the timeout raise a TimeoutError with an explanation."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout_seconds} s: {explain()}")
        time.sleep(POLL_SECONDS)


class Daemon:
    """One foreground process, whose output goes to a log."""

    def __init__(self, command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str]) -> None:
        self.command = [str(word) for word in command]
        self.log = log
        self.environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise DaemonError(f"{self.command[0]} was not started")
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def launch(self) -> None:
        """Start without waiting, so that several can start at the same time."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tests, which end their servers
            )

    def wait_until_ready(self, is_ready: Callable[[], bool], *, timeout_seconds: float = 10) -> None:
        """Return when it answers; if it does not, end it and raise DaemonError with its log."""

        def is_up() -> bool:
            self.check_running()
            return is_ready()

        try:
            wait_until(is_up, timeout_seconds, explain=lambda: self._describe("does not answer"))
        except BaseException:  # also after Ctrl-C
            self.kill()
            raise

    def check_running(self) -> None:
        if not self.is_running:
            raise DaemonError(self._describe("has ended"))

    def pause(self) -> None:
        """Stop the process: the kernel accepts connections, but they get no answer."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self, *, grace_seconds: float = 3) -> None:
        """End it and its descendants, with time to clean up."""
        if self._child is None:
            return
        if self.is_running:
            process.end(process.freeze(self.pid), grace_seconds=grace_seconds)
        self.reap()

    def kill(self) -> None:
        """End it and its descendants at once, as a crash does."""
        self.stop(grace_seconds=0)

    def reap(self) -> None:
        """Wait for a process that was ended from outside."""
        if self._child is not None:
            self._child.wait()
            self._child = None

    def log_tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])

    def _describe(self, problem: str) -> str:
        return f"{' '.join(self.command)} {problem}; its log:\n{self.log_tail()}"
