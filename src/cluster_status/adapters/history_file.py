"""The history in a file in the workspace."""

import errno
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.limits import max_bytes
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.errors import HistoryError


def _read(path: Path, limit_bytes: int) -> bytes:
    """Return the content, with one byte beyond the limit if it is larger. Raises OSError."""
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is a device or a FIFO")
        return file.read(limit_bytes + 1)


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file; a FIFO would wait for a process that writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


class HistoryFile:
    """Keeps the history in one file, which is replaced atomically.

    `path` is relative to `workspace`, unless it is absolute. `on_missing` is called if there is no file to
    load. `clusters` is the number of those that the run checks.
    """

    def __init__(
        self,
        path: str,
        workspace: Path,
        on_missing: Callable[[], None] = lambda: None,
        redaction: Redaction = PLAIN,
        *,
        clusters: int = 1,
    ) -> None:
        self.path = path
        self._on_missing = on_missing
        self._redaction = redaction
        self._clusters = clusters
        self._file = workspace / path
        self._loaded = b""

    def load(self) -> Histories | None:
        histories = self._restore()
        if histories is None:
            self._on_missing()
        return histories

    def completed(self, loaded: Histories) -> Histories:
        return loaded

    def _restore(self) -> Histories | None:
        try:
            content = _read(self._file, max_bytes(self._clusters))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error("read", error) from None
        self._loaded = content
        return codec.parse(content, self._redaction, clusters=self._clusters)

    def newer(self) -> Histories | None:
        before = self._loaded
        history = self._restore()
        return history if self._loaded != before else None

    def save(self, histories: Histories) -> None:
        content = codec.render(histories)
        try:
            _create(self._file.parent)
            self._replace(content)
            self._loaded = content
        except OSError as error:
            raise self._error("saved", error) from None

    def _replace(self, content: bytes) -> None:
        target = Path(os.path.realpath(self._file))  # keep a symbolic link
        if target.is_symlink():  # a loop; before Python 3.13, Path.resolve() raises no OSError for it
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        # named before it is opened, so that a signal in between leaves no file
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                os.fchmod(file.fileno(), 0o644)  # later steps may run as another user
                _give_to_owner_of_folder(temporary)
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _error(self, action: str, error: OSError) -> HistoryError:
        return HistoryError(
            f"The history file '{self.path}' cannot be {action}: {error.strerror}.",
            remedy="Check history-path: it must be a writable file in the workspace.",
        )


def _create(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in reversed(missing):
        _give_to_owner_of_folder(one)


def _give_to_owner_of_folder(path: Path) -> None:
    """Let the user of a self-hosted runner delete what root has created in the workspace."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        with suppress(OSError):  # some file servers allow it to no one
            os.chown(path, owner.st_uid, owner.st_gid)
