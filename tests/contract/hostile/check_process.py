"""The action as a process that checks one SSH server, with its peak memory and its time."""

import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.fakes.file_commands import read_outputs
from tests.fakes.ssh import HOST, PASSWORD, USER, Handler, LoopbackServer, ed25519
from tests.fakes.workflow_commands import read_commands

ROOT = Path(__file__).parents[3]
_METER = ROOT / "tests/real/meter.py"
_TIMEOUT_SECONDS = 50
_RECEIVE_BUFFER = 4_096
CONNECT_SECONDS, COMMAND_SECONDS = 1, 1
# the time limits of a check with these inputs: connection, handshake, login, sinfo in two kinds of shell,
# and optional commands
CHECK_SECONDS = 4 * CONNECT_SECONDS + 2 * COMMAND_SECONDS


class Checked(NamedTuple):
    """The results of one check."""

    exit_status: int
    status: str
    cause: str
    detail: str
    seconds: float
    peak_bytes: int


def check(handler: Handler) -> Checked:
    """Check a server with this handler once, as a container does."""
    with tempfile.TemporaryDirectory() as directory, LoopbackServer(handler) as server:
        # small, so that a server that reads nothing soon blocks the client
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        outputs, peak = Path(directory, "outputs"), Path(directory, "peak")
        begin = time.monotonic()
        ended = subprocess.run(
            [sys.executable, _METER, peak, sys.executable, ROOT / "entrypoint.py"],
            env=_environment(server.port, outputs),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        seconds = time.monotonic() - begin
        published = read_outputs(outputs.read_text()) if outputs.exists() else {}
        details = [one.data for one in read_commands(ended.stdout) if one.name in {"warning", "error"}]
        return Checked(
            ended.returncode,
            published.get("status", ""),
            published.get("cause", ""),
            " ".join(details),
            seconds,
            int(peak.read_text(encoding="ascii")),
        )


def _environment(port: int, outputs: Path) -> dict[str, str]:
    inputs = {
        "command": "check",
        "cluster-host": HOST,
        "cluster-port": str(port),
        "cluster-user": USER,
        "cluster-password": PASSWORD,
        "cluster-host-key": f"ssh-ed25519 {base64.b64encode(ed25519().asbytes()).decode()}",
        "cluster-connect-timeout": str(CONNECT_SECONDS),
        "cluster-command-timeout": str(COMMAND_SECONDS),
        "attempts": "1",
    }
    return {f"INPUT_{name.upper()}": value for name, value in inputs.items()} | {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(outputs),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
    }
