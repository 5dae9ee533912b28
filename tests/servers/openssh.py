"""A real OpenSSH server on loopback."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import NamedTuple, Self

from tests.servers import port, process, program
from tests.servers.account import Account
from tests.servers.daemon import Daemon, wait_until
from tests.servers.pam import PamService

# the directory for privilege separation, empty and owned by root
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

# "none" is the request for the list of methods, which offers no credential
_OFFER = re.compile(
    r"^(?P<answer>Accepted|Failed|Partial) (?P<method>(?!none\b)\S+)"
    r" for (?:invalid user )?(?P<user>.+?) from ",
    re.MULTILINE,
)


class Offer(NamedTuple):
    """A credential that a client sent, and whether it was accepted."""

    method: str
    user: str
    accepted: bool


class OpenSSH:
    """An sshd that can be stopped and started again with the same port and host keys.

    `extra_configuration` are lines of sshd_config. They come first, because sshd uses the first value. By
    default the port is a free one. `pam` are the lines of a PAM stack of its own; "{directory}" in them is
    replaced.
    """

    def __init__(  # noqa: PLR0913 - the parts of a server
        self,
        directory: Path,
        account: Account,
        *,
        host: str = port.LOOPBACK,
        port_number: int = 0,
        set_env: Mapping[str, str] = MappingProxyType({}),
        extra_configuration: Sequence[str] = (),
        host_key_types: Sequence[str] = ("ed25519", "ecdsa"),
        pam: Sequence[str] = (),
    ) -> None:
        self.directory = directory
        self.account = account
        self.set_env = set_env
        self.extra_configuration = (*extra_configuration, *(["UsePAM yes"] if pam else []))
        self.host = host
        self.port = port_number or port.free_ports(1)[0]
        self._pam = PamService([line.format(directory=directory) for line in pam]) if pam else None
        self._host_key_types = host_key_types
        self.change_host_keys()
        self._log_offset = 0
        configuration = directory / "sshd_config"
        log = directory / "sshd.log"
        command: list[str | Path] = [self._program(), "-D", "-f", configuration, "-E", log]
        self.daemon = Daemon(command, log=log, environment={})
        self._write_configuration()

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
        if self._pam:
            self._pam.remove()

    @property
    def user(self) -> str:
        return self.account.name

    @property
    def password(self) -> str:
        return self.account.password

    @property
    def known_hosts_line(self) -> str:
        """The known_hosts line of the first host key."""
        return self.known_hosts_lines[0]

    @property
    def known_hosts_lines(self) -> list[str]:
        """The known_hosts lines of all host keys."""
        return [f"[{self.host}]:{self.port} {_public(key)}" for key in self._host_keys]

    @property
    def log(self) -> str:
        return self.daemon.log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Return when it sends its SSH banner."""
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self.daemon.launch()
        self.daemon.wait_until_ready(self._sends_banner)

    def stop(self) -> None:
        """End it with its sessions and their processes; detached processes end with the account."""
        self.daemon.stop()

    def change_host_keys(self) -> None:
        """Generate new keys, as after a reinstallation; they are used from the next start."""
        self._host_keys = [_new_host_key(self.directory, of_type) for of_type in self._host_key_types]

    @property
    def host_keys(self) -> Mapping[Path, bytes]:
        """The contents of the files of the host keys."""
        files = [file for key in self._host_keys for file in (key, key.with_suffix(".pub"))]
        return {file: file.read_bytes() for file in files}

    def restore_host_keys(self, host_keys: Mapping[Path, bytes]) -> None:
        """Use the host keys of an earlier time from the next start."""
        for file, content in host_keys.items():
            file.write_bytes(content)

    def use_host_keys(self, *types: str) -> None:
        """Use only the host keys of these types from the next start."""
        self._host_keys = [key for key in self._host_keys if key.name.removeprefix("host_key_") in types]
        self._write_configuration()

    def listen_at(self, host: str) -> None:
        """Use this address from the next start."""
        self.host = host
        self._write_configuration()

    def reconfigure(self, *lines: str) -> None:
        """Restart with these lines of sshd_config in place of the extra ones."""
        self.stop()
        self.extra_configuration = (*lines, *(["UsePAM yes"] if self._pam else []))
        self._write_configuration()
        self.start()

    def end_sessions(self) -> None:
        """Close the connection of every client, and continue to listen."""
        process.end(process.descendants(self.daemon.pid), grace_seconds=0)

    def offered_credentials(self) -> tuple[Offer, ...]:
        """Return the credentials offered since the start or `forget_offers`, in order.

        Waits until every client has disconnected, because sshd writes its log after it answers.
        """
        self._wait_until_idle()
        return tuple(
            Offer(found["method"], found["user"], accepted=found["answer"] != "Failed")
            for found in _OFFER.finditer(self.log, self._log_offset)
        )

    def forget_offers(self) -> None:
        self._wait_until_idle()
        self._log_offset = len(self.log)

    def _write_configuration(self) -> None:
        (self.directory / "sshd_config").write_text(self._configuration(), encoding="utf-8")

    def _program(self) -> Path:
        """Return the path of sshd, under the name of its PAM service if it has one."""
        sshd = program.find("sshd")
        if not self._pam:
            return sshd
        link = self.directory / self._pam.name
        link.symlink_to(sshd)
        return link

    def _configuration(self) -> str:
        lines = [f"HostKey {key}" for key in self._host_keys]
        if self.set_env:
            # sshd uses only the first SetEnv line
            lines.append("SetEnv " + " ".join(f'"{name}={value}"' for name, value in self.set_env.items()))
        given = "".join(f"{line}\n" for line in (*self.extra_configuration, *lines))
        return given + _CONFIGURATION.format(host=self.host, port=self.port)

    def _sends_banner(self) -> bool:
        banner = b"SSH-"
        return port.first_bytes(self.port, size=len(banner), host=self.host) == banner

    def _wait_until_idle(self) -> None:
        def is_idle() -> bool:
            return not self.daemon.is_running or not process.descendants(self.daemon.pid)

        # PAM ends what it has begun, and delays the reply to a failure
        wait_until(is_idle, timeout_seconds=20, explain=lambda: f"a client is still connected:\n{self.log}")


def _new_host_key(directory: Path, of_type: str) -> Path:
    path = directory / f"host_key_{of_type.replace(' ', '_')}"
    path.unlink(missing_ok=True)  # ssh-keygen would ask before it overwrites
    command: list[str | Path] = [
        program.find("ssh-keygen"),
        "-q",
        "-t",
        *of_type.split(),
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
