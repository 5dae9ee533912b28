"""A real OpenSSH server on loopback, for logins with a password."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import NamedTuple, Self

from tests.servers import port, process, program
from tests.servers.account import Account
from tests.servers.daemon import Daemon, wait_until

# separates privileges by its own account, which may only stand in an empty directory of root's
_PRIVILEGE_SEPARATION = Path("/run/sshd")

_CONFIGURATION = """\
ListenAddress {host}
Port {port}
PidFile none
LogLevel VERBOSE
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
"""

# "none" is how a client asks what it may offer, and offers nothing
_OFFER = re.compile(
    r"^(?P<answer>Accepted|Failed|Partial) (?P<method>(?!none\b)\S+)"
    r" for (?:invalid user )?(?P<user>.+?) from ",
    re.MULTILINE,
)


class Offer(NamedTuple):
    """A credential that a client sent, and whether it was taken."""

    method: str
    user: str
    accepted: bool


class OpenSSH:
    """An sshd that can be stopped and started again: port and host keys stay the same.

    `extra_configuration` are lines of sshd_config; they come first, and sshd keeps the first value it reads.
    """

    host = port.LOOPBACK

    def __init__(
        self,
        directory: Path,
        account: Account,
        *,
        set_env: Mapping[str, str] = MappingProxyType({}),
        extra_configuration: Sequence[str] = (),
        host_key_types: Sequence[str] = ("ed25519", "ecdsa"),
    ) -> None:
        self.directory = directory
        self.account = account
        self.set_env = set_env
        self.extra_configuration = extra_configuration
        [self.port] = port.free_ports(1)
        self._host_key_types = host_key_types
        self.change_host_keys()
        self._read_of_log = 0
        configuration = directory / "sshd_config"
        log = directory / "sshd.log"
        command: list[str | Path] = [program.find("sshd"), "-D", "-f", configuration, "-E", log]
        self.daemon = Daemon(command, log=log, environment={})
        configuration.write_text(self._configuration(), encoding="utf-8")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def user(self) -> str:
        return self.account.name

    @property
    def password(self) -> str:
        return self.account.password

    @property
    def known_hosts_line(self) -> str:
        """What a client's known_hosts says of this server's first host key."""
        return f"[{self.host}]:{self.port} {_public(self._host_keys[0])}"

    @property
    def log(self) -> str:
        return self.daemon.log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Return when it says who it is, as SSH servers do first."""
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self.daemon.launch()
        self.daemon.wait_until_ready(self._is_greeting)

    def stop(self) -> None:
        """End it with its sessions and what runs in them; what detached itself ends with the account."""
        self.daemon.stop()

    def change_host_keys(self) -> None:
        """Make new ones, as a server has that was installed anew; they count from the next start."""
        self._host_keys = [_new_host_key(self.directory, of_type) for of_type in self._host_key_types]

    def end_sessions(self) -> None:
        """Hang up on every client, and go on listening."""
        process.end(process.descendants(self.daemon.pid), grace_seconds=0)

    def offered_credentials(self) -> tuple[Offer, ...]:
        """Each credential offered since the start or `forget_offers`, in order.

        Waits until every client has hung up: sshd answers first, and writes its log after that.
        """
        self._wait_until_alone()
        return tuple(
            Offer(found["method"], found["user"], accepted=found["answer"] != "Failed")
            for found in _OFFER.finditer(self.log, self._read_of_log)
        )

    def forget_offers(self) -> None:
        self._wait_until_alone()
        self._read_of_log = len(self.log)

    def _configuration(self) -> str:
        lines = [f"HostKey {key}" for key in self._host_keys]
        if self.set_env:
            # only the first SetEnv line counts
            lines.append("SetEnv " + " ".join(f'"{name}={value}"' for name, value in self.set_env.items()))
        given = "".join(f"{line}\n" for line in (*self.extra_configuration, *lines))
        return given + _CONFIGURATION.format(host=self.host, port=self.port)

    def _is_greeting(self) -> bool:
        greeting = b"SSH-"
        return port.greeting(self.port, size=len(greeting)) == greeting

    def _wait_until_alone(self) -> None:
        def is_alone() -> bool:
            return not self.daemon.is_running or not process.descendants(self.daemon.pid)

        wait_until(is_alone, timeout_seconds=5, explain=lambda: f"a client is still connected:\n{self.log}")


def _new_host_key(directory: Path, of_type: str) -> Path:
    path = directory / f"host_key_{of_type}"
    path.unlink(missing_ok=True)  # ssh-keygen would ask first
    command: list[str | Path] = [
        program.find("ssh-keygen"),
        "-q",
        "-t",
        of_type,
        "-N",
        "",
        "-C",
        "",
        "-f",
        path,
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def _public(key: Path) -> str:
    return key.with_suffix(".pub").read_text(encoding="ascii").strip()
