"""The image of a release: build it, push it, start it."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from release.error import ReleaseError
from release.repository import Repository
from release.version import Version

BASE = "python:3.13-slim"
PLATFORMS = ("linux/amd64", "linux/arm64")
_BAD_INPUT = 2


def resolve_base() -> list[str]:
    """Return the command that prints the digest of the base image in the registry."""
    return ["docker", "buildx", "imagetools", "inspect", BASE, "--format", "{{.Manifest.Digest}}"]


def build(repository: Repository, version: Version, source: str, base: str, *options: str) -> list[str]:
    """Return the command that builds the image for the registry."""
    recipe = _recipe(repository, version, source, base)
    return ["docker", "buildx", "build", *recipe, *options, str(repository.root)]


def _recipe(repository: Repository, version: Version, source: str, base: str) -> list[str]:
    """Return the options of every build. `base` may contain a digest; the labels name it and the commit."""
    name, _, digest = base.partition("@")
    labels = {
        "source": source,
        "revision": repository.commit,
        "version": str(version),
        "licenses": "MIT",
        "base.name": f"docker.io/library/{name}",
        **({"base.digest": digest} if digest else {}),
    }
    return [
        *("--build-arg", f"BASE={base}"),
        *("--build-arg", f"SOURCE_DATE_EPOCH={repository.epoch}"),
        *(option for key, value in labels.items() for option in _label(key, value)),
    ]


def publishing(image: str, version: Version) -> Iterator[str]:
    """Yield the options of a build that is published."""
    yield from ("--platform", ",".join(PLATFORMS), "--sbom=true", "--provenance=mode=max")
    yield from ("--output", f"type=image,name={image}:{version},push=true,rewrite-timestamp=true")


def publish(repository: Repository, version: Version, source: str, image: str) -> str:
    """Build for each platform, push, start each image, and return the digest of the manifest."""
    base = f"{BASE}@{_run(resolve_base()).strip()}"
    with tempfile.TemporaryDirectory() as directory:
        metadata = Path(directory) / "metadata.json"
        options = (*publishing(image, version), "--metadata-file", str(metadata))
        _run(build(repository, version, source, base, *options))
        digest = str(json.loads(metadata.read_text(encoding="utf-8"))["containerimage.digest"])
    for platform in PLATFORMS:
        require_start(f"{image}@{digest}", "--pull", "always", "--platform", platform)
    return digest


def build_locally(repository: Repository, version: Version, source: str, name: str) -> str:
    """Build for this machine, without buildx, which Debian 12 does not have; return the digest."""
    recipe = _recipe(repository, version, source, BASE)
    _run(["docker", "build", *recipe, "--tag", name, str(repository.root)])
    return _run(["docker", "image", "inspect", "--format", "{{.Id}}", name]).strip()


def require_start(image: str, *options: str) -> None:
    """Run the image without inputs: it must report the missing ones. An image of the registry is pulled."""
    runner_context = ("--network", "none", "--env", "GITHUB_ACTIONS=true")
    command = ["docker", "run", "--rm", *runner_context, *options, image]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != _BAD_INPUT or "cluster-host" not in result.stdout:
        raise ReleaseError(
            f"{image} does not run, or is not public. A new package in GitHub's registry is private: "
            f"change its visibility in the settings of the package. {result.stdout}{result.stderr}"
        )


def _label(key: str, value: str) -> tuple[str, str]:
    return "--label", f"org.opencontainers.image.{key}={value}"


def _run(command: list[str]) -> str:
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        raise ReleaseError(
            f"{' '.join(command[:3])} failed with exit status {result.returncode}. See its output."
        )
    return result.stdout
