"""A real Dropbear server on loopback."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import port, program
from tests.servers.account import Account
from tests.servers.daemon import Daemon


class Dropbear:
    """A server with one host key, of a type that dropbearkey generates. It has no options for algorithms."""

    host = port.LOOPBACK

    def __init__(
        self,
        directory: Path,
        account: Account,
        host_key_type: str = "ed25519",
        *,
        options: Sequence[str] = (),
    ) -> None:
        self.account = account
        [self.port] = port.free_ports(1)
        key = directory / f"dropbear_key_{host_key_type}"
        subprocess.run(
            [program.find("dropbearkey"), "-t", host_key_type, "-f", key], check=True, capture_output=True
        )
        public = subprocess.run(
            [program.find("dropbearkey"), "-y", "-f", key], check=True, capture_output=True, text=True
        ).stdout
        [line] = [line for line in public.splitlines() if line.startswith(("ssh-", "ecdsa-"))]
        self.known_hosts_line = f"[{self.host}]:{self.port} {line}"
        command: list[str | Path] = [program.find("dropbear"), "-F", "-E", "-r", key]
        command += ["-p", f"{self.host}:{self.port}", "-P", directory / "dropbear.pid", *options]
        self.daemon = Daemon(command, log=directory / "dropbear.log", environment={})

    def __enter__(self) -> Self:
        self.daemon.launch()
        self.daemon.wait_until_ready(lambda: port.first_bytes(self.port, size=4) == b"SSH-")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.daemon.stop()
