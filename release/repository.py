"""This repository: what it says of its version, and what git knows of it."""

import re
import subprocess
import tomllib
from pathlib import Path

from release.changelog import notes
from release.refusal import Refusal
from release.version import Version, released


class Repository:
    """A working tree at a commit."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str) -> str:
        """Run git and return what it prints."""
        command = ["git", *arguments]
        result = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if result.returncode:
            raise Refusal(f"git {arguments[0]} failed: {result.stderr.strip()}")
        return result.stdout.strip()

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    @property
    def commit(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def epoch(self) -> str:
        """Return when the commit was made, in seconds: the time that all in the image bears."""
        return self.git("log", "-1", "--format=%ct")

    def versions(self) -> list[Version]:
        return released(self.git("tag", "--list").splitlines())

    def check(self, version: Version) -> str:
        """Return what the release of this version says; Refusal with all that stands against it."""
        problems = [*self._disagreements(version), *self._clashes(version)]
        if self.git("status", "--porcelain"):
            problems.append("there are changes that are not committed: commit them, or put them away")
        said = ""
        try:
            said = notes(self.read("CHANGELOG.md"), version)
        except Refusal as refusal:
            problems.append(str(refusal))
        if problems:
            raise Refusal("\n".join(problems))
        return said

    def _disagreements(self, version: Version) -> list[str]:
        [package] = re.findall(
            r'^__version__ = "(.*)"$', self.read("src/cluster_status/__init__.py"), re.MULTILINE
        )
        found = {
            "pyproject.toml": tomllib.loads(self.read("pyproject.toml"))["project"]["version"],
            "src/cluster_status/__init__.py": package,
        }
        return [f"{file} says {said}, not {version}" for file, said in found.items() if said != str(version)]

    def _clashes(self, version: Version) -> list[str]:
        versions = self.versions()
        if version in versions:
            return [f"{version.tag} exists, and is never moved: take a new version"]
        newest = max((each for each in versions if each.major == version.major), default=version)
        return [f"{newest} is newer: {version.moving_tag} would move back"] if newest > version else []
