"""The system clock."""

import time
from datetime import UTC, datetime

from cluster_status.deadline import Deadline


class SystemClock:
    """The clock of this machine. It never sleeps beyond the deadline, if there is one."""

    def __init__(self, deadline: Deadline | None = None) -> None:
        self._deadline = deadline

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, self._deadline.left) if self._deadline else seconds)
