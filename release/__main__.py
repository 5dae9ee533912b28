"""The command line; scripts/release describes the steps."""

import os
import sys
from pathlib import Path

from release.error import ReleaseError
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
        case ["check", version]:
            _release(version)
        case ["image", version]:
            release = _release(version)
            print(f"name={release.image}", f"digest={release.push_image()}", sep="\n")
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
    name = os.environ.get("GITHUB_REPOSITORY", "org/cluster-status-action")
    return Release(Repository(Path.cwd()), Version.parse(version), name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
