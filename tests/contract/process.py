"""The action as a process, with an SSH server, a Discord and a history file of the test.

A process can be killed before one of its steps. An audit hook sees each file before it is opened or renamed,
and each connection before it begins. The action is not changed, except for the time of day where a test
sets it.
"""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import paramiko

from tests.fakes.discord import LoopbackDiscord
from tests.fakes.file_commands import read_outputs
from tests.fakes.ssh import (
    HOST,
    PASSWORD,
    USER,
    LoopbackServer,
    ServerConnection,
    SshServer,
    ed25519,
    sinfo_output,
)
from tests.fakes.workflow_commands import read_commands

ROOT = Path(__file__).parents[2]
SECONDS = 60
LAUNCHER = """
import os, runpy, signal, sys
from datetime import timedelta

kill_before, seconds_later, entrypoint = sys.argv[1:]
steps = {}

def step_of(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        return f"connect {arguments[1][1]}"
    if event == "os.rename":
        return "rename"
    if event == "open":
        name = os.path.basename(str(arguments[0]))
        return "write new" if name.startswith(".history.json.") else f"open {name}"
    return None

def watch(event, arguments):
    step = step_of(event, arguments)
    if step is None:
        return
    steps[step] = steps.get(step, 0) + 1
    if f"{step} {steps[step]}" == kill_before:
        os.kill(os.getpid(), 9)

if int(seconds_later):
    from cluster_status.adapters.clock import SystemClock
    now = SystemClock.now
    SystemClock.now = lambda clock: now(clock) + timedelta(seconds=int(seconds_later))
sys.addaudithook(watch)
runpy.run_path(entrypoint, run_name="__main__")
"""


class Ended(NamedTuple):
    """A process that is over; a negative exit status is the signal that killed it."""

    exit_status: int
    log: str
    outputs: Mapping[str, str]

    @property
    def annotations(self) -> list[str]:
        return [command.data for command in read_commands(self.log) if command.name in _ANNOTATIONS]


_ANNOTATIONS = {"notice", "warning", "error"}


class Site:
    """A cluster, a channel and a workspace, in which the action runs as on GitHub's runner."""

    def __init__(
        self, workspace: Path, server: LoopbackServer, ssh_server: SshServer, discord: LoopbackDiscord
    ) -> None:
        self.workspace = workspace
        self.server = server
        self.ssh_server = ssh_server
        self.discord = discord
        self.history_file = workspace / "history.json"
        self.inputs: dict[str, str] = {}  # beside those of each run
        self._process: subprocess.Popen[str] | None = None
        self._read = 0

    def poll(self, *, kill_before: str = "", seconds_later: int = 0) -> Ended:
        """Run once, and wait for the end."""
        with self.polling(kill_before=kill_before, seconds_later=seconds_later) as process:
            log, _ = process.communicate(timeout=SECONDS)
        outputs = self.workspace / "outputs"
        return Ended(process.returncode, log, read_outputs(outputs.read_text()) if outputs.exists() else {})

    @contextmanager
    def polling(self, *, kill_before: str = "", seconds_later: int = 0) -> Iterator[subprocess.Popen[str]]:
        """Run at the same time as the test; kill the process at the end of the context."""
        (self.workspace / "outputs").unlink(missing_ok=True)
        command = [
            sys.executable,
            "-c",
            LAUNCHER,
            kill_before,
            str(seconds_later),
            str(ROOT / "entrypoint.py"),
        ]
        with subprocess.Popen(
            command, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            self._process = process
            try:
                yield process
            finally:
                process.kill()

    def kill(self) -> None:
        """Kill the process that runs; a server or a thread of the test may call this."""
        if self._process is None:
            raise RuntimeError("no process runs")
        os.kill(self._process.pid, signal.SIGKILL)

    def headlines(self) -> list[str]:
        """Return the statuses in the headlines that arrived since the last call."""
        messages = self.discord.messages[self._read :]
        self._read += len(messages)
        return [message["embeds"][0]["title"].partition(" mscluster is ")[2] for message in messages]

    def environment(self) -> dict[str, str]:
        inputs = {
            "cluster-host": HOST,
            "cluster-port": str(self.server.port),
            "cluster-user": USER,
            "cluster-password": PASSWORD,
            "cluster-host-key": f"ssh-ed25519 {base64.b64encode(ed25519().asbytes()).decode()}",
            "cluster-name": "mscluster",
            "discord-webhook": self.discord.webhook_url,
            "history-store": "file",
            "attempts": "1",
            **self.inputs,
        }
        return {f"INPUT_{name.upper()}": value for name, value in inputs.items()} | {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.workspace / "outputs"),
            "GITHUB_STEP_SUMMARY": str(self.workspace / "summary"),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONUNBUFFERED": "1",  # as in the image
        }


@contextmanager
def site(workspace: Path) -> Iterator[Site]:
    ssh_server = SshServer()
    with LoopbackServer(ssh_server) as server, LoopbackDiscord() as discord:
        yield Site(workspace, server, ssh_server, discord)


def without_nodes(_: ServerConnection, channel: paramiko.Channel, boundary: str) -> None:
    """Answer as a cluster without a node in service: it is offline, without a confirmation."""
    channel.sendall(sinfo_output(boundary).replace(b"idle", b"down"))
    channel.send_exit_status(0)
