"""The runs of a workflow in memory."""

from datetime import datetime

from cluster_status.ports import FinishedRun, RunsSince
from tests.fakes.clock import VirtualClock


class WorkflowRuns:
    """The runs that finished; while they are not `readable`, no run knows them."""

    def __init__(self, clock: VirtualClock) -> None:
        self.readable = True
        self.requests = 0
        self.finished: list[FinishedRun] = []
        self._clock = clock

    def start(self) -> "WorkflowRun":
        started_at = self._clock.exactly().replace(microsecond=0)  # by GitHub's clock
        return WorkflowRun(self, started_at)


class WorkflowRun:
    """A run in progress, or one that was cancelled. Implements ports.RecentRuns with `since`."""

    def __init__(self, runs: WorkflowRuns, started_at: datetime) -> None:
        self._runs = runs
        self._started_at = started_at

    def finish(self, *, failed: bool) -> None:
        self._runs.finished.append(FinishedRun(self._started_at, failed))

    def since(self, instant: datetime) -> RunsSince | None:
        self._runs.requests += 1
        if not self._runs.readable:
            return None
        found = [run for run in self._runs.finished if run.started_at > instant]
        return RunsSince(sorted(found, key=lambda run: run.started_at), self._started_at)
