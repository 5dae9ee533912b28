"""The programs that the tests run beside Python's own, and the packages that bring them."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

# daemons live in sbin, which is not in everybody's PATH
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])

DEBIAN_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "bash": "bash",  # which hands on variables with hyphens in their names
        "chage": "passwd",
        "chpasswd": "passwd",
        "curl": "curl",  # which the documents let cron call
        "dash": "dash",
        "env": "coreutils",
        "fish": "fish",
        "ip": "iproute2",
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
        "ssh": "openssh-client",
        "ssh-keygen": "openssh-client",
        "sshd": "openssh-server",
        "sshpass": "sshpass",
        "tcsh": "tcsh",
        "unshare": "util-linux",
        "useradd": "passwd",
        "userdel": "passwd",
    },
)


def find(name: str) -> Path:
    """Return the absolute path of a program: sshd starts itself again, and insists on it."""
    found = _path(name)
    if not found:
        raise FileNotFoundError(f"{name} is not installed: apt-get install {DEBIAN_PACKAGES[name]}")
    return Path(found)


def missing_packages() -> list[str]:
    """Name the Debian packages without which one of these programs cannot be found."""
    return sorted({package for name, package in DEBIAN_PACKAGES.items() if not _path(name)})


def _path(name: str) -> str | None:
    return shutil.which(name, path=SEARCH_PATH)
