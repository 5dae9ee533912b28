"""Ctrl-C, taken note of and passed on: nothing is torn down half-way, since nothing is raised."""

import signal
import subprocess
from types import FrameType


class Interruption:
    """The wish to end the show, and the process that is to hear of it."""

    def __init__(self) -> None:
        self._number = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def exit_status(self) -> int:
        """What to end with; 0 as long as nobody wishes to end."""
        return 128 + self._number if self._number else 0

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def wait_for(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the end of `process`, which comes sooner when somebody wishes so."""
        self._process = process
        if self._number:  # the wish came while it was being started
            process.terminate()
        status = process.wait()
        self._process = None
        return status

    def _note(self, number: int, _frame: FrameType | None) -> None:
        process = self._process
        if process and self._number:  # the second time, politeness is over
            process.kill()
        elif process:
            process.terminate()
        self._number = number
