"""The repository: its files, commits and tags."""

import re
import subprocess
import tomllib
from pathlib import Path

from release import references
from release.changelog import notes
from release.command import attempt
from release.error import ReleaseError
from release.name import RepositoryName, releasing
from release.version import Version, released


class Repository:
    """A working tree at a commit."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str) -> str:
        """Run git and return its output."""
        result = attempt(["git", *arguments], self.root, stderr=subprocess.PIPE)
        if result.returncode:
            raise ReleaseError(f"git {arguments[0]} failed: {result.stderr.strip()}")
        return result.stdout.strip()

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    @property
    def commit(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def epoch(self) -> str:
        """Return the time of the commit in seconds: the time of all files in the image."""
        return self.git("log", "-1", "--format=%ct")

    def versions(self) -> list[Version]:
        return released(self.git("tag", "--list").splitlines())

    def name(self) -> RepositoryName:
        """Return the name of the repository that releases."""
        remote = self.git("config", "--default", "", "remote.origin.url")
        return releasing(remote, self.read("pyproject.toml"))

    def rename(self, name: RepositoryName) -> list[str]:
        """Write this name of the repository into the files for users, and return the changed files."""
        return references.rename_files(self.root, self._documents(), name)

    def check(self, version: Version, name: RepositoryName) -> str:
        """Return the release notes; ReleaseError with every reason if the version cannot be released."""
        problems = [
            *self._wrong_names(name),
            *self._wrong_versions(version),
            *self._conflicting_tags(version),
        ]
        if self.git("status", "--porcelain"):
            problems.append("There are uncommitted changes. Commit or stash them.")
        text = ""
        try:
            text = notes(self.read("CHANGELOG.md"), version)
        except ReleaseError as error:
            problems.append(str(error))
        if problems:
            raise ReleaseError("\n".join(problems))
        return text

    def _documents(self) -> list[str]:
        return self.git("ls-files", "--", *references.FILES).splitlines()

    def _wrong_names(self, name: RepositoryName) -> list[str]:
        files = references.misnamed(self.root, self._documents(), name)
        remedy = f"Run scripts/release rename {name}, and commit the changes."
        return [f"Another repository than {name} is named in {', '.join(files)}. {remedy}"] if files else []

    def _wrong_versions(self, version: Version) -> list[str]:
        [package] = re.findall(
            r'^__version__ = "(.*)"$', self.read("src/cluster_status/__init__.py"), re.MULTILINE
        )
        found = {
            "pyproject.toml": tomllib.loads(self.read("pyproject.toml"))["project"]["version"],
            "src/cluster_status/__init__.py": package,
        }
        return [
            f"{file} has version {text} instead of {version}. Change it."
            for file, text in found.items()
            if text != str(version)
        ]

    def _conflicting_tags(self, version: Version) -> list[str]:
        versions = self.versions()
        if version in versions:
            return [f"{version.tag} exists and is never moved. Use a new version."]
        newest = max((each for each in versions if each.major == version.major), default=version)
        if newest <= version:
            return []
        return [f"{newest} is newer, so {version.major_tag} would move back. Use a newer version."]
