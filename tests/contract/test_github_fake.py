"""The loopback GitHub refuses what GitHub refuses, beyond the OpenAPI document.

test_github_contract.py checks it against the OpenAPI document and the official client.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.contract.github_by_hand import (
    ACTIONS,
    ARTIFACTS,
    SERVICE,
    Client,
    as_response,
    azure_error,
    names,
    twirp_error,
)
from tests.fakes.github import (
    FORBIDDEN,
    Broken,
    Damaged,
    Failed,
    Fault,
    LoopbackGitHub,
    Reset,
    Run,
    Silent,
    Truncated,
)
from tests.fakes.github_dialects import ACT, GITEA, OLDER_SERVICE, Dialect

HISTORY = {"history.json": b'{"schema": 1}'}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

Json = dict[str, Any]
CheckExchange = Callable[[Mapping[str, object]], list[str]]


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub() as github:
        yield github


@pytest.fixture
def client(github: LoopbackGitHub) -> Iterator[Client]:
    with Client(github, github.start_run()) as client:
        yield client


# the REST API


def test_the_list_of_artifacts_is_filtered_by_the_exact_name(github: LoopbackGitHub, client: Client) -> None:
    for name in ("history", "history-2", "History", "a history"):
        github.plant(name, HISTORY)
    assert names(client.api(name="history")) == ["history"]
    assert [client.api(**query).json()["total_count"] for query in ({"name": "history"}, {})] == [1, 4]


def test_the_list_of_artifacts_is_unsorted_and_its_links_lead_through_all_pages(
    github: LoopbackGitHub, client: Client
) -> None:
    planted = [github.plant("history", HISTORY).id for _ in range(5)]
    response, ids, pages = client.api(per_page=2), [], 1
    ids += [each["id"] for each in response.json()["artifacts"]]
    while "next" in response.links:
        url = urlsplit(response.links["next"]["url"])
        response, pages = client.api(url.path, **dict(parse_qsl(url.query))), pages + 1
        ids += [each["id"] for each in response.json()["artifacts"]]
        assert response.json()["total_count"] == 5
    assert pages == 3
    assert sorted(ids) == planted
    assert ids not in (planted, planted[::-1])
    assert client.api(per_page=2, page=4).json()["artifacts"] == []


def test_a_listed_artifact_names_its_run_its_branch_and_a_fork(
    github: LoopbackGitHub, client: Client
) -> None:
    planted = github.plant("main", HISTORY)
    github.plant("branch", HISTORY, branch="feature/x")
    github.plant("fork", HISTORY, from_fork=True)
    github.plant("expired", HISTORY, expired=True, digest=None)
    listed = {each["name"]: each for each in client.api().json()["artifacts"]}
    runs = {name: each["workflow_run"] for name, each in listed.items()}
    assert (runs["main"]["id"], runs["branch"]["head_branch"]) == (planted.run.id, "feature/x")
    assert {name for name, run in runs.items() if run["head_repository_id"] != run["repository_id"]} == {
        "fork"
    }
    assert {name for name, each in listed.items() if each["expired"]} == {"expired"}
    assert [listed[name]["digest"] for name in ("main", "expired")] == [
        f"sha256:{hashlib.sha256(planted.content).hexdigest()}",
        None,
    ]


def test_an_artifact_expires_after_the_retention_time() -> None:
    now = [NOON]
    with (
        LoopbackGitHub(retention_days=2, clock=lambda: now[0]) as github,
        Client(github, github.start_run()) as client,
    ):
        artifact_id = client.upload(b"zip")
        now[0] += timedelta(days=2)
        assert client.api(f"{ARTIFACTS}/{artifact_id}").json()["expired"] is True
        assert client.api(f"{ARTIFACTS}/{artifact_id}/zip").status_code == 410


def test_a_deleted_artifact_is_not_found(client: Client) -> None:
    artifact_id = client.upload(b"zip")
    url = client.download_url(artifact_id)
    assert client.api(f"{ARTIFACTS}/{artifact_id}", method="DELETE").status_code == 204
    assert client.api(f"{ARTIFACTS}/{artifact_id}/zip").status_code == 404
    assert azure_error(client.get(url)) == (404, "BlobNotFound")


def test_a_token_without_the_permission_is_refused(
    github: LoopbackGitHub, github_document: CheckExchange
) -> None:
    one = f"{ARTIFACTS}/{github.plant('history', HISTORY).id}"
    statuses = {}
    for permission in ("none", "read", "write"):
        with Client(github, github.start_run(permission=permission)) as client:
            responses = [client.api(), client.api(f"{one}/zip"), client.api(one, method="DELETE")]
        statuses[permission] = [response.status_code for response in responses]
        for response in responses:
            assert github_document(as_response(response)) == []
    assert statuses == {"none": [403, 403, 403], "read": [200, 302, 403], "write": [200, 302, 204]}


def test_tokens_are_refused_when_their_job_has_ended(client: Client) -> None:
    client.run.finish()
    assert client.api().status_code == 401
    assert twirp_error(client.call("ListArtifacts")) == (403, "permission_denied")


def test_the_hourly_limit_is_counted_down_and_reset() -> None:
    now = [NOON]
    with (
        LoopbackGitHub(rate_limit=2, clock=lambda: now[0]) as github,
        Client(github, github.start_run()) as client,
    ):
        responses = [client.api() for _ in range(3)]
        assert [response.status_code for response in responses] == [200, 200, 403]
        assert [response.headers["x-ratelimit-remaining"] for response in responses] == ["1", "0", "0"]
        assert int(responses[2].headers["x-ratelimit-reset"]) == NOON.timestamp() + 3600
        now[0] += timedelta(hours=1)
        assert client.api().status_code == 200


def test_the_secondary_limit_is_nine_hundred_points_in_any_minute() -> None:
    now = [NOON]
    with LoopbackGitHub(clock=lambda: now[0]) as github, Client(github, github.start_run()) as client:
        statuses = []
        for _ in range(181):
            now[0] += timedelta(seconds=0.33)
            statuses.append(client.api(f"{ACTIONS}/runs/1", method="DELETE").status_code)
        assert statuses == [404] * 180 + [403]
        assert client.api().headers["Retry-After"] == "60"
        now[0] += timedelta(seconds=60)
        assert client.api().status_code == 200


def test_a_run_with_artifacts_can_be_deleted_if_it_ended_or_is_two_weeks_old() -> None:
    now = [NOON]
    with LoopbackGitHub(clock=lambda: now[0]) as github, Client(github, github.start_run()) as client:
        ended, unfinished = github.plant("history", HISTORY).run, github.start_run()

        def delete(run: Run) -> int:
            return client.api(f"{ACTIONS}/runs/{run.id}", method="DELETE").status_code

        assert [delete(ended), delete(ended), delete(unfinished)] == [204, 404, 409]
        assert github.artifacts == []
        now[0] += timedelta(days=15)
        assert delete(unfinished) == 204


# the results service


def test_an_artifact_is_listed_only_after_it_is_finalized(github: LoopbackGitHub, client: Client) -> None:
    url = client.create()
    assert twirp_error(client.finalize(b"")) == (412, "failed_precondition")
    client.put_blob(url, b"zip")
    assert client.api().json()["total_count"] == 0
    assert client.call("ListArtifacts").json() == {}
    client.finalize(b"zip")
    assert names(client.api()) == ["history"]
    assert github.artifacts[0].content == b"zip"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": ""}, 400, "invalid_argument"),
        ({"name": "a/b"}, 400, "invalid_argument"),
        ({"version": 4}, 400, "invalid_argument"),  # it has no mime_type
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid_argument"),
        ({"mimeType": "application/zip"}, 400, "malformed"),
        ({"workflow_run_backend_id": "another"}, 403, "permission_denied"),
    ],
    ids=str,
)
def test_an_invalid_creation_is_refused(body: Json, status: int, code: str, client: Client) -> None:
    whole = {"name": "history", "version": 7, "mime_type": "application/zip"} | body
    assert twirp_error(client.call("CreateArtifact", **whole)) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"size": "4"}, 400, "invalid_argument"),
        ({"hash": f"sha256:{'0' * 64}"}, 400, "invalid_argument"),
        ({"name": "another"}, 404, "not_found"),
    ],
    ids=str,
)
def test_an_invalid_finalization_is_refused(body: Json, status: int, code: str, client: Client) -> None:
    client.put_blob(client.create(), b"zip")
    assert twirp_error(client.finalize(b"zip", **body)) == (status, code)
    assert client.finalize(b"zip", size=3).status_code == 200


def test_a_run_lists_and_deletes_only_its_own_artifacts(github: LoopbackGitHub, client: Client) -> None:
    other = github.plant("history", HISTORY).run
    own = client.upload(b"zip")
    (listed,) = client.call("ListArtifacts", name_filter="history").json()["artifacts"]
    assert (listed["database_id"], listed["size"]) == (str(own), "3")
    client.run.finish()
    client.run = client.run.rerun()  # the next attempt has other ids
    ids = {key: listed[key] for key in ("workflow_run_backend_id", "workflow_job_run_backend_id")}
    others = dict(zip(ids, (other.backend_id, other.job_backend_id), strict=True))
    assert twirp_error(client.call("DeleteArtifact", name="history", **others)) == (404, "not_found")
    assert twirp_error(client.call("DeleteArtifact", name="history")) == (404, "not_found")
    assert client.call("DeleteArtifact", name="history", **ids).json()["artifact_id"] == str(own)


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Bearer {github}"])
def test_the_results_service_requires_the_runtime_token(token: str | None, client: Client) -> None:
    headers = {} if token is None else {"Authorization": token.format(github=client.run.github_token)}
    url = client.github.results_url + SERVICE + "ListArtifacts"
    assert twirp_error(client.post(url, json=client.ids, headers=headers)) == (401, "unauthenticated")


# the blob storage


def test_the_blob_storage_is_another_host_that_refuses_the_token(client: Client) -> None:
    url = client.download_url(client.upload(b"zip"))
    assert urlsplit(url).hostname != urlsplit(client.github.api_url).hostname
    assert client.get(url).content == b"zip"
    headers = {"Authorization": f"Bearer {client.run.github_token}"}
    assert azure_error(client.get(url, headers=headers)) == (401, "InvalidAuthenticationInfo")


def test_a_signed_url_is_valid_for_its_purpose_and_for_its_time() -> None:
    now = [NOON]
    with LoopbackGitHub(clock=lambda: now[0]) as github, Client(github, github.start_run()) as client:
        upload = client.create("another")
        download = client.download_url(client.upload(b"zip"))
        assert azure_error(client.put_blob(download, b"")) == (403, "AuthorizationPermissionMismatch")
        assert azure_error(client.get(upload)) == (403, "AuthorizationPermissionMismatch")
        assert azure_error(client.get(download.replace("sp=r", "sp=rw"))) == (403, "AuthenticationFailed")
        now[0] += timedelta(minutes=1)
        assert azure_error(client.get(download)) == (403, "AuthenticationFailed")


def test_a_blob_is_uploaded_as_a_whole_only_with_its_type(client: Client) -> None:
    url = client.create()
    assert azure_error(client.put(url, data=b"zip")) == (400, "MissingRequiredHeader")
    assert client.put_blob(url, b"zip").status_code == 201


def test_a_blob_is_uploaded_in_blocks() -> None:
    with LoopbackGitHub(put_blob="refused") as github, Client(github, github.start_run()) as client:
        url = client.create()
        assert azure_error(client.put_blob(url, b"zip")) == (403, "AuthorizationPermissionMismatch")
        for block_id, content in (("MDI%3D", b"ip"), ("MDE%3D", b"z")):
            assert client.put(f"{url}&comp=block&blockid={block_id}", data=content).status_code == 201
        unknown = b"<BlockList><Latest>MDM=</Latest></BlockList>"
        assert azure_error(client.put(f"{url}&comp=blocklist", data=unknown)) == (400, "InvalidBlockList")
        blocks = b"<BlockList><Latest>MDE=</Latest><Latest>MDI=</Latest></BlockList>"
        assert client.put(f"{url}&comp=blocklist", data=blocks).status_code == 201
        assert client.finalize(b"zip").status_code == 200
        assert github.artifacts[0].content == b"zip"


# other services


@pytest.mark.parametrize(
    ("dialect", "status", "body"),
    [
        (OLDER_SERVICE, 400, b'{"code": "malformed", "msg": "the json request could not be decoded"}'),
        (ACT, 500, b""),
        (GITEA, 500, b"Error decode request body\n"),
    ],
)
def test_an_older_service_knows_no_mime_type(dialect: Dialect, status: int, body: bytes) -> None:
    with LoopbackGitHub(dialect=dialect) as github, Client(github, github.start_run()) as client:
        refused = client.call("CreateArtifact", name="history", version=7, mime_type="application/zip")
        assert (refused.status_code, refused.content) == (status, body)
        assert client.call("CreateArtifact", name="history", version=7).status_code == 400
        assert client.call("CreateArtifact", name="history", version=4).status_code == 200


def test_act_answers_in_camel_case_and_ignores_a_whole_blob() -> None:
    with (
        LoopbackGitHub(dialect=ACT, put_blob="ignored") as github,
        Client(github, github.start_run()) as client,
    ):
        created = client.call("CreateArtifact", name="history", version=4).json()
        assert created.keys() == {"ok", "signedUploadUrl"}
        assert client.put_blob(created["signedUploadUrl"], b"zip").status_code == 200
        assert twirp_error(client.finalize(b"zip")) == (412, "failed_precondition")
        assert client.put(f"{created['signedUploadUrl']}&comp=block&blockid=MDE%3D", data=b"zip").ok
        blocks = b"<BlockList><Latest>MDE=</Latest></BlockList>"
        assert client.put(f"{created['signedUploadUrl']}&comp=blocklist", data=blocks).ok
        assert client.finalize(b"zip").json().keys() == {"ok", "artifactId"}
        [listed] = client.call("ListArtifacts").json()["artifacts"]
        assert "workflowRunBackendId" in listed


# faults


def test_a_damaged_upload_is_stored_damaged_with_its_own_digest(
    github: LoopbackGitHub, client: Client
) -> None:
    github.fail_next(Damaged(), on="put")
    answer = client.put_blob(client.create(), b"zip")
    digest = hashlib.md5(b"ziq", usedforsecurity=False).digest()
    assert (answer.status_code, answer.headers["Content-MD5"]) == (201, base64.b64encode(digest).decode())
    assert twirp_error(client.finalize(b"zip")) == (400, "invalid_argument")


def test_faults_are_injected_in_order_one_for_each_request_of_the_operation(
    github: LoopbackGitHub, client: Client
) -> None:
    github.fail_next(Broken(503), FORBIDDEN, on="list")
    github.fail_next(Failed(404, "Not Found"), on="zip")
    one = f"{ARTIFACTS}/{github.plant('history', HISTORY).id}/zip"
    assert [client.api(one).status_code for _ in range(2)] == [404, 302]
    assert [client.api().status_code for _ in range(3)] == [503, 403, 200]


@pytest.mark.parametrize(
    ("fault", "artifacts"),
    [
        (Broken(), 0),
        (Broken(after_accepting=True), 1),
        (Reset(), 0),
        (Reset(after_accepting=True), 1),
        (Silent(), 0),
        (Silent(after_accepting=True), 1),
        (Truncated(), 1),
    ],
    ids=str,
)
def test_a_fault_occurs_before_or_after_the_request_is_executed(
    fault: Fault, artifacts: int, github: LoopbackGitHub, client: Client
) -> None:
    client.put_blob(client.create(), b"zip")
    github.fail_next(fault, on="finalize")
    client.timeout_seconds = 0.2
    if isinstance(fault, Broken):
        assert client.finalize(b"zip").status_code == 502
    else:
        with pytest.raises(requests.RequestException):
            client.finalize(b"zip")
    github.wait_for_requests(3)
    assert len(github.artifacts) == artifacts
