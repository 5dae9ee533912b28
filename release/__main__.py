"""The command line; scripts/release describes the steps."""

import os
import sys
from pathlib import Path

from release.error import ReleaseError
from release.name import RepositoryName
from release.repository import Repository
from release.steps import Release
from release.version import Version

_MAIN = "refs/heads/main"


def main(arguments: list[str]) -> int:
    """Run one step; return 1 if the version cannot be released."""
    try:
        _run(arguments)
    except ReleaseError as error:
        print(f"Could not release:\n{error}", file=sys.stderr)
        return 1
    return 0


def _run(arguments: list[str]) -> None:
    match arguments:
        case ["--dry-run", version]:
            _release(version).rehearse()
        case ["rename", name]:
            files = Repository(Path.cwd()).rename(RepositoryName.parse(name))
            print(f"Renamed the repository to {name} in {len(files)} files. Commit them:", *files, sep="\n")
        case ["check", version]:
            _release(version)
        case ["image", version]:
            release = _release(version)
            print(f"name={release.name.image}", f"digest={release.push_image()}", sep="\n")
        case ["publish", version, digest]:
            _release(version).publish(digest)
        case _:
            raise ReleaseError(
                "Run scripts/release --dry-run VERSION. On GitHub, start the workflow 'release'."
            )


def _release(version: str) -> Release:
    branch = os.environ.get("GITHUB_REF", _MAIN)
    if branch != _MAIN:
        raise ReleaseError(f"A release is made from main, not from {branch.removeprefix('refs/heads/')}.")
    repository = Repository(Path.cwd())
    return Release(repository, Version.parse(version), repository.name())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
