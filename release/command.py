"""Runs the programs of a release."""

import subprocess
from pathlib import Path

from release.error import ReleaseError


def run(command: list[str], cwd: Path | None = None) -> str:
    """Return the output of a program. Its error output is shown; ReleaseError if it fails."""
    result = attempt(command, cwd)
    if result.returncode:
        raise ReleaseError(
            f"{' '.join(command[:3])} failed with exit status {result.returncode}. See its output."
        )
    return result.stdout


def attempt(
    command: list[str], cwd: Path | None = None, stderr: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program; ReleaseError if it is not installed."""
    try:
        return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)
    except FileNotFoundError as error:
        raise ReleaseError(f"{command[0]} is not installed. Install it.") from error
