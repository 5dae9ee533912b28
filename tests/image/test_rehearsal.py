"""The dry run of a release of this repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

from cluster_status import __version__ as VERSION  # noqa: N812  # it is a constant
from release.name import RepositoryName
from release.version import Version
from tests.image import docker
from tests.image.checkout import check_out
from tests.image.docker import ROOT, Image


def test_a_dry_run_of_a_release_prints_its_commands_and_changes_nothing(image: Image, tmp_path: Path) -> None:
    repository = check_out(tmp_path / "repository")
    _prepare_release(repository)
    before = _state(repository)
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    result = subprocess.run(
        [sys.executable, "-m", "release", "--dry-run", VERSION],
        cwd=repository,
        env={**elsewhere, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    output = result.stdout
    tags = (f"v{VERSION}", Version.parse(VERSION).major_tag)
    assert f"Release {VERSION}\nHEAD, tag: {tags[0]}, tag: {tags[1]}\n" in output
    [pinned] = re.findall(r"^\+  image: (.*)$", output, re.MULTILINE)
    name = RepositoryName.declared((ROOT / "pyproject.toml").read_text("utf-8"))
    assert re.fullmatch(rf"docker://{re.escape(name.image)}@sha256:[0-9a-f]{{64}}", pinned)
    [build] = re.findall(r"^docker buildx build .*$", output, re.MULTILINE)
    assert "--platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max" in build
    assert f"image.revision={before[0]}" in build
    [base] = re.findall(r"--build-context (\S+)=docker-image://\1@sha256:…", build.replace("'", ""))
    assert f"\nFROM {base} " in (ROOT / "Dockerfile").read_text("utf-8")
    assert f" push --atomic origin refs/tags/{tags[0]} +refs/tags/{tags[1]}\n" in output
    assert output.endswith("What is new\n")
    assert _state(repository) == before
    assert docker.run("images", "--quiet", "--filter", "reference=cluster-status-rehearsal-*") == ""
    assert docker.describe(image.name)  # the other image with these layers still exists


def _prepare_release(repository: Path) -> None:
    """Commit a section of the changelog for the version."""
    changelog = repository / "CHANGELOG.md"
    before, title, _ = changelog.read_text("utf-8").partition("## Unreleased\n")
    assert title
    changelog.write_text(f"{before}{title}\n## {VERSION}\n\nWhat is new\n", "utf-8")
    identity = ("-c", "user.name=alice", "-c", "user.email=alice@example.org")
    for arguments in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "-m", "Prepare")):
        subprocess.run(["git", *arguments], cwd=repository, check=True)


def _state(repository: Path) -> list[str]:
    """Return the commit, the tags and branches, and the uncommitted changes."""
    commands = (["rev-parse", "HEAD"], ["for-each-ref"], ["status", "--porcelain"])
    return [subprocess.check_output(["git", *each], cwd=repository, text=True).strip() for each in commands]
