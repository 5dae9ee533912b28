"""Finds processes by parent, owner or environment, and ends them by pid."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

PROC = Path("/proc")
_Inspected = TypeVar("_Inspected")


def descendants(ancestor: int) -> list[int]:
    """List the children of a process, their children, and so on; parents come first."""
    parents = {pid: int(facts["PPid"]) for pid, facts in _inspect_all(_facts).items()}
    found: list[int] = []
    generation = {ancestor}
    while generation:
        generation = {pid for pid, parent in parents.items() if parent in generation}
        found.extend(generation)
    return found


def owned_by(uid: int) -> list[int]:
    """List the processes of an account."""
    # not the owner of the directory in /proc, which is root if the process changed its account, as in sshd
    return [pid for pid, facts in _alive().items() if int(facts["Uid"].split()[0]) == uid]


def carrying(variable: str, value: str) -> list[int]:
    """List the other processes that were started with this variable in their environment."""
    setting = f"{variable}={value}".encode()
    return [
        pid for pid, found in _inspect_all(_environment).items() if setting in found and pid != os.getpid()
    ]


def with_socket_below(directory: Path) -> list[int]:
    """List the processes that have a Unix socket bound to a path below the directory."""
    rows = map(str.split, (PROC / "net" / "unix").read_text(encoding="utf-8").splitlines())
    sockets = {f"socket:[{row[6]}]" for row in rows if len(row) > 7 and row[7].startswith(f"{directory}/")}
    return [pid for pid, files in _inspect_all(_open_files).items() if sockets & files]


def still_running(pids: Iterable[int]) -> list[int]:
    """Return the processes that have not ended."""
    alive = _alive()
    return [pid for pid in pids if pid in alive]


def freeze(ancestor: int) -> list[int]:
    """Stop a process and its descendants, and return all of them."""
    frozen: list[int] = []
    pending = [ancestor]
    while pending:
        for pid in pending:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        frozen.extend(pending)
        pending = [pid for pid in descendants(ancestor) if pid not in frozen]
    return frozen


def end(pids: Iterable[int], *, grace_seconds: float = 3) -> None:
    """Terminate processes, kill those that still run after the grace period, and wait for their end.

    Without a grace period they are killed at once, as in a crash.
    """
    with contextlib.ExitStack() as handles:
        # a handle stays with its process; a number may be reused
        left = [handle for pid in pids if (handle := _handle(pid, handles)) is not None]
        if grace_seconds > 0:
            _send(left, signal.SIGTERM)
            _send(left, signal.SIGCONT)  # a stopped process would not get the signal
            left = _outlasting(left, grace_seconds)
        _send(left, signal.SIGKILL)
        if left := _outlasting(left, seconds=10):
            raise TimeoutError(f"{len(left)} processes outlived SIGKILL by ten seconds")


def _inspect_all(inspect: Callable[[int], _Inspected]) -> dict[int, _Inspected]:
    inspected = {}
    for pid in (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()):
        # it may end meanwhile; and some, such as the first of a container, cannot be inspected
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            inspected[pid] = inspect(pid)
    return inspected


def _facts(pid: int) -> dict[str, str]:
    status = (PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    return dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)


def _environment(pid: int) -> list[bytes]:
    return (PROC / str(pid) / "environ").read_bytes().split(b"\0")


def _open_files(pid: int) -> set[str]:
    files = set()
    for entry in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            files.add(str(entry.readlink()))
    return files


def _alive() -> dict[int, dict[str, str]]:
    # a zombie has ended, and waits for its parent
    return {pid: facts for pid, facts in _inspect_all(_facts).items() if facts["State"][0] not in "ZX"}


def _handle(pid: int, handles: contextlib.ExitStack) -> int | None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    handles.callback(os.close, handle)
    return handle


def _send(handles: Iterable[int], number: signal.Signals) -> None:
    for handle in handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)


def _outlasting(handles: list[int], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    left = list(handles)
    while left and (remaining := deadline - time.monotonic()) > 0:
        poll = select.poll()
        for handle in left:
            poll.register(handle, select.POLLIN)  # readable when the process has ended
        ended = {handle for handle, _ in poll.poll(remaining * 1000)}
        left = [handle for handle in left if handle not in ended]
    return left
