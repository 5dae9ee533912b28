"""A login shell: runs a line as sshd would, in a real shell, so that what comes back is real, too."""

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

import paramiko

_PROGRAMS = Path(__file__).parent / "bin"
_ENVIRONMENT = {"PATH": f"{_PROGRAMS}:/usr/bin:/bin", "HOME": "/"}


class LoginShell:
    """Runs one line and hands a channel its output, its complaints and its exit status."""

    def __init__(self, channel: paramiko.Channel, line: bytes) -> None:
        self._channel = channel
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", line],
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that it ends with everything it started
        )
        self._answering = threading.Thread(target=self._answer)
        self._answering.start()

    def end(self) -> None:
        """End what still runs, and return when all is over."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._answering.join()

    def _answer(self) -> None:
        output, complaint = self._process.communicate()
        # the client may have left, or be about to: nobody else waits for an answer
        with contextlib.suppress(OSError, paramiko.SSHException), self._channel as channel:
            channel.sendall(output)
            channel.sendall_stderr(complaint)
            if self._process.returncode >= 0:  # one that was killed has none
                channel.send_exit_status(self._process.returncode)
