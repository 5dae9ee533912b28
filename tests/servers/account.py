"""An account of this system, created for a test run and removed after it."""

import itertools
import os
import pwd
import secrets
import shutil
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import process, program

_numbers = itertools.count()
_lock = threading.Lock()  # these programs lock the files of accounts, and do not wait long


class Account:
    """The account exists within the context, with a password and an empty home.

    `domain` and `realm` are parts of the name, as in directories of accounts.
    """

    def __init__(
        self, directory: Path, *, shell: str = "/bin/bash", domain: str = "", realm: str = ""
    ) -> None:
        name = f"clusterwatch{os.getpid()}x{next(_numbers)}"
        self.name = f"{domain}{name}{realm}"
        self.password = secrets.token_urlsafe(12)
        self.home = directory / name
        self.shell = shell

    def __enter__(self) -> Self:
        home = ("--home-dir", self.home, "--create-home")
        _run("useradd", "--badname", *home, "--shell", self.shell, self.name)
        try:
            self.change_password(self.password)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._remove()

    @property
    def uid(self) -> int:
        return pwd.getpwnam(self.name).pw_uid

    @property
    def gid(self) -> int:
        return pwd.getpwnam(self.name).pw_gid

    def change_password(self, password: str) -> None:
        _run("chpasswd", text=f"{self.name}:{password}\n")
        self.password = password

    def expire_password(self) -> None:
        """Require a new password at the next login, as after its last day."""
        _run("chage", "--lastday", "0", self.name)

    def expire(self) -> None:
        """Set the last day of the account to the first of all days."""
        _run("chage", "--expiredate", "1", self.name)

    def change_shell(self, shell: str) -> None:
        _run("usermod", "--shell", shell, self.name)

    def authorize(self, *lines: str) -> None:
        """Set the lines of authorized_keys."""
        directory = self.home / ".ssh"
        directory.mkdir(exist_ok=True)
        (directory / "authorized_keys").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def _remove(self) -> None:
        # userdel fails while a process of the account runs
        process.end(process.owned_by(self.uid))
        shutil.rmtree(f"/dev/shm/cluster-status-{self.uid}", ignore_errors=True)  # noqa: S108 - locks of checks
        _run("userdel", "--remove", self.name)


def _run(name: str, *arguments: str | Path, text: str | None = None) -> None:
    with _lock:
        done = subprocess.run(
            [program.find(name), *arguments], input=text, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed with {done.returncode}: {done.stderr.strip()}")
