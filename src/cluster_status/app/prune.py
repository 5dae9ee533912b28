"""Prune: delete old runs of workflows, and with them no history that is the newest of its kind.

First everything is looked at, then it is decided, and only then anything is deleted.
"""

from collections.abc import Sequence

from msgspec import Struct

from cluster_status.app.report import report_error
from cluster_status.domain.actions.retention import ArtifactIndex, PruneResult, WorkflowRun, excess_runs
from cluster_status.errors import (
    ExitStatus,
    GitHubError,
    GitHubOutOfReachError,
    LimitReachedError,
    NoSuchWorkflowError,
    most_severe,
)
from cluster_status.ports import Level, RunCatalog, Runner
from cluster_status.render.pruning import PruneReport

_WORTH_A_PAGE = 50  # deletions; to list a page of a hundred for fewer would use up more than it brings
_PAGES_AT_LEAST = 3  # of artifacts, before runs are asked one by one
_RUNS_PER_PAGE = 10  # for this many that are to go, one page more: to ask each would take ten times as much
_STUCK_IN_A_ROW = 3
_PROGRESS_EVERY = 100


class Pruning(Struct, frozen=True):
    """What is to be pruned."""

    workflows: tuple[str, ...]
    keep: int
    dry_run: bool
    current_run: int | None  # the one that prunes


class _WorkflowRuns:
    """The runs of one workflow, as far as they were looked at."""

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        self.found = self.kept = self.protected = self.deleted = self.stuck = 0
        self.to_delete: list[WorkflowRun] = []  # oldest first

    @property
    def tally(self) -> PruneResult:
        return PruneResult(self.workflow, self.found, self.kept, self.protected, self.deleted)


def prune(catalog: RunCatalog, runner: Runner, plan: Pruning) -> ExitStatus:
    """Prune, as far as time and limits allow; what is left, the next run goes on with."""
    shelves: list[_WorkflowRuns] = []
    errors: list[GitHubError] = []
    try:
        for workflow in plan.workflows:
            shelves.append(_WorkflowRuns(workflow))
            try:
                _look_through(catalog, shelves, plan)
            except NoSuchWorkflowError as error:
                errors.append(error)
        _spare_histories(catalog, shelves)
        for shelf in shelves:
            runner.log(f"{shelf.workflow}: {shelf.found} runs, of which {len(shelf.to_delete)} are to go now")
        _delete(catalog, runner, shelves, dry_run=plan.dry_run)
    except GitHubError as error:
        errors.append(error)
    _report(runner, shelves, errors, dry_run=plan.dry_run)
    return most_severe(error.exit_status for error in errors)


def _look_through(catalog: RunCatalog, shelves: Sequence[_WorkflowRuns], plan: Pruning) -> None:
    """List the runs of the last workflow, from the newest on, no more than can be deleted this time."""
    shelf = shelves[-1]
    others = sum(len(each.to_delete) for each in shelves)
    runs: dict[int, WorkflowRun] = {}
    page, seen = 0, 0
    while True:
        page += 1
        listed = catalog.runs(shelf.workflow, page)
        seen += len(listed.runs)
        runs |= {run.id: run for run in listed.runs}
        shelf.found = listed.total
        completed = [run for run in runs.values() if run.completed and run.id != plan.current_run]
        going = max(0, len(completed) - plan.keep)
        if not listed.runs or seen >= listed.total:
            break
        if catalog.affordable_deletions() - others - going < _WORTH_A_PAGE:
            break
    shelf.to_delete = excess_runs(completed, plan.keep)
    shelf.kept = len(completed) - len(shelf.to_delete)
    shelf.protected = len(runs) - len(completed)


def _spare_histories(catalog: RunCatalog, shelves: Sequence[_WorkflowRuns]) -> None:
    """Take out the runs that hold a history, and those of which that cannot be told this time."""
    to_delete = sorted(
        (run for shelf in shelves for run in shelf.to_delete), key=lambda run: run.created_at, reverse=True
    )
    if not to_delete:
        return
    index = _index_artifacts(catalog, to_delete)
    unknown = [run for run in to_delete if not index.covers(run)]
    affordable = catalog.affordable_deletions() - (len(to_delete) - len(unknown))
    for run in unknown[: max(0, affordable // 2)]:  # each is a question and a deletion
        index.ask(run.id, catalog.artifacts_of(run.id))
    runs_with_history = index.runs_with_history()
    for shelf in shelves:
        spared = [run for run in shelf.to_delete if run.id in runs_with_history]
        shelf.protected += len(spared)
        shelf.to_delete = [
            run for run in shelf.to_delete if index.covers(run) and run.id not in runs_with_history
        ]


def _index_artifacts(catalog: RunCatalog, to_delete: Sequence[WorkflowRun]) -> ArtifactIndex:
    """Read the list of artifacts back to the oldest of these runs, if that is not too far."""
    index = ArtifactIndex()
    for number in range(1, _PAGES_AT_LEAST + len(to_delete) // _RUNS_PER_PAGE + 1):
        page = catalog.artifacts(number)
        index.read(page.artifacts, total=page.total, is_last=page.is_last)
        if page.is_last or index.covers(to_delete[-1]):
            break
    return index


def _delete(catalog: RunCatalog, runner: Runner, shelves: Sequence[_WorkflowRuns], *, dry_run: bool) -> None:
    in_a_row = 0
    for shelf in shelves:
        if dry_run:
            shelf.deleted = len(shelf.to_delete)
            continue
        for run in shelf.to_delete:
            try:
                is_gone = catalog.delete(run.id)
                in_a_row = 0
            except GitHubOutOfReachError:
                in_a_row += 1
                if in_a_row == _STUCK_IN_A_ROW:
                    raise
                is_gone = False  # there are runs that GitHub fails at each time: they hold up no others
            shelf.deleted += is_gone
            shelf.stuck += not is_gone
            if shelf.deleted % _PROGRESS_EVERY == 0 and is_gone:
                runner.log(f"{shelf.workflow}: {shelf.deleted} of {len(shelf.to_delete)} runs deleted")


def _report(
    runner: Runner, shelves: Sequence[_WorkflowRuns], errors: Sequence[GitHubError], *, dry_run: bool
) -> None:
    tallies = tuple(shelf.tally for shelf in shelves)
    runner.tally(PruneReport(tallies, dry_run))
    for shelf in shelves:
        if shelf.stuck:
            text = f"{shelf.workflow}: runs that could not be deleted and were left: {shelf.stuck}."
            runner.annotate(Level.WARNING, f"{text} The next run tries again.")
    limits = [str(error) for error in errors if isinstance(error, LimitReachedError)]
    failures = [error for error in errors if not isinstance(error, LimitReachedError)]
    left = sum(tally.left for tally in tallies) - sum(shelf.stuck for shelf in shelves)
    if limits or (left and not failures):
        count = [f"Runs left: {left}."] if left else []
        runner.annotate(Level.NOTICE, " ".join([*limits, *count, "The next run goes on."]))
    for failure in failures:
        report_error(runner, failure)
