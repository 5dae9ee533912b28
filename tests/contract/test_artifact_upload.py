"""The upload of a history to different services: requests, and what happens after each response."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.http import Http
from cluster_status.domain.actions.artifact import artifact_name
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.errors import HistoryError
from cluster_status.threads import Begin, run_in_thread
from tests.fakes.artifact_store import artifact_store
from tests.fakes.clock import VirtualClock
from tests.fakes.github import Broken, Damaged, Failed, Fault, LoopbackGitHub, Odd, Reset, Silent
from tests.fakes.github_actions import Run
from tests.fakes.github_blobs import PutBlob
from tests.fakes.github_dialects import ACT, GITEA, GITHUB, NO_SERVICE, OLDER_SERVICE, Dialect
from tests.fakes.in_turn import in_turn
from tests.servers.daemon import wait_until

NAME = artifact_name("mscluster")
HISTORY = Histories().with_entry("mscluster", History())
NEWER_REQUEST, OLDER_REQUEST = (7, "application/zip"), (4, None)
AMBIGUOUS = {
    "500 of twirp": Failed(500),
    "500 of a proxy": Broken(500),
    "502": Broken(502),
    "502 after the creation": Broken(502, after_accepting=True),
    "504 after the creation": Broken(504, after_accepting=True),
    "520 after the creation": Broken(520, after_accepting=True),
    "a reset after the creation": Reset(after_accepting=True),
}


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http()
    yield client
    client.close()


def store_of(run: Run, http: Http, begin: Begin = in_turn) -> HistoryArtifact:
    clock = VirtualClock(datetime.now(UTC))
    return artifact_store(run.environment, run.github_token, http, clock, lambda *_: None, begin=begin)


def formats(github: LoopbackGitHub) -> list[tuple[int, str | None]]:
    """Return the version and the type in each CreateArtifact."""
    bodies = [json.loads(each.body) for each in github.requests if each.operation == "create"]
    return [(body["version"], body.get("mime_type")) for body in bodies]


def test_an_upload_declares_its_digest_and_its_type(http: Http) -> None:
    with LoopbackGitHub() as github:
        store_of(github.start_run(), http).save(HISTORY)
        _, put, _ = github.requests
        assert github.artifacts[0].digest == f"sha256:{hashlib.sha256(put.body).hexdigest()}"
        assert formats(github) == [NEWER_REQUEST]
        assert put.headers["x-ms-blob-content-type"] == "application/zip"


@pytest.mark.parametrize("put_blob", ["stored", "refused", "ignored"])
@pytest.mark.parametrize(
    ("dialect", "first"),
    [
        (GITHUB, [NEWER_REQUEST]),
        (OLDER_SERVICE, [NEWER_REQUEST, OLDER_REQUEST]),
        (ACT, [NEWER_REQUEST, OLDER_REQUEST]),
        (GITEA, [NEWER_REQUEST, OLDER_REQUEST]),
    ],
    ids=["GitHub", "older", "act", "Gitea"],
)
def test_each_service_stores_both_saves_of_a_run(
    dialect: Dialect, first: list[object], put_blob: PutBlob, http: Http
) -> None:
    with LoopbackGitHub(dialect=dialect, put_blob=put_blob) as github:
        store = store_of(github.start_run(), http)
        store.save(HISTORY)
        assert formats(github) == first
        store.save(HISTORY)
        # the service is not asked for the newer version again, nor for the name that is taken
        assert formats(github) == [*first, first[-1]]
        assert [artifact.files["history.json"] for artifact in github.artifacts] == [
            codec.render(HISTORY)
        ] * 2
        assert store_of(github.start_run(), http).load() == HISTORY


def test_an_artifact_is_reserved_while_newer_ones_are_searched_for(http: Http) -> None:
    with LoopbackGitHub() as github:
        store = store_of(github.start_run(), http, begin=run_in_thread)
        store.load()
        github.fail_next(Silent(), Silent(), on="list")
        searching = run_in_thread(store.newer)
        wait_until(lambda: sorted(github.operations[-3:]) == ["create", "list", "list"], 5)
        github.release()
        assert searching.result() is None
        store.save(HISTORY)
        assert github.operations[-2:] == ["put", "finalize"]


def test_an_abandoned_reservation_does_not_block_another_attempt_of_the_run(http: Http) -> None:
    with LoopbackGitHub() as github:
        run = github.start_run()
        abandoning = store_of(run, http, begin=run_in_thread)
        abandoning.load()
        abandoning.newer()
        wait_until(lambda: "create" in github.operations, 5)
        store = store_of(run.rerun(), http)
        store.save(HISTORY)
        store.save(HISTORY)
        assert store_of(github.start_run(), http).load() == HISTORY


@pytest.mark.parametrize("put_blob", ["refused", "ignored"])
def test_an_upload_that_is_not_stored_as_a_whole_is_sent_as_a_block(put_blob: PutBlob, http: Http) -> None:
    with LoopbackGitHub(put_blob=put_blob) as github:
        store_of(github.start_run(), http).save(HISTORY)
        assert github.operations == ["create", "put", "put-block", "put-block-list", "finalize"]
        assert github.requests[3].headers["x-ms-blob-content-type"] == "application/zip"


def test_two_uploads_have_blocks_with_different_ids_of_equal_length(http: Http) -> None:
    with LoopbackGitHub(put_blob="ignored") as github:
        store = store_of(github.start_run(), http)
        store.save(HISTORY)
        store.save(HISTORY)
        ids = [each.query["blockid"] for each in github.requests if each.operation == "put-block"]
    assert len(set(ids)) == 2
    assert {len(base64.b64decode(each, validate=True)) for each in ids} == {36}


def test_no_request_names_a_version_of_the_blob_storage(http: Http) -> None:
    with LoopbackGitHub(put_blob="ignored") as github:
        store_of(github.start_run(), http).save(HISTORY)
        to_blobs = [request for request in github.requests if request.server == "blob"]
    assert len(to_blobs) == 3
    assert not [request for request in to_blobs if "x-ms-version" in request.headers]


@pytest.mark.parametrize("operation", ["put-block", "put-block-list"])
def test_a_block_counts_as_stored_only_with_status_201(operation: str, http: Http) -> None:
    with LoopbackGitHub(put_blob="ignored") as github:
        github.fail_next(Odd(b""), on=operation)  # type: ignore[arg-type]  # one of its literals
        with pytest.raises(HistoryError, match=r"Could not upload the history \(HTTP 200\)"):
            store_of(github.start_run(), http).save(HISTORY)
        assert github.artifacts == []


def test_a_damaged_upload_is_repeated_as_a_block_and_then_an_error(http: Http) -> None:
    with LoopbackGitHub() as github:
        github.fail_next(Damaged(), on="put")
        store_of(github.start_run(), http).save(HISTORY)
        assert github.artifacts[0].files == {"history.json": codec.render(HISTORY)}
        github.fail_next(Damaged(), on="put")
        github.fail_next(Damaged(), on="put-block")
        with pytest.raises(HistoryError, match="Checksum mismatch in the uploaded history"):
            store_of(github.start_run(), http).save(HISTORY)
        assert len(github.artifacts) == 1


@pytest.mark.parametrize("fault", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_nothing_is_created_again_after_an_ambiguous_failure(fault: Fault, http: Http) -> None:
    with LoopbackGitHub() as github:
        github.fail_next(fault, on="create")
        with pytest.raises(HistoryError) as failed:
            store_of(github.start_run(), http).save(HISTORY)
        assert github.operations == ["create"]
        assert failed.value.remedy == "The next run tries again."
        store_of(github.start_run(), http).save(HISTORY)
        assert store_of(github.start_run(), http).load() == HISTORY


def test_a_run_saves_under_its_second_name_after_an_ambiguous_failure(http: Http) -> None:
    with LoopbackGitHub() as github:
        store = store_of(github.start_run(), http)
        github.fail_next(Broken(502, after_accepting=True), on="create")
        with pytest.raises(HistoryError):
            store.save(HISTORY)
        store.save(HISTORY)
        assert [artifact.name for artifact in github.artifacts] == [f"{NAME}.2"]


@pytest.mark.parametrize("second", [Failed(400), Failed(500), Broken(502), Failed(403)], ids=repr)
def test_nothing_is_tried_after_the_older_request_fails(second: Fault, http: Http) -> None:
    with LoopbackGitHub(dialect=ACT) as github:
        github.fail_next(Failed(400), second, on="create")
        with pytest.raises(HistoryError):
            store_of(github.start_run(), http).save(HISTORY)
        assert formats(github) == [NEWER_REQUEST, OLDER_REQUEST]
        assert github.operations == ["create", "create"]


@pytest.mark.parametrize(
    "fault",
    [Broken(502, after_accepting=True), Failed(500, after_accepting=True), Reset(after_accepting=True)],
)
def test_an_artifact_whose_creation_is_not_confirmed_is_found_by_its_digest(fault: Fault, http: Http) -> None:
    with LoopbackGitHub() as github:
        store = store_of(github.start_run(), http)
        github.fail_next(fault, on="finalize")
        store.save(HISTORY)
        assert github.operations == ["create", "put", "finalize", "list-run"]
        [artifact] = github.artifacts
        assert artifact.files == {"history.json": codec.render(HISTORY)}
        assert store.newer() is None  # it has the id of the artifact


def test_a_listed_artifact_without_a_digest_does_not_prove_the_upload(http: Http) -> None:
    listed = {
        "workflow_run_backend_id": "1",
        "workflow_job_run_backend_id": "1",
        "database_id": "1",
        "name": NAME,
    }
    with LoopbackGitHub() as github:
        github.fail_next(Broken(502), on="finalize")
        github.fail_next(Odd(json.dumps({"artifacts": [listed]}).encode()), on="list-run")
        with pytest.raises(HistoryError, match="did not save the history"):
            store_of(github.start_run(), http).save(HISTORY)
        assert github.operations == ["create", "put", "finalize", "list-run"]


def test_an_artifact_that_is_not_listed_is_finalized_up_to_three_times(http: Http) -> None:
    with LoopbackGitHub() as github:
        github.fail_next(*[Broken(502)] * 2, on="finalize")
        store_of(github.start_run(), http).save(HISTORY)
        assert len(github.artifacts) == 1
        github.fail_next(*[Broken(502)] * 3, on="finalize")
        with pytest.raises(HistoryError, match="did not save the history"):
            store_of(github.start_run(), http).save(HISTORY)
        assert len(github.artifacts) == 1


def test_a_list_that_is_refused_does_not_finalize_again(http: Http) -> None:
    with LoopbackGitHub() as github:
        github.fail_next(Broken(502), on="finalize")
        github.fail_next(Failed(403, "Forbidden"), on="list-run")
        with pytest.raises(HistoryError, match="refused the history"):
            store_of(github.start_run(), http).save(HISTORY)
        assert github.operations == ["create", "put", "finalize", "list-run"]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_an_artifact_store_needs_another_store(status: int, http: Http) -> None:
    with LoopbackGitHub() as github:
        github.fail_next(Failed(status), on="create")
        with pytest.raises(HistoryError, match=f"no artifact store of version 4 .*{status}") as missing:
            store_of(github.start_run(), http).save(HISTORY)
        assert "Set history-store to file" in missing.value.remedy
        assert github.operations == ["create"]


def test_a_server_that_has_no_results_service_at_all_needs_another_store(http: Http) -> None:
    with LoopbackGitHub(dialect=NO_SERVICE) as github:
        for _ in range(2):
            with pytest.raises(HistoryError, match="HTTP 404") as missing:
                store_of(github.start_run(), http).save(HISTORY)
            assert "Set history-store to file" in missing.value.remedy
