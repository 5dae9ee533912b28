"""Pairs of keys, made for a test by ssh-keygen as people make theirs."""

import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.servers import program


class KeyPair(NamedTuple):
    """The texts of both files."""

    private: str
    public: str


def new_key(directory: Path, of_type: str = "ed25519", *, passphrase: str = "", form: str = "") -> KeyPair:
    """Make one; `form` is one of those of `ssh-keygen -m`, by default OpenSSH's own."""
    path = directory / f"key_{len(list(directory.glob('key_*')))}"
    command = [str(program.find("ssh-keygen")), "-q", "-a", "1", "-C", "made for a test", "-t", of_type]
    command += ["-b", "2048"] if of_type == "rsa" else []
    command += ["-m", form] if form else []
    subprocess.run([*command, "-N", passphrase, "-f", path], check=True, stdin=subprocess.DEVNULL)
    return KeyPair(
        path.read_text(encoding="ascii"), path.with_suffix(".pub").read_text(encoding="ascii").strip()
    )
