"""A real OpenSSH server with a real Slurm, whose output a test can replace."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import program
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

_NODES = 2


class Site:
    """Runs within its context. A test may stop `openssh`; `reset` undoes the changes of a test."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            directory = stack.enter_context(public_directory())
            account = stack.enter_context(Account(directory))
            slurm = stack.enter_context(Slurm(directory, node_count=_NODES))
            self.directory = directory
            self._programs = _public(directory / "programs")
            self._banner = directory / "banner"
            self._banner.touch()
            search_path = f"{self._programs}:{program.find('sinfo').parent}:/usr/bin:/bin"
            self.openssh = stack.enter_context(
                OpenSSH(
                    directory,
                    account,
                    set_env={**slurm.environment, "PATH": search_path},
                    extra_configuration=[f"Banner {self._banner}"],
                )
            )
            self._running = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)

    @property
    def login(self) -> Mapping[str, str]:
        return {
            "cluster-host": self.openssh.host,
            "cluster-port": str(self.openssh.port),
            "cluster-user": self.openssh.user,
            "cluster-password": self.openssh.password,
            "cluster-host-key": self.openssh.known_hosts_line,
        }

    def set_banner(self, banner: bytes) -> None:
        """Set the text that the server sends before a login."""
        self._banner.write_bytes(banner)

    def replace_sinfo(self, script: str) -> None:
        """Put a script before `sinfo` on the PATH of sessions."""
        sinfo = self._programs / "sinfo"
        sinfo.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        sinfo.chmod(0o755)

    def reset(self) -> None:
        (self._programs / "sinfo").unlink(missing_ok=True)
        self.set_banner(b"")
        if not self.openssh.daemon.is_running:
            self.openssh.start()
        self.openssh.end_sessions()


def _public(directory: Path) -> Path:
    directory.mkdir()
    directory.chmod(0o755)  # for every account, with any umask
    return directory
