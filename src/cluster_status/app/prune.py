"""Prune: delete old workflow runs, except those that hold the newest copies of a history.

Runs and artifacts are listed first; nothing is deleted before it is decided which runs are protected.
"""

from collections.abc import Sequence

from cluster_status.app.report import report_error
from cluster_status.domain.actions.retention import (
    ArtifactIndex,
    PrunePlan,
    PruneResult,
    WorkflowRun,
    excess_runs,
)
from cluster_status.errors import (
    ExitStatus,
    GitHubError,
    GitHubUnreachableError,
    LimitReachedError,
    NoSuchWorkflowError,
    most_severe,
)
from cluster_status.ports import Level, RunCatalog, Runner
from cluster_status.render.pruning import PruneReport, markdown, plain

_MIN_DELETIONS_PER_PAGE = 50  # listing another hundred runs is not worth it for fewer
_MIN_ARTIFACT_PAGES = 3  # listed before the artifacts of single runs
_RUNS_PER_ARTIFACT_PAGE = 10  # one more page for this many runs: asking each costs ten times as much
_MAX_CONSECUTIVE_FAILURES = 3
_PROGRESS_EVERY = 100  # deletions


class _WorkflowRuns:
    """The runs of one workflow, as far as they are listed."""

    def __init__(self, name: str) -> None:
        self.name = name  # of the workflow's file
        self.found = self.kept = self.protected = self.deleted = self.failed = 0
        self.to_delete: list[WorkflowRun] = []  # oldest first

    @property
    def result(self) -> PruneResult:
        return PruneResult(self.name, self.found, self.kept, self.protected, self.deleted)


def prune(catalog: RunCatalog, runner: Runner, plan: PrunePlan) -> ExitStatus:
    """Delete as many runs as time and limits allow; the next prune deletes the others."""
    workflows: list[_WorkflowRuns] = []
    errors: list[GitHubError] = []
    try:
        for name in plan.workflows:
            workflows.append(_WorkflowRuns(name))
            try:
                _list_excess_runs(catalog, workflows, plan)
            except NoSuchWorkflowError as error:
                errors.append(error)
        _protect_histories(catalog, workflows)
        for workflow in workflows:
            runner.log(f"{workflow.name}: {workflow.found} runs, {len(workflow.to_delete)} to delete now")
        _delete(catalog, runner, workflows, dry_run=plan.dry_run)
    except GitHubError as error:
        errors.append(error)
    _report(runner, workflows, errors, dry_run=plan.dry_run)
    return most_severe(error.exit_status for error in errors)


def _list_excess_runs(catalog: RunCatalog, workflows: Sequence[_WorkflowRuns], plan: PrunePlan) -> None:
    """List the runs of the last workflow, the newest first, until no more can be deleted in this run."""
    current = workflows[-1]
    others = sum(len(workflow.to_delete) for workflow in workflows)
    listed: dict[int, WorkflowRun] = {}
    page, count = 0, 0
    while True:
        page += 1
        answer = catalog.runs(current.name, page)
        count += len(answer.runs)
        already_listed = len(listed)
        listed |= {run.id: run for run in answer.runs}
        current.found = answer.total
        completed = [run for run in listed.values() if run.completed and run.id != plan.current_run]
        excess = max(0, len(completed) - plan.keep)
        if len(listed) == already_listed or count >= answer.total:
            break
        if catalog.affordable_deletions() - others - excess < _MIN_DELETIONS_PER_PAGE:
            break
    current.to_delete = excess_runs(completed, plan.keep)
    current.kept = len(completed) - len(current.to_delete)
    current.protected = len(listed) - len(completed)


def _protect_histories(catalog: RunCatalog, workflows: Sequence[_WorkflowRuns]) -> None:
    """Keep the runs that hold a history, and for now those whose artifacts cannot be listed in this run."""
    newest_first = sorted(
        (run for workflow in workflows for run in workflow.to_delete),
        key=lambda run: run.created_at,
        reverse=True,
    )
    if not newest_first:
        return
    index = _index_artifacts(catalog, newest_first)
    to_ask = index.runs_to_ask(newest_first)
    affordable = catalog.affordable_deletions() - (len(newest_first) - len(to_ask))
    for run in to_ask[: max(0, affordable // 2)]:  # each costs a request besides its deletion
        artifacts = catalog.artifacts_of(run.id)
        if artifacts is not None:
            index.add_run(run.id, artifacts)
    unknown = {run.id for run in index.runs_to_ask(newest_first)}
    runs_with_history = index.runs_with_history()
    for workflow in workflows:
        workflow.protected += sum(run.id in runs_with_history for run in workflow.to_delete)
        workflow.to_delete = [
            run for run in workflow.to_delete if run.id not in unknown and run.id not in runs_with_history
        ]


def _index_artifacts(catalog: RunCatalog, newest_first: Sequence[WorkflowRun]) -> ArtifactIndex:
    """List artifacts back to the oldest of these runs, unless that takes too many pages."""
    index = ArtifactIndex()
    for number in range(1, _MIN_ARTIFACT_PAGES + len(newest_first) // _RUNS_PER_ARTIFACT_PAGE + 1):
        page = catalog.artifacts(number)
        index.add_page(page.artifacts, page.total)
        if not index.is_believed:
            raise GitHubUnreachableError("GitHub's list of artifacts contradicts itself. No run was deleted.")
        if index.has_ended or index.reaches(newest_first[-1]):
            break
    return index


def _delete(
    catalog: RunCatalog, runner: Runner, workflows: Sequence[_WorkflowRuns], *, dry_run: bool
) -> None:
    if dry_run:
        for workflow in workflows:
            workflow.deleted = len(workflow.to_delete)
        return
    failures = 0
    for workflow, run in [(each, run) for each in workflows for run in each.to_delete]:
        try:
            is_deleted = catalog.delete(run.id)
            failures = 0
        except GitHubUnreachableError:
            failures += 1
            if failures == _MAX_CONSECUTIVE_FAILURES:
                raise
            is_deleted = False  # GitHub may always fail for some runs: continue with the others
        workflow.deleted += is_deleted
        workflow.failed += not is_deleted
        if is_deleted and workflow.deleted % _PROGRESS_EVERY == 0:
            runner.log(f"{workflow.name}: {workflow.deleted} of {len(workflow.to_delete)} runs deleted")


def _report(
    runner: Runner, workflows: Sequence[_WorkflowRuns], errors: Sequence[GitHubError], *, dry_run: bool
) -> None:
    report = PruneReport(tuple(workflow.result for workflow in workflows), dry_run)
    runner.summarize(plain(report), markdown(report))
    for workflow in workflows:
        if workflow.failed:
            text = f"{workflow.name}: runs that could not be deleted: {workflow.failed}."
            runner.annotate(Level.WARNING, f"{text} The next prune tries again.")
    limits = [str(error) for error in errors if isinstance(error, LimitReachedError)]
    failures = [error for error in errors if not isinstance(error, LimitReachedError)]
    left = sum(workflow.result.left - workflow.failed for workflow in workflows)
    if limits or (left and not failures):
        count = [f"Runs left: {left}."] if left else []
        runner.annotate(Level.NOTICE, " ".join([*limits, *count, "The next prune continues."]))
    for failure in failures:
        report_error(runner, failure)
