"""The action as users run it: a process with inputs, a history file and a channel, run after run."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cluster_status.domain.history import codec
from cluster_status.domain.history.history import History
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.file_commands import read_outputs
from tests.servers import process
from tests.servers.openssh import OpenSSH

ROOT = Path(__file__).parents[2]
_TIMEOUT_SECONDS = 60
_NAME = "mscluster"


def authorized_keys(*arguments: str, **variables: str) -> list[str]:
    """Return the lines that `cluster-status authorized-keys` prints."""
    command = [sys.executable, "-m", "cluster_status.cli", "authorized-keys", *arguments]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **variables}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()


class Run(NamedTuple):
    """The results of one run."""

    exit_status: int
    log: str
    outputs: Mapping[str, str]
    summary: str
    seconds: float
    peak_bytes: int

    @property
    def partitions(self) -> dict[str, Any]:
        return {partition["name"]: partition for partition in json.loads(self.outputs["partitions"])}

    @property
    def remedy(self) -> str:
        """The remedy of the verdict, which the log and the summary contain; empty if there is none."""
        found = re.search(r"^.*What to do: (.+)$", self.summary, re.MULTILINE)
        return re.sub(r"\\(.)", r"\1", found[1]) if found else ""

    @property
    def annotations(self) -> list[tuple[str, str]]:
        """The level and text of each annotation in the log."""
        return re.findall(r"^::(notice|warning|error)::(.+)$", self.log, re.MULTILINE)

    @property
    def warnings(self) -> list[str]:
        """The warnings in the log, without that of the verdict."""
        return [
            text
            for level, text in self.annotations
            if level == "warning" and not text.startswith(f"{_NAME} is ")
        ]


class Monitor:
    """Runs the action against a server and a channel, with the variables that GitHub's runner sets."""

    def __init__(self, directory: Path, openssh: OpenSSH, discord: LoopbackDiscord) -> None:
        self._directory = directory
        self._discord = discord
        self.history_file = directory / "history.json"
        self.inputs = {
            "cluster-host": openssh.host,
            "cluster-port": str(openssh.port),
            "cluster-user": openssh.user,
            "cluster-password": openssh.password,
            "cluster-host-key": openssh.known_hosts_line,
            "cluster-name": _NAME,
            "discord-webhook": discord.webhook_url,
            "history-store": "file",
            "attempt-delay": "0.1",
        }
        self.started_by: tuple[str | Path, ...] = ()
        self.program: tuple[str | Path, ...] = (ROOT / "entrypoint.py",)
        self.variables: dict[str, str] = {}

    def poll(self, **changes: str) -> Run:
        """Run once; `changes` are inputs, with underscores for hyphens."""
        outputs, summary = self._directory / "outputs", self._directory / "summary"
        for file in (outputs, summary):
            file.write_text("")
        inputs = self.inputs | {name.replace("_", "-"): value for name, value in changes.items()}
        environment = {f"INPUT_{name.upper()}": value for name, value in inputs.items()} | {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self._directory),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_API_URL": self._discord.webhook_url,  # for the connectivity check
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src"),
            **self.variables,
        }
        peak = self._directory / "peak"
        meter: tuple[str | Path, ...] = (
            sys.executable,
            "-I",
            "-S",
            Path(__file__).with_name("meter.py"),
            peak,
        )
        begun = time.monotonic()
        exit_status, log = _run([*self.started_by, *meter, sys.executable, *self.program], environment)
        return Run(
            exit_status,
            log,
            read_outputs(outputs.read_text()),
            summary.read_text(),
            seconds=time.monotonic() - begun,
            peak_bytes=int(peak.read_text()),
        )

    def poll_locally_from_now_on(self, home: Path) -> None:
        """Run the program without its container, and its commands on this machine."""
        needless = ("port", "user", "password", "host-key")
        self.inputs["cluster-host"] = "local"
        for name in needless:
            del self.inputs[f"cluster-{name}"]
        self.program = ("-m", "cluster_status.cli")
        self.variables["HOME"] = str(home)

    def history(self) -> History:
        return codec.parse(self.history_file.read_bytes()).of(_NAME)

    def headlines(self) -> list[str]:
        """Return the titles of the messages, without the emoji."""
        return [message["embeds"][0]["title"].partition(" ")[2] for message in self._discord.messages]


def _run(command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[int, str]:
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            log, _ = running.communicate(timeout=_TIMEOUT_SECONDS)
        except BaseException:
            process.end(process.freeze(running.pid), grace_seconds=0)
            raise
    return running.returncode, log
