"""Prune: delete old runs of workflows, and with them no history that is the newest of its kind.

First everything is looked at, then it is decided, and only then anything is deleted.
"""

from collections.abc import Sequence

from msgspec import Struct

from cluster_status.app.report import report_error
from cluster_status.domain.retention import Survey, Tally, WorkflowRun, beyond
from cluster_status.errors import (
    ExitStatus,
    GitHubError,
    GitHubOutOfReachError,
    LimitReachedError,
    NoSuchWorkflowError,
    heaviest,
)
from cluster_status.ports import Level, RunCatalog, Runner
from cluster_status.render.pruning import Pruned

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


class _Shelf:
    """The runs of one workflow, as far as they were looked at."""

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        self.found = self.kept = self.protected = self.deleted = self.stuck = 0
        self.doomed: list[WorkflowRun] = []  # oldest first

    @property
    def tally(self) -> Tally:
        return Tally(self.workflow, self.found, self.kept, self.protected, self.deleted)


def prune(catalog: RunCatalog, runner: Runner, plan: Pruning) -> ExitStatus:
    """Prune, as far as time and limits allow; what is left, the next run goes on with."""
    shelves: list[_Shelf] = []
    mishaps: list[GitHubError] = []
    try:
        for workflow in plan.workflows:
            shelves.append(_Shelf(workflow))
            try:
                _look_through(catalog, shelves, plan)
            except NoSuchWorkflowError as error:
                mishaps.append(error)
        _spare_histories(catalog, shelves)
        for shelf in shelves:
            runner.log(f"{shelf.workflow}: {shelf.found} runs, of which {len(shelf.doomed)} are to go now")
        _delete(catalog, runner, shelves, dry_run=plan.dry_run)
    except GitHubError as error:
        mishaps.append(error)
    _report(runner, shelves, mishaps, dry_run=plan.dry_run)
    return heaviest(mishap.exit_status for mishap in mishaps)


def _look_through(catalog: RunCatalog, shelves: Sequence[_Shelf], plan: Pruning) -> None:
    """List the runs of the last workflow, from the newest on, no more than can be deleted this time."""
    shelf = shelves[-1]
    others = sum(len(each.doomed) for each in shelves)
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
    shelf.doomed = beyond(completed, plan.keep)
    shelf.kept = len(completed) - len(shelf.doomed)
    shelf.protected = len(runs) - len(completed)


def _spare_histories(catalog: RunCatalog, shelves: Sequence[_Shelf]) -> None:
    """Take out the runs that hold a history, and those of which that cannot be told this time."""
    doomed = sorted(
        (run for shelf in shelves for run in shelf.doomed), key=lambda run: run.created_at, reverse=True
    )
    if not doomed:
        return
    survey = _survey(catalog, doomed)
    unknown = [run for run in doomed if not survey.covers(run)]
    affordable = catalog.affordable_deletions() - (len(doomed) - len(unknown))
    for run in unknown[: max(0, affordable // 2)]:  # each is a question and a deletion
        survey.ask(run.id, catalog.artifacts_of(run.id))
    holders = survey.holders()
    for shelf in shelves:
        spared = [run for run in shelf.doomed if run.id in holders]
        shelf.protected += len(spared)
        shelf.doomed = [run for run in shelf.doomed if survey.covers(run) and run.id not in holders]


def _survey(catalog: RunCatalog, doomed: Sequence[WorkflowRun]) -> Survey:
    """Read the list of artifacts back to the oldest of these runs, if that is not too far."""
    survey = Survey()
    for number in range(1, _PAGES_AT_LEAST + len(doomed) // _RUNS_PER_PAGE + 1):
        page = catalog.artifacts(number)
        survey.read(page.artifacts, total=page.total, is_last=page.is_last)
        if page.is_last or survey.covers(doomed[-1]):
            break
    return survey


def _delete(catalog: RunCatalog, runner: Runner, shelves: Sequence[_Shelf], *, dry_run: bool) -> None:
    in_a_row = 0
    for shelf in shelves:
        if dry_run:
            shelf.deleted = len(shelf.doomed)
            continue
        for run in shelf.doomed:
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
                runner.log(f"{shelf.workflow}: {shelf.deleted} of {len(shelf.doomed)} runs deleted")


def _report(
    runner: Runner, shelves: Sequence[_Shelf], mishaps: Sequence[GitHubError], *, dry_run: bool
) -> None:
    tallies = tuple(shelf.tally for shelf in shelves)
    runner.tally(Pruned(tallies, dry_run))
    for shelf in shelves:
        if shelf.stuck:
            text = f"{shelf.workflow}: runs that could not be deleted and were left: {shelf.stuck}."
            runner.annotate(Level.WARNING, f"{text} The next run tries again.")
    limits = [str(mishap) for mishap in mishaps if isinstance(mishap, LimitReachedError)]
    failures = [mishap for mishap in mishaps if not isinstance(mishap, LimitReachedError)]
    left = sum(tally.left for tally in tallies) - sum(shelf.stuck for shelf in shelves)
    if limits or (left and not failures):
        count = [f"Runs left: {left}."] if left else []
        runner.annotate(Level.NOTICE, " ".join([*limits, *count, "The next run goes on."]))
    for failure in failures:
        report_error(runner, failure)
