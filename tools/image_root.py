"""Collects what the image contains: the interpreter, byte code, libraries, certificates and time zones.

Usage: python image_root.py PACKAGES TARGET, in the build stage of the Dockerfile. PACKAGES is the folder of
the action and its dependencies. TARGET becomes the root directory of the image.
"""

import os
import py_compile
import re
import shutil
import ssl
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

# Parts of the standard library that the action does not use. Some of them would draw in libraries.
_UNUSED = """
    __phello__ _pyrepl curses dbm ensurepip idlelib lib2to3 macholib pydoc_data site-packages sqlite3 test
    tkinter turtle.py turtledemo venv config-*
    _codecs_*.so _ctypes_test.*.so _curses*.so _dbm.*.so _gdbm.*.so _sqlite3.*.so _test*.so _tkinter.*.so
    _xxtestfuzz.*.so readline.*.so xx*.so
"""
_UNUSED_OF_PACKAGES = ("[a-z][a-z]", "*.c", "*.h")  # translations of Apprise, sources in C
# Apprise finds its services by the names of their source files, so that these stay, but are empty.
_FOUND_BY_NAME = "/apprise/plugins/"
_CONFIGURATION = ("/etc/nsswitch.conf", "/etc/os-release", "/etc/passwd", "/etc/group", "/etc/ld.so.conf")
_TIME_ZONES = Path("/usr/share/zoneinfo")
_OTHER_TIME_ZONES = ("posix", "right", "leap*", "*.tab", "*.zi", "*.list", "posixrules")
_PACKAGES = Path("/var/lib/dpkg")


class Root:
    """The directory that becomes the root of the image. Paths are those in the image."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.added: set[Path] = set()

    def inside(self, path: Path) -> Path:
        return self._directory / path.relative_to("/")

    def add(self, path: Path) -> None:
        """Add a file, and each link on the way to it."""
        reached = Path("/")
        for index, part in enumerate(path.parts[1:], start=2):
            reached /= part
            if reached.is_symlink():
                target = reached.readlink()
                self.link(reached, target)
                rest = path.parts[index:]
                self.add(Path(os.path.normpath(reached.parent.joinpath(target, *rest))))
                return
        self.inside(reached).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(reached, self.inside(reached))
        shutil.copymode(reached, self.inside(reached))
        self.added.add(reached)

    def link(self, path: Path, target: Path) -> None:
        if not self.inside(path).is_symlink():
            self.inside(path).parent.mkdir(parents=True, exist_ok=True)
            self.inside(path).symlink_to(target)

    def add_folder(self, path: Path, without: Iterable[str]) -> None:
        shutil.copytree(path, self.inside(path), symlinks=True, ignore=shutil.ignore_patterns(*without))

    def add_modules(self, path: Path, without: Iterable[str] = ()) -> None:
        """Add a folder with byte code in place of its sources."""
        self.add_folder(path, (*without, "__pycache__"))
        for source in sorted(self.inside(path).rglob("*.py")):
            found_by_name = _FOUND_BY_NAME in str(source)
            py_compile.compile(
                str(source),
                None if found_by_name else str(source.with_suffix(".pyc")),
                str(Path("/") / source.relative_to(self._directory)),
                doraise=True,
                # Python does not compare such byte code with the time or content of a source
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            if found_by_name:
                source.write_bytes(b"")
            else:
                source.unlink()

    def binaries(self) -> Iterator[Path]:
        """Return the programs and libraries as they are now, by their places in this directory."""
        for path in sorted(self._directory.rglob("*")):
            if path.is_file() and not path.is_symlink() and _is_binary(path):
                yield path


def main(packages: Path, directory: Path) -> None:
    root = Root(directory)
    root.add(Path(sys.executable))
    root.add_modules(Path(sysconfig.get_path("stdlib")), _UNUSED.split())
    root.add_modules(packages, _UNUSED_OF_PACKAGES)
    for library in sorted({library for binary in root.binaries() for library in _libraries(binary)}):
        root.add(library)
    for path in (*map(Path, _CONFIGURATION), *sorted(Path("/etc/ld.so.conf.d").iterdir())):
        root.add(path)
    root.add_folder(_TIME_ZONES, _OTHER_TIME_ZONES)
    root.link(Path(ssl.get_default_verify_paths().openssl_cafile), packages / "certifi" / "cacert.pem")
    _describe_packages(root)
    for binary in root.binaries():
        _strip(binary)
    subprocess.run(["ldconfig", "-X", "-r", directory], check=True)
    root.inside(Path("/tmp")).mkdir()  # noqa: S108
    root.inside(Path("/tmp")).chmod(0o1777)  # noqa: S108


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _libraries(binary: Path) -> set[Path]:
    """Return what the dynamic linker loads for it, with the linker itself."""
    listing = _output("ldd", str(binary))
    if "not found" in listing:
        raise SystemExit(f"{binary} lacks a library:\n{listing}")
    return {Path(path) for path in re.findall(r"(?:=> |^\s+)(/\S+) \(", listing, re.MULTILINE)} - {binary}


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _describe_packages(root: Root) -> None:
    """Keep description and licence of each Debian package in the image, where scanners look for them."""
    real = {path.resolve() for path in root.added}
    for listing in sorted((_PACKAGES / "info").glob("*.list")):
        lines = map(Path, listing.read_text(encoding="utf-8").splitlines())
        if not real.isdisjoint(line.resolve() for line in lines if line.suffix != ".gz"):
            name = listing.stem.partition(":")[0]
            described = root.inside(_PACKAGES / "status.d" / name)
            described.parent.mkdir(parents=True, exist_ok=True)
            described.write_text(_description(name), encoding="utf-8")
            licence = Path("/usr/share/doc") / name / "copyright"
            if licence.exists():
                root.add(licence)


def _description(package: str) -> str:

    return _output("dpkg", "--status", package)


def _strip(binary: Path) -> None:
    """Remove symbols and debugging information of a 64-bit binary: what its program headers do not load."""
    content = bytearray(binary.read_bytes())
    [first] = struct.unpack_from("<Q", content, 0x20)
    size, count = struct.unpack_from("<HH", content, 0x36)
    headers = (struct.unpack_from("<8xQ16xQ", content, first + index * size) for index in range(count))
    loaded = max(offset + length for offset, length in headers)
    struct.pack_into("<Q", content, 0x28, 0)  # no table of sections
    struct.pack_into("<HHH", content, 0x3A, 0, 0, 0)
    binary.write_bytes(content[:loaded])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
