"""The steps by name; scripts/release says what they are."""

import os
import sys
from pathlib import Path

from release.refusal import Refusal
from release.repository import Repository
from release.steps import Release
from release.version import Version

_MAIN = "refs/heads/main"


def main(arguments: list[str]) -> int:
    """Do one step; return 1 where it is refused."""
    try:
        _run(arguments)
    except Refusal as refusal:
        print(f"There is no release:\n{refusal}", file=sys.stderr)
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
            raise Refusal(
                "say scripts/release --dry-run VERSION; on GitHub, the workflow 'release' makes one"
            )


def _release(version: str) -> Release:
    branch = os.environ.get("GITHUB_REF", _MAIN)
    if branch != _MAIN:
        raise Refusal(f"releases are made of main, not of {branch.removeprefix('refs/heads/')}")
    name = os.environ.get("GITHUB_REPOSITORY", "org/cluster-status-action")
    return Release(Repository(Path.cwd()), Version.parse(version), name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
