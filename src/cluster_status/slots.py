"""Which clusters of a run work now, while the others wait.

A cluster waits for the first answer of its server without a slot. So a server that never answers delays no
other cluster.
"""

import time
from collections.abc import Hashable
from math import inf
from threading import TIMEOUT_MAX, Condition
from types import TracebackType
from typing import Self

from cluster_status.deadline import Deadline, paused

_SLOTS = 64  # from some 128 on, the threads delay each other until time limits pass
_SLOT_SECONDS = 5.0  # a check that takes longer waits for its server, and hardly delays others
_LOGINS = 8  # sshd drops connections when ten of them have not logged in yet (MaxStartups 10:30:100)


class NoSlotError(Exception):
    """The time for checks ended before a slot was free."""


class Slots:
    """The slots of a run, which are shared by its clusters until `deadline`."""

    def __init__(
        self,
        deadline: Deadline,
        number: int = _SLOTS,
        *,
        seconds: float = _SLOT_SECONDS,
        logins: int = _LOGINS,
    ) -> None:
        self.deadline = deadline
        self.checks = _Limit(number, seconds)
        self._number_of_logins = logins
        self._logins: dict[Hashable, _Limit] = {}

    def logins_to(self, server: Hashable) -> "_Limit":
        return self._logins.setdefault(server, _Limit(self._number_of_logins))


class Place:
    """The place of one cluster among those of a run. It leaves at the end of each attempt.

    Its methods raise NoSlotError. The limits that they get are paused while it waits.
    """

    def __init__(self, slots: Slots | None = None) -> None:
        self._slots = slots or Slots(Deadline(inf))
        self._login: _Limit | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()

    def connect_to(self, server: Hashable, *limits: Deadline) -> None:
        """Wait until one more cluster may log in to a server. It holds no slot until the server answers."""
        self.leave()
        login = self._slots.logins_to(server)
        with paused(*limits):
            login.enter(self, self._slots.deadline)
        self._login = login

    def take_slot(self, *limits: Deadline) -> None:
        """Wait for a slot, unless it has one; the server has answered."""
        with paused(*limits):
            self._slots.checks.enter(self, self._slots.deadline)

    def end_login(self) -> None:
        """Let another cluster log in to the server."""
        if self._login:
            self._login.leave(self)
        self._login = None

    def leave(self) -> None:
        """Give up the slot and the login."""
        self.end_login()
        self._slots.checks.leave(self)


class _Limit:
    """Admits a number of places at the same time; one that stays for more than `seconds` does not count."""

    def __init__(self, number: int, seconds: float = inf) -> None:
        self._number = number
        self._seconds = seconds
        self._entered: dict[Place, float] = {}  # in the order of their times
        self._changed = Condition()

    def enter(self, place: Place, deadline: Deadline) -> None:
        with self._changed:
            while place not in self._entered and (seconds := self._seconds_to_wait) > 0:
                if deadline.passed:
                    raise NoSlotError
                self._changed.wait(min(seconds, deadline.left, TIMEOUT_MAX))
            self._entered.setdefault(place, time.monotonic())

    def leave(self, place: Place) -> None:
        with self._changed:
            if self._entered.pop(place, None) is not None:
                self._changed.notify()

    @property
    def _seconds_to_wait(self) -> float:
        latest = list(self._entered.values())[-self._number :]
        return latest[0] + self._seconds - time.monotonic() if len(latest) == self._number else 0.0
