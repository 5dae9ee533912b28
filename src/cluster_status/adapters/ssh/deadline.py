"""How the steps of a look end it early."""

import time

from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure


class ProbeFailed(Exception):  # noqa: N818 - no error: a look that ran into something is a result
    """The look ran into `obstacle`; caught by the probe, never seen outside."""

    def __init__(self, cause: Cause, detail: str, *, remedy: str = "") -> None:
        super().__init__(detail)
        self.failure = ProbeFailure(cause, detail, remedy)


class Deadline:
    """The end of a step: after its own limit, or with the whole look, whichever comes first."""

    def __init__(self, seconds: float, *, within: "Deadline | None" = None) -> None:
        self.seconds = min(seconds, within.left) if within else seconds
        self._end = time.monotonic() + self.seconds

    def postpone(self, seconds: float) -> None:
        self._end += seconds

    @property
    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    @property
    def passed(self) -> bool:
        return self.left <= _TOLERANCE_SECONDS


_TOLERANCE_SECONDS = 0.05  # what gives up for its time limit may do so a moment early by our clock
