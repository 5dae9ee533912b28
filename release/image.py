"""The image of a release: build it, push it, start it."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from release.command import attempt, run
from release.error import ReleaseError
from release.name import RepositoryName
from release.repository import Repository
from release.version import Version

PLATFORMS = ("linux/amd64", "linux/arm64")
_BAD_INPUT = 2  # exit status of the action
_NO_CONTAINER = 125  # exit status of `docker run`


def base_image(dockerfile: str) -> str:
    """Return the only image of others that the Dockerfile names, with its tag."""
    froms = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", dockerfile, re.MULTILINE)
    stages = {"scratch", *(stage for _, stage in froms)}
    images = {image for image, _ in froms if image not in stages}
    if len(images) != 1 or not re.fullmatch(r"[a-z0-9./-]+:[\w.-]+", next(iter(images))):
        raise ReleaseError("The Dockerfile must name one image as IMAGE:TAG, without a digest, in FROM.")
    return str(images.pop())


def resolve(base: str) -> list[str]:
    """Return the command that prints the digest of an image in its registry."""
    return ["docker", "buildx", "imagetools", "inspect", base, "--format", "{{.Manifest.Digest}}"]


def build(
    repository: Repository, version: Version, name: RepositoryName, digest: str, *options: str
) -> list[str]:
    """Return the command that builds the image for the registry, on the base with this digest."""
    base = base_image(repository.read("Dockerfile"))
    pinned = ("--build-context", f"{base}=docker-image://{base}@{digest}")
    recipe = _recipe(repository, version, name, base, digest)
    return ["docker", "buildx", "build", *pinned, *recipe, *options, str(repository.root)]


def _recipe(
    repository: Repository, version: Version, name: RepositoryName, base: str, digest: str = ""
) -> list[str]:
    """Return the options of every build. Its labels name the commit and the base."""
    labels = {
        "source": name.url,
        "revision": repository.commit,
        "version": str(version),
        "licenses": "MIT",
        "base.name": f"docker.io/library/{base}",
        **({"base.digest": digest} if digest else {}),
    }
    return [
        *("--build-arg", f"SOURCE_DATE_EPOCH={repository.epoch}"),
        *(option for key, value in labels.items() for option in _label(key, value)),
    ]


def publishing(name: RepositoryName, version: Version) -> Iterator[str]:
    """Yield the options of a build that is published."""
    yield from ("--platform", ",".join(PLATFORMS), "--sbom=true", "--provenance=mode=max")
    yield from ("--output", f"type=image,name={name.image}:{version},push=true,rewrite-timestamp=true")


def publish(repository: Repository, version: Version, name: RepositoryName) -> str:
    """Build for each platform, push, start each image, and return the digest of the manifest."""
    base = run(resolve(base_image(repository.read("Dockerfile")))).strip()
    with tempfile.TemporaryDirectory() as directory:
        metadata = Path(directory) / "metadata.json"
        options = (*publishing(name, version), "--metadata-file", str(metadata))
        run(build(repository, version, name, base, *options))
        digest = str(json.loads(metadata.read_text(encoding="utf-8"))["containerimage.digest"])
    for platform in PLATFORMS:
        require_start(f"{name.image}@{digest}", "--pull", "always", "--platform", platform)
    return digest


def build_locally(repository: Repository, version: Version, name: RepositoryName, tag: str) -> str:
    """Build for this machine, without buildx, which Debian 12 does not have; return the digest."""
    recipe = _recipe(repository, version, name, base_image(repository.read("Dockerfile")))
    run(["docker", "build", *recipe, "--tag", tag, str(repository.root)])
    return run(["docker", "image", "inspect", "--format", "{{.Id}}", tag]).strip()


def require_public(name: RepositoryName, digest: str) -> None:
    """Start the image of a release as users do: without a login to the registry."""
    package = f"{name.url}/pkgs/container/{name.name.lower()}"
    try:
        require_start(f"{name.image}@{digest}")
    except NotPulledError as error:
        raise ReleaseError(
            f"{name.image} cannot be pulled without a login. A new package is private. Open {package} and "
            "select *Package settings*, *Change visibility*, *Public*. Then select *Re-run failed jobs* on "
            f"the page of this run. {error}"
        ) from error


class NotPulledError(ReleaseError):
    """Docker did not start the image."""


def require_start(image: str, *options: str) -> None:
    """Run the image without inputs: it must report the missing ones. An image of the registry is pulled."""
    runner_context = ("--network", "none", "--env", "GITHUB_ACTIONS=true")
    result = attempt(["docker", "run", "--rm", *runner_context, *options, image], stderr=subprocess.STDOUT)
    if result.returncode == _NO_CONTAINER:
        raise NotPulledError(f"docker run {image} failed: {result.stdout.strip()}")
    if result.returncode != _BAD_INPUT or "cluster-host" not in result.stdout:
        raise ReleaseError(
            f"{image} does not report its missing inputs. It ended with exit status {result.returncode}: "
            f"{result.stdout.strip()}"
        )


def _label(key: str, value: str) -> tuple[str, str]:
    return "--label", f"org.opencontainers.image.{key}={value}"
