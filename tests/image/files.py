"""The files of an image as the registry stores them, without those that the engine adds to a container."""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.image import docker


class File(NamedTuple):
    """An entry of a layer. Times are left out: a release sets them to the time of the commit."""

    path: str
    kind: bytes
    mode: int
    owner: tuple[int, int]
    link: str
    digest: str

    @property
    def is_regular(self) -> bool:
        return self.kind == tarfile.REGTYPE


def files(image: str) -> set[File]:
    """Return each entry of the only layer of an image."""
    with _saved(image) as folder:
        [description] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        [layer] = description["Layers"]
        with tarfile.open(folder / layer) as archive:
            return {_file(archive, entry) for entry in archive}


@contextmanager
def _saved(image: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "image.tar"
        docker.run("save", "--output", str(saved), image)
        subprocess.run(["tar", "xf", saved, "-C", folder], check=True)
        yield Path(folder)


def _file(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> File:
    content = archive.extractfile(entry) if entry.isreg() else None
    digest = hashlib.sha256(content.read()).hexdigest() if content else ""
    path = f"/{entry.name.rstrip('/')}"
    return File(path, entry.type, entry.mode, (entry.uid, entry.gid), entry.linkname, digest)
