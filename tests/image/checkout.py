"""Another checkout of this repository, with its uncommitted changes."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.image.docker import ROOT


def check_out(directory: Path, *, umask: int = 0o022) -> Path:
    """Copy the files; their times are the current time."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    before = os.umask(umask)
    try:
        for source in (ROOT / name for name in listed if name):
            if source.is_file():  # it may have been deleted
                target = directory / source.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                target.chmod(0o777 & ~umask if os.access(source, os.X_OK) else 0o666 & ~umask)
    finally:
        os.umask(before)
    return directory
