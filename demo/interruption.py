"""Handles Ctrl-C without an exception: passes the signal on, and the demo ends in order."""

import signal
import subprocess
from types import FrameType


class Interruption:
    """Remembers a signal, and terminates the running poll."""

    def __init__(self) -> None:
        self._number = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def exit_status(self) -> int:
        """128 + signal number; 0 without a signal."""
        return 128 + self._number if self._number else 0

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._handle)

    def wait_for(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the end of `process`; a signal terminates it."""
        self._process = process
        if self._number:  # the signal came while the process was being started
            process.terminate()
        status = process.wait()
        self._process = None
        return status

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        process = self._process
        if process and self._number:  # second signal
            process.kill()
        elif process:
            process.terminate()
        self._number = number
