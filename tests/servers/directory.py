"""A temporary directory that every account may enter, unlike the usual ones."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def public_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="servers-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory
