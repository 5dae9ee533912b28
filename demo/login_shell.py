"""Runs a command line in a real shell, as sshd does."""

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
    """Runs one command line; `answer` sends its stdout, stderr and exit status to a channel."""

    def __init__(self, channel: paramiko.Channel, line: bytes) -> None:
        self._channel = channel
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", line],
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that all of its processes can be killed
        )
        self._answering = threading.Thread(target=self._answer)

    def answer(self) -> None:
        """Send the answer as soon as the command ends; only after the request was answered."""
        self._answering.start()

    def end(self) -> None:
        """Kill the command if it still runs, and wait for its end."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._answering.ident is not None:
            self._answering.join()

    def _answer(self) -> None:
        output, errors = self._process.communicate()
        # the client may have closed the connection
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException), self._channel as channel:
            channel.sendall(output)
            channel.sendall_stderr(errors)
            if self._process.returncode >= 0:  # negative if it was killed
                channel.send_exit_status(self._process.returncode)
