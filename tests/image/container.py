"""Runs the image as GitHub's runner runs a Docker container action: the same flags, mounts and variables.

Source: actions/runner 2.336.0, `DockerCommandManager.DockerRun` and `ContainerActionHandler`. There are two
differences. The network is that of the machine, because the servers of the tests are on loopback. The Docker
socket is not mounted, so that no code under test can reach the engine.
"""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.fakes.file_commands import read_outputs
from tests.image import docker
from tests.image.docker import ROOT, DockerError, Image
from tests.servers.daemon import wait_until

RUN_SECONDS = 60.0
_FILE_COMMANDS = {
    "GITHUB_ENV": "set_env",
    "GITHUB_OUTPUT": "set_output",
    "GITHUB_PATH": "add_path",
    "GITHUB_STATE": "save_state",
    "GITHUB_STEP_SUMMARY": "step_summary",
}
_INPUTS: Mapping[str, Mapping[str, str]] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))[
    "inputs"
]


class Ending(NamedTuple):
    """The results of a step."""

    exit_status: int
    log: str
    outputs: Mapping[str, str]
    summary: str
    for_later_steps: str  # additions to the environment, PATH and state of later steps


class Step:
    """One container that runs, or has ended."""

    def __init__(
        self, name: str, client: subprocess.Popen[bytes], log: Path, files: Mapping[str, Path]
    ) -> None:
        self.name = name
        self._client = client
        self._log = log
        self._files = files

    @property
    def log(self) -> str:
        return _text(self._log)

    def process_id(self) -> int:
        """Wait until the action runs; return its process id outside the container."""
        found = 0

        def is_running() -> bool:
            nonlocal found
            with suppress(DockerError):  # the container does not exist yet
                found = int(docker.run("container", "inspect", "--format", "{{.State.Pid}}", self.name))
            return found > 0

        wait_until(is_running, 10, explain=lambda: f"the action does not run:\n{self.log}")
        return found

    def cancel(self, number: signal.Signals) -> None:
        """Send a signal to the client, which forwards it, as the runner does when a run is cancelled.

        The client drops a signal for a container that the engine does not report as running yet.
        """
        self.process_id()
        self._client.send_signal(number)

    def end(self, *, timeout_seconds: float = RUN_SECONDS) -> Ending:
        """Wait for the end; TimeoutError with the log if it does not come."""
        try:
            exit_status = self._client.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(
                f"the step has not ended within {timeout_seconds} s; its log:\n{self.log}"
            ) from None
        written = {variable: _text(file) for variable, file in self._files.items()}
        outputs, summary = written.pop("GITHUB_OUTPUT"), written.pop("GITHUB_STEP_SUMMARY")
        return Ending(exit_status, self.log, read_outputs(outputs), summary, "".join(written.values()))


class ContainerAction:
    """A self-hosted runner that runs steps with this action, one after the other or at the same time.

    `home` and `workspace` are the container's HOME and GITHUB_WORKSPACE; they are kept between steps.
    """

    def __init__(self, image: Image, directory: Path) -> None:
        self._image = image
        self._temporary = directory / "_temp"
        self.home = self._temporary / "_github_home"
        self.workspace = directory / "work"
        self._mounts = {
            self._temporary: "/github/runner_temp",
            self.home: "/github/home",
            self._temporary / "_github_workflow": "/github/workflow",
            self._temporary / "_runner_file_commands": "/github/file_commands",
            self.workspace: "/github/workspace",
        }
        self._logs = directory / "_logs"
        for path in (*self._mounts, self._logs):
            path.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def start(  # noqa: PLR0913  # each has a default
        self,
        inputs: Mapping[str, str],
        github: Mapping[str, str],
        *,
        env: Mapping[str, str] | None = None,
        override: Mapping[str, str] | None = None,
        network: str = "host",
        options: Sequence[str] = ("--rm",),
    ) -> Iterator[Step]:
        """Start a step; its container is removed after the test in any case.

        `inputs` are those of `with:`, `github` the variables of the workflow run, `env` the variables of the
        workflow. The variables of the runner override `env`; `override` overrides all others. `options` are
        additional flags of `docker run`.
        """
        number = secrets.token_hex(4)
        name = f"{self._image.name}-{number}"
        files = self._file_commands(number)
        variables = {
            **(env or {}),
            **_as_variables(inputs),
            **self._runner_context(files),
            **github,
            **(override or {}),
        }
        command = [
            *(docker.program(), "run", "--name", name, "--label", self._image.name),
            *("--workdir", "/github/workspace", *options),
            # names only: the client takes the values, with any characters, from its own environment
            *(option for variable in variables for option in ("-e", variable)),
            *("-e", "GITHUB_ACTIONS=true", *(() if "CI" in variables else ("-e", "CI=true"))),
            *("--network", network),
            *(option for path, inside in self._mounts.items() for option in ("-v", f"{path}:{inside}")),
            self._image.name,
        ]
        log = self._logs / number
        with (
            log.open("wb") as stream,
            subprocess.Popen(
                command,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            ) as client,
        ):
            try:
                yield Step(name, client, log, files)
            finally:
                if client.poll() is None or "--rm" not in options:
                    client.kill()
                    docker.remove(name)

    def _file_commands(self, number: str) -> Mapping[str, Path]:
        """Create the files that the runner reads after the step."""
        folder = self._temporary / "_runner_file_commands"
        files = {variable: folder / f"{prefix}_{number}" for variable, prefix in _FILE_COMMANDS.items()}
        for path in files.values():
            path.touch()
        return files

    def _runner_context(self, files: Mapping[str, Path]) -> Mapping[str, str]:
        return {
            "HOME": "/github/home",
            "GITHUB_ACTION": "__self",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_JOB": "poll",
            "GITHUB_WORKSPACE": "/github/workspace",
            **{variable: f"/github/file_commands/{path.name}" for variable, path in files.items()},
            "RUNNER_ARCH": "X64",
            "RUNNER_ENVIRONMENT": "self-hosted",
            "RUNNER_NAME": "loopback",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": "/github/runner_temp",
            "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache",
            "RUNNER_WORKSPACE": str(self.workspace.parent),
        }


def _as_variables(given: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that the runner sets: one for each declared input, with hyphens in its name."""
    unknown = given.keys() - _INPUTS.keys()
    if unknown:
        raise ValueError(f"action.yml declares no input {', '.join(sorted(unknown))}")
    # the only default in action.yml is an expression, and its value is in `given`
    return {f"INPUT_{name.upper()}": given.get(name, "") for name in _INPUTS}


def _text(file: Path) -> str:
    """Return the content with its own line ends."""
    return file.read_bytes().decode()
