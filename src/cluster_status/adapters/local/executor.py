"""Runs commands on this machine, as sshd runs them for a login."""

import os
import pwd
from collections.abc import Callable
from secrets import token_hex
from threading import Lock
from typing import NamedTuple

from cluster_status.adapters.local.leftovers import kill_leftovers
from cluster_status.adapters.local.process import BoundedProcess
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandRefusedError, CommandResult, Limits
from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import (
    LoginProgress,
    ProbeFailed,
    ProbeFailure,
    RememberedLogin,
)
from cluster_status.slots import Place
from cluster_status.threads import run_in_thread

MARK = "CLUSTER_STATUS_RUN"  # a variable that identifies the processes of one executor
_PATH = "/usr/local/bin:/usr/bin:/bin"  # as sshd sets it
# sshd begins in the home directory, and goes on without one. A file server that does not respond stops the
# shell here, not this program.
_START = 'cd -- "$HOME"; exec "$SHELL" -c "$0"'
_LOOK_UP_SECONDS = 10.0  # the directory of accounts may be a server
_READY = LoginProgress(logged_in=True, local=True)


class Account(NamedTuple):
    name: str
    home: str
    shell: str


def current_account() -> Account:
    """Return the account of this process; raise KeyError if it does not exist."""
    entry = pwd.getpwuid(os.getuid())
    return Account(entry.pw_name, entry.pw_dir, entry.pw_shell or "/bin/sh")


class LocalExecutor:
    """Implements ports.Executor. `close` ends what commands have left behind, also from another thread."""

    def __init__(
        self,
        target: LocalTarget,
        place: Place | None = None,
        *,
        look_up: Callable[[], Account] = current_account,
    ) -> None:
        self.login = LoginProgress(local=True)
        self._target = target
        self._place = place or Place()
        self._look_up = look_up
        self._environment: dict[str, str] = {}
        self._mark = token_hex(16)
        self._lock = Lock()
        self._running: BoundedProcess | None = None
        self._closed = False

    def connect(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> None:
        self._place.take_slot(deadline)
        if self.login.logged_in:
            return
        self._environment = self._environment_of(self._account(deadline.part(_LOOK_UP_SECONDS)))
        load_remembered()
        self.login = _READY

    def run(self, command: str, limits: Limits) -> CommandResult:
        deadline = Deadline(limits.seconds)
        process = self._start(command)
        try:
            return process.result(limits, deadline)
        finally:
            process.kill()
            with self._lock:
                self._running = None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._running:
                self._running.kill()
        if self._environment:
            kill_leftovers(MARK, self._mark)

    def _start(self, command: str) -> BoundedProcess:
        with self._lock:  # a process that starts after `close` would outlive the run
            if self._closed or not self._environment:
                raise CommandRefusedError("the executor is closed")
            self._running = BoundedProcess(["/bin/sh", "-c", _START, command], self._environment)
            return self._running

    def _account(self, deadline: Deadline) -> Account:
        try:
            return run_in_thread(self._look_up).result(deadline.left)
        except TimeoutError:
            detail = f"the account of uid {os.getuid()} was not found within {deadline.seconds:.0f} s"
            raise ProbeFailed(ProbeFailure(Cause.SHELL_HANGS, detail)) from None
        except KeyError:
            detail = f"uid {os.getuid()} has no account on this machine"
            raise ProbeFailed(ProbeFailure(Cause.SHELL_FAILS, detail)) from None

    def _environment_of(self, account: Account) -> dict[str, str]:
        """Return the variables of a login over SSH. Those of this process hold secrets."""
        return {
            "HOME": self._target.home or account.home,
            "LOGNAME": account.name,
            "PATH": _PATH,
            "SHELL": account.shell,
            "USER": account.name,
            MARK: self._mark,
        }
