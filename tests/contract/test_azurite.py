"""The artifact store with Azurite as the blob storage, alone and with the official client."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Unpack

import pytest

from cluster_status.adapters.history_artifact.archive import unpack
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.http import Http, HttpResponse, RequestOptions
from cluster_status.domain.actions.artifact import artifact_name
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.status.cause import Cause
from cluster_status.ports import Level
from tests.contract import npm
from tests.fakes.artifact_store import artifact_store
from tests.fakes.azurite_blobs import AzuriteBlobs
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_actions import Run
from tests.fakes.probe import ONLINE, failed
from tests.servers.azurite import Azurite, azurite
from tests.unit.app.monitor import Monitor

PACKAGE = Path(__file__).parent / "azurite"
CONTAINER = "actions-results"
NAME = artifact_name("mscluster")
HISTORY = Histories().with_entry("mscluster", History())

# the first test may have to install the packages
pytestmark = pytest.mark.timeout(400)

OfficialClient = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def package() -> Path:
    npm.install(PACKAGE, "--omit=dev")
    return PACKAGE


@pytest.fixture(scope="session")
def strict_storage(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Yield an Azurite that refuses a request with an x-ms-version that it does not know."""
    with azurite(npm.find("node"), package, tmp_path_factory.mktemp("azurite") / "log") as running:
        running.create_container(CONTAINER)
        yield running


@pytest.fixture(scope="session")
def lenient_storage(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Yield an Azurite that knows each x-ms-version: the official client names one of a later release."""
    log = tmp_path_factory.mktemp("azurite") / "log"
    with azurite(npm.find("node"), package, log, options=["--skipApiVersionCheck"]) as running:
        running.create_container(CONTAINER)
        yield running


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()


@pytest.fixture
def strict(strict_storage: Azurite, monitor: Monitor) -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub(storage=AzuriteBlobs(strict_storage), clock=monitor.clock.now) as running:
        yield running


@pytest.fixture
def lenient(lenient_storage: Azurite, monitor: Monitor) -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub(storage=AzuriteBlobs(lenient_storage), clock=monitor.clock.now) as running:
        yield running


class WithoutPutBlob(Http):
    """Answers 200 to the upload of a whole blob, and stores nothing."""

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        if method == "PUT" and "comp=" not in url:
            return HttpResponse(200, {}, b"")
        return super().request(method, url, **options)


@pytest.fixture(params=[Http, WithoutPutBlob], ids=["whole", "blocks"])
def http(request: pytest.FixtureRequest) -> Iterator[Http]:
    client: Http = request.param()
    yield client
    client.close()


def store_of(run: Run, http: Http, monitor: Monitor) -> HistoryArtifact:
    def annotate(level: Level, text: str) -> None:
        monitor.runner.annotate(level, text)

    return artifact_store(run.environment, run.github_token, http, monitor.clock, annotate)


def test_two_polls_restore_and_save_the_same_bytes(
    strict: LoopbackGitHub, http: Http, monitor: Monitor
) -> None:
    for result in (ONLINE, failed(Cause.REFUSED)):
        run = strict.start_run()
        polled = monitor.poll(result, store=store_of(run, http, monitor))
        assert (polled.exit_status, polled.errors) == (0, [])
        run.finish()
    assert strict.operations.count("zip") == 1  # one history was restored
    histories = [codec.parse(unpack(artifact.content)) for artifact in strict.artifacts]
    assert [len(each.of("mscluster").record.polls) for each in histories] == [1, 1, 2, 2]
    assert [f"sha256:{hashlib.sha256(each.content).hexdigest()}" for each in strict.artifacts] == [
        artifact.digest for artifact in strict.artifacts
    ]
    assert store_of(strict.start_run(), http, monitor).load() == histories[-1]


def test_the_official_client_downloads_what_the_action_saves(
    lenient: LoopbackGitHub, http: Http, monitor: Monitor, official_client: OfficialClient, tmp_path: Path
) -> None:
    run = lenient.start_run()
    store_of(run, http, monitor).save(HISTORY)
    result = official_client(run, "download", NAME, tmp_path)
    assert result["digestMismatch"] is False
    assert (tmp_path / "history.json").read_bytes() == codec.render(HISTORY)


def test_the_action_restores_what_the_official_client_uploads(
    lenient: LoopbackGitHub, http: Http, monitor: Monitor, official_client: OfficialClient, tmp_path: Path
) -> None:
    file = tmp_path / "history.json"
    file.write_bytes(codec.render(HISTORY))
    assert "error" not in official_client(lenient.start_run(), "upload", NAME, file)
    assert store_of(lenient.start_run(), http, monitor).load() == HISTORY
