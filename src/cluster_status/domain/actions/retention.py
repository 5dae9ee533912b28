"""Decides which workflow runs are deleted. A run whose artifacts are not known is kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.actions.artifact import RESTORE_ATTEMPTS, Artifact
from cluster_status.domain.actions.artifact_list import PER_PAGE, ArtifactList

PAST_NAMED_FOR = timedelta(days=4)  # after its upload, copies name an artifact for the past
MAX_UPLOAD_DURATION = timedelta(hours=1)  # lifetime of an upload URL


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
    """Collects the artifacts of a repository, to find the runs that hold a history.

    A run without a history on the list of all artifacts may be missing there: it is asked itself.
    """

    def __init__(self, per_page: int = PER_PAGE) -> None:
        self._list = ArtifactList(per_page)
        self._of_runs: dict[int, Sequence[Artifact]] = {}

    def add_page(self, page: Sequence[Artifact], total: int) -> None:
        """Add the next page of the list of all artifacts, which starts with the newest."""
        self._list.add(page, total)

    def add_run(self, run_id: int, artifacts: Sequence[Artifact]) -> None:
        """Add all artifacts of one run."""
        self._of_runs[run_id] = artifacts

    @property
    def has_ended(self) -> bool:
        return self._list.has_ended

    @property
    def is_believed(self) -> bool:
        """Whether the pages of the list do not contradict each other, and show the run of each history."""
        histories = (one for one in self._list.artifacts if one.history and one.may_be_usable)
        return self._list.is_believed and all(one.run.id is not None for one in histories)

    def reaches(self, run: WorkflowRun) -> bool:
        """Return whether the list has all artifacts of this run, if it is to be believed."""
        if self._list.is_complete:
            return True
        oldest = self._list.oldest
        if oldest is None or oldest.created_at is None:
            return False
        # the list may be sorted by the start of an upload, or by its end
        return run.created_at >= oldest.created_at + MAX_UPLOAD_DURATION

    def runs_to_ask(self, runs: Sequence[WorkflowRun]) -> list[WorkflowRun]:
        """Return the runs whose artifacts are not known yet."""
        listed = {one.run.id for one in self._list.artifacts if one.history and one.is_usable}
        return [
            run
            for run in runs
            if run.id not in self._of_runs and not (run.id in listed and self.reaches(run))
        ]

    def runs_with_history(self) -> set[int]:
        """Return the ids of the runs that hold one of the newest copies of a history, or its past.

        A poll tries RESTORE_ATTEMPTS copies. A copy whose origin is not known protects its run, and no other
        copy is older than it.
        """
        copies: defaultdict[tuple[str, str | None], dict[int, tuple[int, Artifact]]] = defaultdict(dict)
        protected: set[int] = set()
        for run_id, artifact in self._histories():
            if artifact.is_usable and artifact.history:
                copies[artifact.history][artifact.id] = run_id, artifact
            else:
                protected.add(run_id)
        for each in copies.values():
            ordered = [each[artifact_id] for artifact_id in sorted(each)]
            newest = ordered[-RESTORE_ATTEMPTS:]
            protected.update(run_id for run_id, _ in newest)
            protected.update(_runs_with_past(ordered, since=newest[0][1].created_at))
        return protected

    def _histories(self) -> Iterator[tuple[int, Artifact]]:
        """Yield the artifacts that may have a history, each with the id of its run."""
        for artifact in self._list.artifacts:
            if artifact.history and artifact.may_be_usable and artifact.run.id is not None:
                yield artifact.run.id, artifact
        for run_id, artifacts in self._of_runs.items():
            yield from ((run_id, one) for one in artifacts if one.history and one.may_be_usable)


def _runs_with_past(copies: Sequence[tuple[int, Artifact]], since: datetime | None) -> Iterator[int]:
    """Yield the runs whose copy may have the past of a copy that was saved since then.

    It has the second name, and its run none with the first name.
    """
    runs_with_first = {run_id for run_id, copy in copies if copy.is_first_save}
    for run_id, copy in copies:
        if run_id not in runs_with_first and (
            since is None or copy.created_at is None or copy.created_at >= since - PAST_NAMED_FOR
        ):
            yield run_id
