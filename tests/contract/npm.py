"""The npm packages of the checks, each folder with its lock file."""

import hashlib
import shutil
import subprocess
from pathlib import Path


class MissingError(RuntimeError):
    """Node.js is missing, or a locked package cannot be installed."""


def find(program: str) -> str:
    """Return the path of `node` or `npm`."""
    found = shutil.which(program)
    if found is None:
        raise MissingError(
            f"{program} is not on the PATH: the contract tests need Node.js 20 or newer, with npm"
        )
    return found


def install(package: Path, option: str) -> None:
    """Run `npm ci`, unless the packages of this lock file are installed already."""
    stamp = package / "node_modules" / ".installed-from"
    expected = hashlib.sha256()
    for name in ("package.json", "package-lock.json"):
        expected.update((package / name).read_bytes())
    if stamp.exists() and stamp.read_text() == expected.hexdigest():
        return
    command = [find("npm"), "ci", option]
    result = subprocess.run(command, cwd=package, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode != 0:
        raise MissingError(f"npm ci failed in {package.name}:\n{result.stdout}{result.stderr}")
    stamp.write_text(expected.hexdigest())
