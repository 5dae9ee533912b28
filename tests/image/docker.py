"""Docker, by its command-line client, which GitHub's runner uses too; and the image of this repository."""

import json
import os
import re
import secrets
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.servers.daemon import wait_until

ROOT = Path(__file__).parents[2]
_BUILD_SECONDS = 600


class DockerError(RuntimeError):
    """Docker is missing, or refuses; the message ends with its own words."""


def program() -> str:
    """Return the path of the client; the environment of a step may have any PATH."""
    found = shutil.which("docker")
    if not found:
        raise DockerError("the tests of the image need Docker: there is no `docker` on the PATH")
    return found


def demand_engine() -> None:
    """Raise DockerError unless an engine answers."""
    answer = _run("version", "--format", "{{.Server.Version}}")
    if answer.returncode != 0:
        where = os.environ.get("DOCKER_HOST") or "its usual socket (DOCKER_HOST is not set)"
        raise DockerError(
            "the tests of the image need a Docker engine, "
            f"and none answers at {where}: {answer.stderr.strip()}"
        )


def ask(*arguments: str, timeout_seconds: float = 60) -> str:
    """Run one command of the client and return what it prints."""
    answer = _run(*arguments, timeout_seconds=timeout_seconds)
    if answer.returncode != 0:
        raise DockerError(f"docker {' '.join(arguments)} failed: {answer.stderr.strip()}")
    return answer.stdout


def remove(container: str) -> None:
    """End and remove a container; it may be ending by itself, or not have come to be."""
    with suppress(DockerError):
        ask("rm", "--force", container)
    wait_until(lambda: not ask("ps", "--all", "--quiet", "--filter", f"name={container}"), 10)


def describe(image: str) -> dict[str, Any]:
    """Return what Docker knows of an image."""
    [found] = json.loads(ask("image", "inspect", image))
    return dict(found)


def base_image() -> str:
    """Return the name of the image that the Dockerfile starts from."""
    [name] = re.findall(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    return str(name)


class Image:
    """This repository's image. Within the context it exists, and so may containers of it.

    Its name is also the label that its containers bear: they end with it. `source` may be another checkout.
    """

    def __init__(self, source: Path = ROOT, *options: str) -> None:
        self._build = (*options, str(source))
        self.name = f"cluster-status-under-test-{secrets.token_hex(4)}"

    def __enter__(self) -> Self:
        demand_engine()
        ask("build", "--quiet", "--tag", self.name, *self._build, timeout_seconds=_BUILD_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for container in self.containers():
            remove(container)
        ask("rmi", "--force", self.name)

    def containers(self) -> list[str]:
        """List those that exist, running or not, by name."""
        return ask("ps", "--all", "--format", "{{.Names}}", "--filter", f"label={self.name}").split()


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
