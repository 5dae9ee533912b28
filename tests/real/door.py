"""A real OpenSSH server of a test's own, and a probe that looks through it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paramiko

from cluster_status.adapters.ssh.credential import read_key
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.ssh.private_key import unwrap
from tests.contract.ssh_probe import Check, check, probing
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.key import KeyPair
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

BY_PAM = ("UsePAM yes", "KbdInteractiveAuthentication yes")


@contextmanager
def door(account: Account, slurm: Slurm, *configuration: str, **changes: Any) -> Iterator[OpenSSH]:
    """Have a server configured so."""
    with (
        public_directory() as directory,
        OpenSSH(
            directory, account, set_env=slurm.environment, extra_configuration=configuration, **changes
        ) as openssh,
    ):
        yield openssh


def private(key: KeyPair, passphrase: str = "") -> paramiko.PKey:
    """Read it as the action does."""
    return read_key(Secret(unwrap(key.private)), Secret(passphrase))


def knock(openssh: OpenSSH, key: KeyPair | None = None, *, password: str = "", **changes: Any) -> Check:
    """Look once, with the key, the password or both."""
    to = {"user": openssh.user, "pins": Pins.parse(openssh.known_hosts_line), "password": Secret(password)}
    with probing(openssh.port, **(to | {"key": private(key) if key else None} | changes)) as probe:
        return check(probe)


def offers(openssh: OpenSSH) -> list[str]:
    """Return what sshd's log says of each credential, in order: `password refused`."""
    return [
        f"{offer.method} {'accepted' if offer.accepted else 'refused'}"
        for offer in openssh.offered_credentials()
    ]
