"""The folder of the site. It is replaced file by file, and nothing else in it is touched."""

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from cluster_status.errors import SiteError

LIST = ".cluster-status-site"
_LIST_BYTES = 1_000_000
_SUBFOLDER = "clusters"
_OURS = re.compile(rf"(?:{_SUBFOLDER}/)?[a-z0-9][a-z0-9.-]{{0,200}}")


class SiteFolder:
    """A folder inside the workspace, relative to it."""

    def __init__(self, path: str, workspace: Path) -> None:
        self._path = path
        self._workspace = workspace
        self._root = workspace / path

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write the files, the last one last, and delete those of an earlier site; raise SiteError."""
        try:
            self._require_inside()
            before = self._listed()
            self._create(self._root)
            if any("/" in name for name in files):
                self._create(self._root / _SUBFOLDER)
            self._list({*before, *files})
            for name, content in files.items():
                self._replace(name, content)
            for name in before - set(files):
                self._delete(name)
            self._list(set(files))
        except OSError as error:
            raise self._error(str(error.strerror or "it is not usable")) from None

    def _require_inside(self) -> None:
        workspace, root = self._workspace.resolve(), self._root.resolve()
        if root == workspace or not root.is_relative_to(workspace):
            raise self._error("it is not a folder inside the workspace")

    def _listed(self) -> set[str]:
        """Return the names of the files that an earlier run wrote."""
        try:
            with open(self._root / LIST, "rb", opener=_open_no_link) as file:
                lines = file.read(_LIST_BYTES).decode("utf-8", "replace").splitlines()
            return {line for line in lines if _OURS.fullmatch(line)}
        except FileNotFoundError:
            if self._root.exists() and any(self._root.iterdir()):
                raise self._error(f"it has files, but no list {LIST} of a status page") from None
            return set()

    def _list(self, names: set[str]) -> None:
        self._replace(LIST, "".join(f"{name}\n" for name in sorted(names)).encode())

    def _create(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        if not stat.S_ISDIR(folder.lstat().st_mode) and folder != self._root:
            raise self._error(f"{_SUBFOLDER} is not a folder")
        for one in reversed(missing):
            one.chmod(0o755)
            _give_to_owner(one)

    def _replace(self, name: str, content: bytes) -> None:
        target = self._root / name
        temporary = target.with_name(f".{target.name}.{token_hex(4)}")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                os.fchmod(file.fileno(), 0o644)
            _give_to_owner(temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _delete(self, name: str) -> None:
        target = self._root / name
        if not (self._root / _SUBFOLDER).is_symlink() or target.parent == self._root:
            with suppress(FileNotFoundError, IsADirectoryError):
                target.unlink()

    def _error(self, why: str) -> SiteError:
        return SiteError(
            f"The status page cannot be written to '{self._path}': {why}.",
            remedy="Set site-path to a folder inside the workspace that is empty, or that has only a status "
            "page of this action.",
        )


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _give_to_owner(path: Path) -> None:
    """Let the user of the runner delete what root has created in the workspace."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        with suppress(OSError):  # some file servers allow it to no one
            os.chown(path, owner.st_uid, owner.st_gid)
