"""A real OpenSSH server with its own configuration, and a probe of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.ssh.private_key import unwrap
from tests.contract.ssh_probe import TimedResult, new_probe, run_probe
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.key import KeyPair
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

WITH_PAM = ("UsePAM yes", "KbdInteractiveAuthentication yes")


@contextmanager
def running_sshd(account: Account, slurm: Slurm, *configuration: str, **changes: Any) -> Iterator[OpenSSH]:
    """Run an sshd with these lines of sshd_config."""
    with (
        public_directory() as directory,
        OpenSSH(
            directory, account, set_env=slurm.environment, extra_configuration=configuration, **changes
        ) as openssh,
    ):
        yield openssh


def probe_sshd(
    openssh: OpenSSH, key: KeyPair | None = None, *, password: str = "", **changes: Any
) -> TimedResult:
    """Probe once, with the key, the password or both."""
    options: dict[str, Any] = {
        "user": openssh.user,
        "password": password,
        "key": unwrap(key.private) if key else "",
        "pins": Pins.parse(openssh.known_hosts_line),
    }
    with new_probe(openssh.port, **(options | changes)) as probe:
        return run_probe(probe)


def offers(openssh: OpenSSH) -> list[str]:
    """Return the credentials in sshd's log, in order, such as `password refused`."""
    return [
        f"{offer.method} {'accepted' if offer.accepted else 'refused'}"
        for offer in openssh.offered_credentials()
    ]
