"""Real file systems: a full one, and one whose server stops to respond: FUSE, served by this process.

While it hangs, its requests are read and never answered. The kernel then lets no signal end a process that
waits, as on a hard mount of NFS.
"""

import ctypes
import errno
import os
import stat
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from tests.servers import program

_LIBC = ctypes.CDLL(None, use_errno=True)
_DETACH = 2
_READ_BYTES = 1 << 20
_HEADER, _OUT = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
_LOOKUP, _FORGET, _GETATTR, _STATFS, _INIT, _OPENDIR, _READDIR, _RELEASEDIR, _INTERRUPT = (
    1,
    2,
    3,
    17,
    26,
    27,
    28,
    29,
    36,
)
_ROOT = struct.Struct("<QII QQQQQQ III IIIIIII")
_BLOCKS = (1_000, 400, 300)  # all, free, available


class HangingFiles:
    """Its root has one entry. Requests are answered unless `hang` was called."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._device = os.open("/dev/fuse", os.O_RDWR)
        self._hangs = Event()
        self._unanswered: list[tuple[int, int, bytes]] = []
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0,allow_other"
        if _LIBC.mount(b"hanging", bytes(path), b"fuse", 0, options.encode()):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._server = Thread(target=self._serve, daemon=True)
        self._server.start()

    def hang(self) -> None:
        self._hangs.set()

    def respond(self) -> None:
        """Answer what has waited, and go on."""
        self._hangs.clear()
        while self._unanswered:
            self._answer(*self._unanswered.pop(0))

    def close(self) -> None:
        self.respond()
        _LIBC.umount2(bytes(self.path), _DETACH)
        os.close(self._device)
        self._server.join(10)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                content = os.read(self._device, _READ_BYTES)
                _, kind, unique, *_ = _HEADER.unpack_from(content)
                request = (kind, unique, content[_HEADER.size :])
                if self._hangs.is_set():
                    self._unanswered.append(request)
                else:
                    self._answer(*request)

    def _answer(self, kind: int, unique: int, body: bytes) -> None:
        if kind in {_FORGET, _INTERRUPT}:
            return
        try:
            content, error = self._content(kind, body), 0
        except OSError as refused:
            content, error = b"", -(refused.errno or errno.EIO)
        with suppress(OSError):  # the process that asked has ended
            os.write(self._device, _OUT.pack(_OUT.size + len(content), error, unique) + content)

    def _content(self, kind: int, body: bytes) -> bytes:
        match kind:
            case 26:
                return struct.pack("<IIIIHHIII7I", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, *[0] * 7)
            case 3:
                return struct.pack("<QII", 0, 0, 0) + _attributes()
            case 17:
                return struct.pack("<QQQQQIIII6I", *_BLOCKS, 10, 5, 4096, 255, 4096, 0, *[0] * 6)
            case 27:
                return struct.pack("<QII", 1, 0, 0)
            case 28:
                offset = struct.unpack_from("<QQ", body)[1]
                return (
                    b""
                    if offset
                    else struct.pack("<QQII", 2, 1, 1, stat.S_IFREG >> 12) + b"f".ljust(8, b"\0")
                )
            case 29:
                return b""
            case 1:
                raise OSError(errno.ENOENT, "")
        raise OSError(errno.ENOSYS, "")


def _attributes() -> bytes:
    times, mode = [0] * 6, stat.S_IFDIR | 0o755
    return struct.pack("<QQQ QQQ III IIIIIII", 1, 0, 0, *times[:3], *times[3:], mode, 2, 0, 0, 0, 4096, 0)


@contextmanager
def hanging_files(path: Path) -> Iterator[HangingFiles]:
    path.mkdir()
    files = HangingFiles(path)
    try:
        yield files
    finally:
        files.close()
        path.rmdir()


@contextmanager
def tmpfs(path: Path) -> Iterator[Path]:
    """Mount a file system of one megabyte."""
    path.mkdir()
    options = ("-t", "tmpfs", "-o", "size=1m,mode=755")
    subprocess.run([program.find("mount"), *options, "tmpfs", path], check=True, timeout=10)
    try:
        yield path
    finally:
        subprocess.run([program.find("umount"), path], check=True, timeout=10)
        path.rmdir()
