"""PAM stacks of test servers: each is a service of its own in the directory that PAM reads."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

_DIRECTORY = Path("/etc/pam.d")
_numbers = itertools.count()

PASSWORD = ("auth required pam_unix.so", "account required pam_unix.so", "session required pam_permit.so")
"""A stack that asks for the password of the account."""

NOLOGIN = (
    "auth required pam_unix.so",
    "account required pam_nologin.so file={directory}/nologin",
    "account required pam_permit.so",
    "session required pam_permit.so",
)
"""A stack that closes the logins while the file exists, and sends its text."""

HANGS = (
    "auth [success=1 default=ignore] pam_exec.so quiet /usr/bin/test ! -e {directory}/hangs",
    "auth optional pam_exec.so quiet /bin/sleep 3",
    *PASSWORD,
)
"""A stack that answers after three seconds while the file `hangs` exists."""

_CODE = "pam_google_authenticator.so secret={directory}/secret user=root no_strict_owner allowed_perm=0600"


def code(control: str = "required", *, prompt: str = "", options: str = "") -> str:
    """Return the line of a module that asks for a code, by default with its own prompt."""
    shown = f" [authtok_prompt={prompt}]" if prompt else ""
    return f"auth {control} {_CODE}{shown} {options}".rstrip()


def write_code_secret(directory: Path) -> None:
    """Write a secret, so that the module asks for its code."""
    (directory / "secret").write_text('JBSWY3DPEHPK3PXPJBSWY3DPEH\n" RATE_LIMIT 3 30\n" TOTP_AUTH\n', "ascii")
    (directory / "secret").chmod(0o600)


class PamService:
    """A stack of these lines. sshd uses the service with the name by which it is called."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.name = f"clusterwatch-sshd{os.getpid()}x{next(_numbers)}"  # no name of an account
        self._path = _DIRECTORY / self.name
        self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
