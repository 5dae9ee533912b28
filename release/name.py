"""The name of the repository that releases, and of its image."""

import os
import re
import tomllib
from typing import NamedTuple, Self

from release.error import ReleaseError

PATTERN = r"[A-Za-z0-9_-]+/[A-Za-z0-9._-]*[A-Za-z0-9_-]"
_GITHUB = "https://github.com/"
_IMAGE = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"  # a part of the name, as container registries accept it
_REMOTE = r"(?:https://(?:[^/@]*@)?github\.com/|(?:ssh://)?git@github\.com[:/])([^/]+/[^/]+?)(?:\.git)?/?"


class RepositoryName(NamedTuple):
    """Owner and name on GitHub, which ignores the case of both."""

    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        if not re.fullmatch(PATTERN, text):
            raise ReleaseError(f"'{text}' is not the name of a repository. Use OWNER/NAME.")
        named = cls(*text.split("/"))
        wrong = [part for part in named if not re.fullmatch(_IMAGE, part.lower())]
        if wrong:
            raise ReleaseError(f"No image can have the name '{wrong[0]}'. Rename the repository on GitHub.")
        return named

    @classmethod
    def declared(cls, pyproject: str) -> Self:
        """Return the name in the URL of the repository in pyproject.toml."""
        url = str(tomllib.loads(pyproject)["project"].get("urls", {}).get("Repository", ""))
        if not url.startswith(_GITHUB):
            raise ReleaseError(f"pyproject.toml has no URL in urls.Repository. Add {_GITHUB}OWNER/NAME.")
        return cls.parse(url.removeprefix(_GITHUB))

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def url(self) -> str:
        return f"{_GITHUB}{self}"

    @property
    def image(self) -> str:
        """Return the name of the image. A registry refuses capitals."""
        return f"ghcr.io/{self}".lower()


def releasing(remote: str, pyproject: str) -> RepositoryName:
    """Return the repository that releases: the one of the workflow, of the remote, else the declared one."""
    on_github = re.fullmatch(_REMOTE, remote)
    name = os.environ.get("GITHUB_REPOSITORY") or (on_github[1] if on_github else "")
    return RepositoryName.parse(name) if name else RepositoryName.declared(pyproject)
