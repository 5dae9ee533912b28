"""The programs that the tests run, and the Debian packages that contain them."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

# daemons are in sbin, which is not in the PATH of every account
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])

DEBIAN_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "bash": "bash",  # keeps variables with hyphens in their names
        "chage": "passwd",
        "chromium": "chromium",
        "chpasswd": "passwd",
        "curl": "curl",  # used by cron in the documents
        "dash": "dash",
        "dropbear": "dropbear-bin",
        "dropbearkey": "dropbear-bin",
        "env": "coreutils",
        "fish": "fish",
        "git": "git",
        "google-authenticator": "libpam-google-authenticator",  # a PAM module that asks for a code
        "ip": "iproute2",
        "ip6tables": "iptables",
        "iptables": "iptables",
        "munge": "munge",
        "munged": "munge",
        "sbatch": "slurm-client",
        "scancel": "slurm-client",
        "scontrol": "slurm-client",
        "sinfo": "slurm-client",
        "slurmctld": "slurmctld",
        "slurmd": "slurmd",
        "squeue": "slurm-client",
        "nologin": "login",
        "ssh": "openssh-client",
        "ssh-keygen": "openssh-client",
        "sshd": "openssh-server",
        "sshpass": "sshpass",
        "tcsh": "tcsh",
        "tr": "coreutils",
        "unshare": "util-linux",
        "useradd": "passwd",
        "userdel": "passwd",
        "zsh": "zsh",
    },
)

_BROWSER = ("chromium",)
_OTHERS = tuple(name for name in DEBIAN_PACKAGES if name not in _BROWSER)
# the suites that start no real servers; the others may run any of the other programs
_PROGRAMS_OF_SUITES: Mapping[str, Sequence[str]] = MappingProxyType(
    {"unit": (), "property": (), "contract": ("curl", "git"), "browser": _BROWSER}
)


def find(name: str) -> Path:
    """Return the absolute path of a program: sshd requires one, because it starts itself again."""
    found = _path(name)
    if not found:
        raise FileNotFoundError(f"{name} is not installed: apt-get install {DEBIAN_PACKAGES[name]}")
    return Path(found)


def missing_packages(*suites: str) -> list[str]:
    """Name the Debian packages of the programs that these suites, or all, run and that cannot be found."""
    programs = {name for suite in suites or ("real",) for name in _PROGRAMS_OF_SUITES.get(suite, _OTHERS)}
    return sorted({DEBIAN_PACKAGES[name] for name in programs if not _path(name)})


def _path(name: str) -> str | None:
    return shutil.which(name, path=SEARCH_PATH)


if __name__ == "__main__":
    sys.stdout.write(f"{' '.join(missing_packages(*sys.argv[1:]))}\n")
