"""The artifact store of a workflow run, as `wiring` builds it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from cluster_status.adapters.github.rest import HttpTransport, Rest
from cluster_status.adapters.github.results import Job, ResultsService
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.history_artifact.catalog import Catalog
from cluster_status.adapters.history_artifact.download import Downloader
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.http import Http
from cluster_status.domain.secret import Secret
from cluster_status.ports import Clock, Level
from cluster_status.threads import Begin
from tests.fakes.clock import VirtualClock
from tests.fakes.github_actions import Run
from tests.fakes.in_turn import in_turn


def artifact_store(  # noqa: PLR0913, PLR0917 - one argument a collaborator
    environment: Mapping[str, str],
    github_token: str,
    http: Http,
    clock: Clock,
    annotate: Callable[[Level, str], None],
    cluster_name: str = "mscluster",
    *,
    clusters: int = 1,
    begin: Begin = in_turn,
) -> HistoryArtifact:
    """Return the store of the run with these environment variables."""
    retrying = RetryingHttp(http, clock)
    transport = HttpTransport(retrying, environment["GITHUB_API_URL"], Secret(github_token))
    rest = Rest(transport, environment["GITHUB_REPOSITORY"])
    branch = environment["GITHUB_HEAD_REF"] or environment["GITHUB_REF_NAME"]
    workflow = environment["GITHUB_WORKFLOW_REF"].partition("@")[0].rpartition("/")[2]
    job = Job.of(environment["ACTIONS_RESULTS_URL"], Secret(environment["ACTIONS_RUNTIME_TOKEN"]))
    return HistoryArtifact(
        cluster_name,
        Catalog(rest, branch=branch, workflow=workflow, begin=begin),
        Downloader(rest, retrying),
        ResultsService(retrying, job),
        clock,
        annotate,
        retention=timedelta(days=30),
        past_retention=timedelta(days=34),
        clusters=clusters,
        run_id=int(environment["GITHUB_RUN_ID"]),
        begin=begin,
    )


class StoreOfRun:
    """The artifact store in a workflow run, with its annotations."""

    def __init__(
        self, http: Http, run: Run, cluster_name: str = "mscluster", clock: Clock | None = None
    ) -> None:
        self.annotations: list[tuple[Level, str]] = []
        self.store = artifact_store(
            run.environment,
            run.github_token,
            http,
            clock or VirtualClock(datetime.now(UTC)),
            lambda level, text: self.annotations.append((level, text)),
            cluster_name,
        )
