"""The command-line client of Docker, which GitHub's runner uses too, and the image of this repository."""

import json
import os
import secrets
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from release import image
from tests.servers.daemon import wait_until

ROOT = Path(__file__).parents[2]
_BUILD_SECONDS = 600


class DockerError(RuntimeError):
    """Docker is missing, or a command failed; the message ends with its error output."""


def program() -> str:
    """Return the path of the client; the environment of a step may have any PATH."""
    found = shutil.which("docker")
    if not found:
        raise DockerError("the tests of the image need Docker: no `docker` is on the PATH")
    return found


def require_engine() -> None:
    """Raise DockerError unless an engine answers."""
    answer = _run("version", "--format", "{{.Server.Version}}")
    if answer.returncode != 0:
        where = os.environ.get("DOCKER_HOST") or "its usual socket (DOCKER_HOST is not set)"
        raise DockerError(
            "the tests of the image need a Docker engine, "
            f"and none answers at {where}: {answer.stderr.strip()}"
        )


def run(*arguments: str, timeout_seconds: float = 60) -> str:
    """Run one command of the client and return its output."""
    answer = _run(*arguments, timeout_seconds=timeout_seconds)
    if answer.returncode != 0:
        raise DockerError(f"docker {' '.join(arguments)} failed: {answer.stderr.strip()}")
    return answer.stdout


def remove(container: str) -> None:
    """End and remove a container. It may have ended already, or never have started."""
    with suppress(DockerError):
        run("rm", "--force", container)
    wait_until(lambda: not run("ps", "--all", "--quiet", "--filter", f"name={container}"), 10)


def describe(name: str) -> dict[str, Any]:
    """Return the description of an image by `docker image inspect`."""
    [found] = json.loads(run("image", "inspect", name))
    return dict(found)


def base_image() -> str:
    """Return the name of the base image in the Dockerfile."""
    return image.base_image((ROOT / "Dockerfile").read_text(encoding="utf-8"))


class Image:
    """The image of this repository, which exists within the context. Its containers end with the context.

    Its name is also the label of its containers. `source` may be another checkout.
    """

    def __init__(self, source: Path = ROOT, *options: str) -> None:
        self._build = (*options, str(source))
        self.name = f"cluster-status-under-test-{secrets.token_hex(4)}"

    def __enter__(self) -> Self:
        require_engine()
        run("build", "--quiet", "--tag", self.name, *self._build, timeout_seconds=_BUILD_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for container in self.containers():
            remove(container)
        run("rmi", "--force", self.name)

    def containers(self) -> list[str]:
        """Return the names of its containers, running or not."""
        return run("ps", "--all", "--format", "{{.Names}}", "--filter", f"label={self.name}").split()


def _run(*arguments: str, timeout_seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_seconds,
        check=False,
    )
