"""Ends processes that have left the group of their command, such as an agent that a profile starts."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")  # only Linux has it
_ROUNDS = 5  # a process may start another one meanwhile


def kill_leftovers(variable: str, value: str) -> None:
    """Kill the processes of this account that were started with this variable in their environment."""
    setting = f"{variable}={value}".encode()
    for _ in range(_ROUNDS):
        found = list(_carrying(setting))
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _carrying(setting: bytes) -> Iterator[int]:
    uid = os.getuid()
    with contextlib.suppress(OSError):
        for entry in _PROC.iterdir():
            # a process can end meanwhile, and the variables of others cannot be read
            with contextlib.suppress(OSError):
                is_own = entry.name.isdecimal() and entry.stat().st_uid == uid
                if is_own and setting in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)
