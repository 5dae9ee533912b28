"""Decides which workflow runs are deleted. A run whose artifacts are not known is kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from cluster_status.domain.actions.artifact import RESTORE_ATTEMPTS, Artifact, is_newest_first

MAX_UPLOAD_DURATION = timedelta(hours=1)  # lifetime of an upload URL
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_START_OF_TIME = datetime.min.replace(tzinfo=UTC)


class PrunePlan(Struct, frozen=True):
    workflows: tuple[str, ...]  # file names in .github/workflows
    keep: int  # completed runs of each workflow
    dry_run: bool
    current_run: int | None  # id of the run that prunes


class WorkflowRun(Struct, frozen=True):
    id: int
    number: int
    created_at: datetime
    completed: bool


class PruneResult(Struct, frozen=True):
    """Numbers of runs of one workflow; each run is counted in one of them besides `found`."""

    workflow: str
    found: int
    kept: int
    protected: int
    deleted: int  # in a dry run: to be deleted

    @property
    def left(self) -> int:
        """Runs for the next prune, and runs that could not be deleted."""
        return max(0, self.found - self.kept - self.protected - self.deleted)


def excess_runs(runs: Iterable[WorkflowRun], keep: int) -> list[WorkflowRun]:
    """Return the completed runs except the `keep` newest ones, oldest first.

    `runs` may be incomplete and in any order: each run returned has at least `keep` newer ones.
    """
    completed = {run.id: run for run in runs if run.completed}.values()
    oldest_first = sorted(completed, key=lambda run: (run.created_at, run.number))
    return oldest_first[: max(0, len(oldest_first) - keep)]


class ArtifactIndex:
    """Collects the artifacts of a repository, to find the runs that hold a history."""

    def __init__(self) -> None:
        self._histories: list[Artifact] = []
        self._known_since = _END_OF_TIME  # all artifacts of runs created since then are known
        self._known_runs: set[int] = set()
        self._total = 0
        self._is_complete = self._is_sorted = True

    def add_page(self, page: Sequence[Artifact], *, total: int, is_last: bool) -> None:
        """Add the next page of the list of all artifacts, which starts with the newest.

        If the pages are not sorted, nothing is known before the last page. If `total` decreases between two
        pages, the list is incomplete: an artifact may have moved from the next page to the one before it.
        """
        self._add(page)
        self._is_complete = self._is_complete and total >= self._total
        self._is_sorted = self._is_sorted and is_newest_first(page)
        self._total = total
        if not self._is_complete:
            self._known_since = _END_OF_TIME
        elif is_last:
            self._known_since = _START_OF_TIME
        elif self._is_sorted and page[-1].created_at:
            # the list may be sorted by the start of an upload, or by its end
            self._known_since = page[-1].created_at + MAX_UPLOAD_DURATION

    def add_run(self, run_id: int, artifacts: Iterable[Artifact]) -> None:
        """Add all artifacts of one run."""
        self._add(artifacts)
        self._known_runs.add(run_id)

    def covers(self, run: WorkflowRun) -> bool:
        """Return whether all artifacts of this run are known."""
        return run.created_at >= self._known_since or run.id in self._known_runs

    def runs_with_history(self) -> set[int]:
        """Return the ids of the runs that hold one of the newest copies of a history.

        A poll tries RESTORE_ATTEMPTS copies.
        """
        copies: defaultdict[tuple[str, str | None], dict[int, Artifact]] = defaultdict(dict)
        for artifact in self._histories:
            if artifact.history:
                copies[artifact.history][artifact.id] = artifact
        return {
            artifact.run.id
            for each in copies.values()
            for _, artifact in sorted(each.items())[-RESTORE_ATTEMPTS:]
            if artifact.run.id is not None
        }

    def _add(self, artifacts: Iterable[Artifact]) -> None:
        self._histories += [one for one in artifacts if one.history and one.is_usable]
