"""Which workflow runs may go. Whatever is in doubt stays: a run takes its artifacts along, and histories."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from cluster_status.domain.actions.artifact import TRIED_AT_MOST, Artifact, is_in_order

UPLOADING_TAKES_AT_MOST = timedelta(hours=1)  # as long as the address to upload to is good
_NEVER = datetime.max.replace(tzinfo=UTC)
_EVER = datetime.min.replace(tzinfo=UTC)


class WorkflowRun(Struct, frozen=True):
    id: int
    number: int
    created_at: datetime
    completed: bool


class PruneResult(Struct, frozen=True):
    """What became of the runs of one workflow; all of them are counted once."""

    workflow: str
    found: int
    kept: int
    protected: int
    deleted: int  # in a dry run: those that would have been

    @property
    def left(self) -> int:
        """How many are still to go, or cannot be deleted."""
        return max(0, self.found - self.kept - self.protected - self.deleted)


def excess_runs(runs: Iterable[WorkflowRun], keep: int) -> list[WorkflowRun]:
    """Return the completed ones but the `keep` newest of them, oldest first.

    However few of a workflow's runs are given, in whatever order: none goes that has not `keep` newer ones.
    """
    completed = {run.id: run for run in runs if run.completed}.values()
    oldest_first = sorted(completed, key=lambda run: (run.created_at, run.number))
    return oldest_first[: max(0, len(oldest_first) - keep)]


class ArtifactIndex:
    """What is known of the artifacts of a repository: which runs hold a history that would be restored."""

    def __init__(self) -> None:
        self._histories: list[Artifact] = []
        self._known_since = _NEVER  # of runs created since then, every artifact is known
        self._asked: set[int] = set()
        self._total = 0
        self._is_whole = self._is_in_order = True

    def read(self, page: Sequence[Artifact], *, total: int, is_last: bool) -> None:
        """Take the next page of the list of all artifacts, which GitHub begins with the newest.

        Out of order, nothing counts as known before the last page. Nothing does at all where the list got
        shorter while it was read: something may have slipped from the page to come into the one before.
        """
        self._note(page)
        self._is_whole = self._is_whole and total >= self._total
        self._is_in_order = self._is_in_order and is_in_order(page)
        self._total = total
        if not self._is_whole:
            self._known_since = _NEVER
        elif is_last:
            self._known_since = _EVER
        elif self._is_in_order and page[-1].created_at:
            # it is not known whether the list goes by the begin of an upload, or by its end
            self._known_since = page[-1].created_at + UPLOADING_TAKES_AT_MOST

    def ask(self, run_id: int, artifacts: Iterable[Artifact]) -> None:
        """Take the artifacts of one run."""
        self._note(artifacts)
        self._asked.add(run_id)

    def covers(self, run: WorkflowRun) -> bool:
        """Tell whether all artifacts of this run are known, and those of runs after it."""
        return run.created_at >= self._known_since or run.id in self._asked

    def runs_with_history(self) -> set[int]:
        """Return the runs to spare: those with the newest copies of each history, as many as are tried."""
        copies: defaultdict[tuple[str, str | None], dict[int, Artifact]] = defaultdict(dict)
        for artifact in self._histories:
            if artifact.history:
                copies[artifact.history][artifact.id] = artifact
        return {
            artifact.run.id
            for each in copies.values()
            for _, artifact in sorted(each.items())[-TRIED_AT_MOST:]
            if artifact.run.id is not None
        }

    def _note(self, artifacts: Iterable[Artifact]) -> None:
        self._histories += [one for one in artifacts if one.history and one.is_usable]
