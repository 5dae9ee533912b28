"""act, a third-party runner of workflows, with its own artifact server (github.com/nektos/act)."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.image import docker
from tests.servers import process
from tests.servers.port import LOOPBACK, free_ports

_RUN_SECONDS = 120
_KEPT_VOLUME = "act-toolcache"  # act keeps it for later runs
WORKFLOW_FILE = "under-act.yml"
_WORKFLOW = f".github/workflows/{WORKFLOW_FILE}"
# act copies files to /var/run/act, and some engines do not follow an absolute link when they copy
_JOB_IMAGE = "FROM {base}\nRUN ln --symbolic --force --no-dereference ../run /var/run\n"


class ActError(RuntimeError):
    """act is missing, or a workflow failed; the message ends with its log."""


class Act:
    """Runs workflows in a checkout. What it creates in the engine is removed with the context.

    The job runs in a container on the network of the machine, because the servers of the tests are on
    loopback. The container of a Docker action shares this network.
    """

    def __init__(self, checkout: Path, directory: Path) -> None:
        [self._port] = free_ports(1)
        self._checkout = checkout
        self._job = directory / "job"
        self._home = directory / "home"
        self._name = f"under-test-{secrets.token_hex(4)}"  # act puts it into the names of containers
        self.artifacts = directory / "artifacts"
        self.results_url = f"http://{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        docker.require_engine()
        configuration = self._home / "act" / "actrc"  # without it, act asks for the image of its jobs
        for folder in (self.artifacts, self._job, configuration.parent):
            folder.mkdir(parents=True)
        configuration.touch()
        (self._job / "Dockerfile").write_text(_JOB_IMAGE.format(base=docker.base_image()), encoding="utf-8")
        docker.run("build", "--quiet", "--tag", self._name, str(self._job))
        self._volumes = _volumes()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        containers = docker.run("ps", "--all", "--format", "{{.Names}}", "--filter", f"name={self._name}")
        for container in containers.split():
            docker.remove(container)
        for volume in _volumes() - self._volumes:
            if self._name in volume or volume == _KEPT_VOLUME:
                docker.run("volume", "rm", "--force", volume)
        docker.run("rmi", "--force", self._name)

    def run(self, workflow: str, *, variables: Mapping[str, str], secret: Mapping[str, str]) -> str:
        """Run the workflow, and return the log. Raises ActError."""
        (self._checkout / _WORKFLOW).write_text(f"name: {self._name}\n{workflow}", encoding="utf-8")
        command = [
            *(_program(), "push", "--workflows", _WORKFLOW, "--rm", "--pull=false", "--no-cache-server"),
            *("--platform", f"ubuntu-latest={self._name}", "--container-daemon-socket", "-"),
            *("--artifact-server-path", str(self.artifacts)),
            *("--artifact-server-addr", LOOPBACK, "--artifact-server-port", str(self._port)),
            *(option for name, value in variables.items() for option in ("--env", f"{name}={value}")),
            *(
                option for name in secret for option in ("--secret", name)
            ),  # act takes it from its environment
        ]
        engine = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
        with subprocess.Popen(
            command,
            cwd=self._checkout,
            env={
                **engine,
                **secret,
                "PATH": os.environ["PATH"],
                "HOME": str(self._home),
                "XDG_CONFIG_HOME": str(self._home),
                "ACT_DISABLE_VERSION_CHECK": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as running:
            try:
                log, _ = running.communicate(timeout=_RUN_SECONDS)
            finally:
                process.end(
                    [*process.descendants(running.pid), running.pid] if running.poll() is None else []
                )
        if running.returncode != 0:
            raise ActError(f"act ended with status {running.returncode}:\n{log}")
        return log


def _volumes() -> set[str]:
    return set(docker.run("volume", "ls", "--quiet").split())


def _program() -> str:
    found = os.environ.get("ACT") or shutil.which("act")
    if not found:
        raise ActError("act is not installed. Run scripts/test-act, which installs it.")
    return found
