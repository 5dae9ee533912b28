"""Packages of npm's registry that checks are made of, each in a folder with its lock."""

import hashlib
import shutil
import subprocess
from pathlib import Path


class MissingError(RuntimeError):
    """Node.js is missing, or what a lock names cannot be installed."""


def find(program: str) -> str:
    """Return the path of `node` or `npm`."""
    found = shutil.which(program)
    if found is None:
        raise MissingError(
            f"{program} is not on the PATH: the contract tests need Node.js 20 or newer, with npm"
        )
    return found


def install(package: Path, wanted: str) -> None:
    """Run `npm ci` when nothing is there yet, or when what is there came from another lock."""
    stamp = package / "node_modules" / ".installed-from"
    expected = hashlib.sha256()
    for name in ("package.json", "package-lock.json"):
        expected.update((package / name).read_bytes())
    if stamp.exists() and stamp.read_text() == expected.hexdigest():
        return
    command = [find("npm"), "ci", wanted]
    result = subprocess.run(command, cwd=package, capture_output=True, text=True, timeout=100, check=False)
    if result.returncode != 0:
        raise MissingError(f"npm ci failed in {package.name}:\n{result.stdout}{result.stderr}")
    stamp.write_text(expected.hexdigest())
