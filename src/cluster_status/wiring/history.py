"""Builds the store of the history, and the list of recent runs."""

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.github.recent_runs import GitHubRecentRuns
from cluster_status.adapters.github.rest import HttpTransport, Rest
from cluster_status.adapters.github.results import KEEP_THE_FILE, Job, ResultsService
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.history_artifact.catalog import Catalog
from cluster_status.adapters.history_artifact.download import Downloader
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.history_file import HistoryFile
from cluster_status.adapters.http import Http
from cluster_status.app.cluster import unknown_runs
from cluster_status.domain.actions.retention import PAST_NAMED_FOR
from cluster_status.domain.history.histories import key_of
from cluster_status.domain.redaction import Redaction
from cluster_status.errors import InputError
from cluster_status.ports import HistoryStore, Level, RecentRuns, Runner
from cluster_status.settings.load import RunnerContext, Settings

_CLUSTERS_OF_OTHERS = 200  # a history of another name may have more clusters than this run checks


def recent_runs(settings: Settings, http: Http, clock: SystemClock) -> RecentRuns:
    context, token = settings.runner_context, settings.storage.token
    if not (context.on_runner and context.api_url and context.repository and context.workflow and token):
        return unknown_runs
    rest = Rest(HttpTransport(RetryingHttp(http, clock), context.api_url, token), context.repository)
    return GitHubRecentRuns(rest, context.workflow, context.branch, context.run_id).since


def open_store(
    settings: Settings, http: Http, clock: SystemClock, runner: Runner, redaction: Redaction
) -> HistoryStore:
    storage, context = settings.storage, settings.runner_context
    if _keeps_a_file(settings):
        return HistoryFile(
            storage.path,
            context.workspace,
            lambda: _warn_of_missing_file(storage.path, context, runner),
            redaction,
            clusters=len(settings.clusters),
        )
    if not (context.results_url and context.runtime_token and context.repository):
        # neither a `run:` step nor a process outside GitHub Actions gets these variables
        text = "history-store artifact is not available in this environment: set it to file, and "
        raise InputError([text + KEEP_THE_FILE])
    if not storage.token:
        # only action.yml has a default for it: there is none with `uses: docker://…`
        raise InputError(["github-token is required: set it to ${{ github.token }}"])
    return _artifacts(storage.name, settings, http, clock, runner, redaction)


def open_other(  # noqa: PLR0913, PLR0917 - one argument a collaborator
    settings: Settings, http: Http, clock: SystemClock, runner: Runner, redaction: Redaction, name: str
) -> HistoryStore | None:
    if _keeps_a_file(settings) or key_of(name) == key_of(settings.storage.name):
        return None
    return _artifacts(name, settings, http, clock, runner, redaction, is_other=True)


def _keeps_a_file(settings: Settings) -> bool:
    store = settings.storage.store
    return store == "file" or (store == "auto" and not settings.runner_context.on_runner)


def _artifacts(  # noqa: PLR0913, PLR0917 - one argument a collaborator
    name: str,
    settings: Settings,
    http: Http,
    clock: SystemClock,
    runner: Runner,
    redaction: Redaction,
    *,
    is_other: bool = False,
) -> HistoryArtifact:
    storage, context = settings.storage, settings.runner_context
    retrying = RetryingHttp(http, clock)
    rest = Rest(HttpTransport(retrying, context.api_url, storage.token), context.repository)
    return HistoryArtifact(
        name,
        # the runs of this workflow prove nothing about the history of another one
        Catalog(rest, branch=context.branch, workflow="" if is_other else context.workflow),
        Downloader(rest, retrying),
        ResultsService(retrying, Job.of(context.results_url, context.runtime_token)),
        clock,
        runner.annotate,
        retention=min(storage.retention, context.longest_retention),
        past_retention=min(storage.retention + PAST_NAMED_FOR, context.longest_retention),
        clusters=max(len(settings.clusters), _CLUSTERS_OF_OTHERS if is_other else 0),
        run_id=context.run_id,
        redaction=redaction,
    )


def _warn_of_missing_file(path: str, context: RunnerContext, runner: Runner) -> None:
    """Warn where the history file seems to be lost with each job."""
    if context.is_hosted:
        why = "This runner is GitHub-hosted: its files are lost when the job ends."
    elif context.on_runner and context.has_run_before:
        why = (
            "This workflow has run before: the runner may be ephemeral, or another step may delete the file, "
            "such as actions/checkout."
        )
    else:
        return
    remedy = "Set history-store to artifact, or restore and save the file in the job, as with actions/cache."
    runner.annotate(Level.WARNING, f"There is no history file '{path}'. {why} {remedy}")
