"""The loopback GitHub refuses what GitHub refuses, as far as that is known, and fails on demand."""

import base64
import contextlib
import hashlib
import http.client
import json
import threading
import time
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
    as_answered,
    azure_error,
    names,
    twirp_error,
)
from tests.fakes.github import (
    FORBIDDEN,
    INTERMEDIARY_REFUSED,
    QUOTA_HIT,
    Broken,
    Failed,
    LoopbackGitHub,
    Operation,
    RateLimited,
    Reset,
    Run,
    SecondaryRateLimited,
    Silent,
    Truncated,
    zip_of,
)

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


# what can be listed


def test_a_listing_is_filtered_by_the_exact_name(github: LoopbackGitHub, client: Client) -> None:
    for name in ("history", "history-2", "History", "a history"):
        github.plant(name, HISTORY)
    assert names(client.api(name="history")) == ["history"]
    assert client.api(name="history").json()["total_count"] == 1
    assert client.api().json()["total_count"] == 4


def test_a_listing_is_sorted_neither_way(github: LoopbackGitHub, client: Client) -> None:
    for _ in range(5):
        github.plant("history", HISTORY)
    ids = [each["id"] for each in client.api().json()["artifacts"]]
    assert sorted(ids) == [each.id for each in github.artifacts]
    assert ids not in (sorted(ids), sorted(ids, reverse=True))


def test_a_listing_is_the_newest_first_where_that_is_asked_for() -> None:
    with LoopbackGitHub(newest_first=True) as github, Client(github, github.start_run()) as client:
        planted = [github.plant("history", HISTORY).id for _ in range(5)]
        assert [each["id"] for each in client.api().json()["artifacts"]] == planted[::-1]


def test_the_links_lead_through_all_pages(github: LoopbackGitHub, client: Client) -> None:
    for _ in range(5):
        github.plant("history", HISTORY)
    github.plant("another", HISTORY)
    answer, ids, pages = client.api(name="history", per_page=2), [], 1
    ids += [each["id"] for each in answer.json()["artifacts"]]
    while "next" in answer.links:
        url = urlsplit(answer.links["next"]["url"])
        answer, pages = client.api(url.path, **dict(parse_qsl(url.query))), pages + 1
        ids += [each["id"] for each in answer.json()["artifacts"]]
        assert answer.json()["total_count"] == 5
    assert pages == 3
    assert len(ids) == len(set(ids)) == 5
    assert client.api(name="history", per_page=2, page=4).json()["artifacts"] == []


def test_no_page_has_more_than_a_hundred(github: LoopbackGitHub, client: Client) -> None:
    run = github.start_run()
    for count in range(101):
        github.plant(f"history-{count}", b"", run=run)
    assert len(names(client.api(per_page=1000))) == 100
    assert len(names(client.api())) == 30


def test_an_artifact_tells_the_branch_the_fork_and_the_end_of_its_run(
    github: LoopbackGitHub, client: Client
) -> None:
    main = github.plant("main", HISTORY)
    github.plant("branch", HISTORY, branch="feature/x")
    github.plant("fork", HISTORY, from_fork=True)
    github.plant("expired", HISTORY, expired=True)
    github.plant("old", HISTORY, created_at=NOON, digest=None)
    listed = {each["name"]: each for each in client.api().json()["artifacts"]}
    home = github.repository_id
    run = {name: each["workflow_run"] for name, each in listed.items()}
    assert (run["main"]["id"], run["main"]["head_sha"]) == (main.run.id, main.run.head_sha)
    assert {name: each["head_branch"] for name, each in run.items()} == {
        "main": "main",
        "branch": "feature/x",
        "fork": "main",
        "expired": "main",
        "old": "main",
    }
    assert [name for name, each in run.items() if each["head_repository_id"] != home] == ["fork"]
    assert {each["repository_id"] for each in run.values()} == {home}
    assert {name for name, each in listed.items() if each["expired"]} >= {"expired"}
    assert (listed["old"]["digest"], listed["old"]["created_at"]) == (None, "2026-03-01T12:00:00Z")
    assert listed["main"]["digest"] == f"sha256:{hashlib.sha256(main.content).hexdigest()}"
    assert listed["main"]["size_in_bytes"] == len(main.content)


def test_what_is_planted_is_downloaded_as_it_is(github: LoopbackGitHub, client: Client) -> None:
    contents = [zip_of(HISTORY), b"not a zip", b""]
    planted = [github.plant("history", content) for content in contents]
    planted.append(github.plant("history.json", b"{}", raw=True))
    got = [client.get(client.download_url(each.id)) for each in planted]
    assert [each.content for each in got] == [*contents, b"{}"]
    assert got[0].headers["Content-Type"] == "application/zip"
    assert got[0].headers["Content-Disposition"].startswith('attachment; filename="history.zip"')
    assert got[3].headers["Content-Type"] == "application/octet-stream"


def test_an_artifact_expires_when_its_time_has_come() -> None:
    now = [NOON]
    with (
        LoopbackGitHub(retention_days=2, clock=lambda: now[0]) as github,
        Client(github, github.start_run()) as client,
    ):
        artifact_id = client.upload(b"zip")
        assert client.api(f"{ARTIFACTS}/{artifact_id}").json()["expires_at"] == "2026-03-03T12:00:00Z"
        now[0] += timedelta(days=2)
        assert client.api(f"{ARTIFACTS}/{artifact_id}").json()["expired"] is True
        answer = client.api(f"{ARTIFACTS}/{artifact_id}/zip")
        assert (answer.status_code, answer.json()["message"]) == (410, "Artifact has expired")


def test_a_deleted_artifact_is_gone_everywhere(github: LoopbackGitHub, client: Client) -> None:
    artifact_id = client.upload(b"zip")
    url = client.download_url(artifact_id)
    assert client.api(f"{ARTIFACTS}/{artifact_id}", method="DELETE").status_code == 204
    assert client.api(f"{ARTIFACTS}/{artifact_id}").status_code == 404
    assert client.api(f"{ARTIFACTS}/{artifact_id}/zip").status_code == 404
    assert azure_error(client.get(url)) == (404, "BlobNotFound")
    assert github.artifacts == []
    client.create()


# whom the REST API lets in


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({}, 401, "Requires authentication"),
        ({"Authorization": "Bearer ghs_wrong"}, 401, "Bad credentials"),
        ({"Authorization": "Basic {token}"}, 401, "Bad credentials"),
        ({"Authorization": "Bearer {runtime_token}"}, 401, "Bad credentials"),
        ({"Authorization": "Bearer {token}", "X-GitHub-Api-Version": "2020-01-01"}, 400, "not supported"),
        ({"Authorization": "token {token}", "X-GitHub-Api-Version": "2022-11-28"}, 200, ""),
        ({"Authorization": "bearer {token}"}, 200, ""),
    ],
    ids=str,
)
def test_rest_lets_in_who_has_a_token(
    headers: Mapping[str, str],
    status: int,
    message: str,
    client: Client,
    github_document: CheckExchange,
) -> None:
    tokens = {"token": client.run.github_token, "runtime_token": client.run.runtime_token}
    sent = {name: value.format(**tokens) for name, value in headers.items()}
    answer = client.get(client.github.api_url + ARTIFACTS, headers=sent)
    assert answer.status_code == status
    assert message in answer.json().get("message", "")
    assert github_document(as_answered(answer)) == []


def test_a_token_without_the_permission_is_refused(
    github: LoopbackGitHub, github_document: CheckExchange
) -> None:
    one = f"{ARTIFACTS}/{github.plant('history', HISTORY).id}"
    statuses = {}
    for permission in ("none", "read", "write"):
        with Client(github, github.start_run(permission=permission)) as client:
            answers = [client.api(), client.api(f"{one}/zip"), client.api(one, method="DELETE")]
        statuses[permission] = [answer.status_code for answer in answers]
        for answer in answers:
            assert github_document(as_answered(answer)) == []
            if answer.status_code == 403:
                assert answer.json()["message"] == "Resource not accessible by integration"
    assert statuses == {"none": [403, 403, 403], "read": [200, 302, 403], "write": [200, 302, 204]}


def test_a_token_outside_of_runs_is_good_for_what_it_was_given(
    github: LoopbackGitHub, client: Client
) -> None:
    tokens = [github.new_token("read"), github.new_token("none")]
    answers = [
        client.get(github.api_url + ARTIFACTS, headers={"Authorization": f"Bearer {token}"})
        for token in tokens
    ]
    assert [answer.status_code for answer in answers] == [200, 403]


def test_a_pull_request_from_a_fork_may_read_at_most(github: LoopbackGitHub) -> None:
    artifact = github.plant("history", HISTORY)
    with Client(github, github.start_run(head_repository_id=github.fork_id)) as client:
        assert client.api().status_code == 200
        assert client.api(f"{ARTIFACTS}/{artifact.id}", method="DELETE").status_code == 403


def test_tokens_end_with_their_job(client: Client) -> None:
    client.run.finish()
    assert client.api().status_code == 401
    answer = client.call("ListArtifacts")
    assert twirp_error(answer) == (403, "permission_denied")
    assert answer.json()["msg"] == "job is complete"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (ARTIFACTS.upper().replace("REPOS", "repos").replace("ACTIONS/ARTIFACTS", "actions/artifacts"), 200),
        ("/repos/octo-org/another/actions/artifacts", 404),
        ("/repositories/1/actions/artifacts", 404),
        (f"{ARTIFACTS}/1", 404),
        (f"{ARTIFACTS}/1/zip", 404),
        ("/", 404),
    ],
    ids=str,
)
def test_only_what_is_there_is_found(path: str, status: int, client: Client) -> None:
    assert client.api(path).status_code == status


def test_a_request_without_a_user_agent_is_forbidden(client: Client) -> None:
    address = urlsplit(client.github.api_url).netloc
    with contextlib.closing(http.client.HTTPConnection(address, timeout=10)) as connection:
        headers = {"Authorization": f"Bearer {client.run.github_token}"}
        connection.request("GET", ARTIFACTS, headers=headers)
        answer = connection.getresponse()
        assert (answer.status, b"User-Agent" in answer.read()) == (403, True)


def test_every_answer_of_rest_counts_down_and_the_last_one_says_when_to_come_back() -> None:
    now = [NOON]
    with (
        LoopbackGitHub(rate_limit=2, clock=lambda: now[0]) as github,
        Client(github, github.start_run()) as client,
    ):
        answers = [client.api() for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 403]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
        assert int(answers[2].headers["x-ratelimit-reset"]) == NOON.timestamp() + 3600
        assert "rate limit exceeded" in answers[2].json()["message"]
        now[0] += timedelta(hours=1)
        assert client.api().status_code == 200


def test_more_than_nine_hundred_points_in_any_minute_are_too_hasty() -> None:
    now = [NOON]
    with LoopbackGitHub(clock=lambda: now[0]) as github, Client(github, github.start_run()) as client:
        statuses = []
        for _ in range(181):
            now[0] += timedelta(seconds=0.33)
            statuses.append(client.api(f"{ACTIONS}/runs/1", method="DELETE").status_code)
        assert statuses == [404] * 180 + [403]
        answer = client.api()
        assert (answer.status_code, answer.headers["Retry-After"]) == (403, "60")
        assert "secondary rate limit" in answer.json()["message"]
        now[0] += timedelta(seconds=60)
        assert client.api().status_code == 200


# runs


def test_a_run_can_be_deleted_once_it_has_ended_or_is_two_weeks_old() -> None:
    now = [NOON]
    with LoopbackGitHub(clock=lambda: now[0]) as github, Client(github, github.start_run()) as client:
        ended, stuck = github.start_run(), github.start_run()
        ended.finish("cancelled")

        def delete(run: Run) -> int:
            return client.api(f"{ACTIONS}/runs/{run.id}", method="DELETE").status_code

        assert [delete(ended), delete(ended), delete(stuck)] == [204, 404, 409]
        now[0] += timedelta(days=15)
        assert delete(stuck) == 204


def test_a_run_that_is_run_again_is_in_progress_again(github: LoopbackGitHub, client: Client) -> None:
    run = github.start_run(workflow="ci.yml")
    run.finish("failure")
    again = run.rerun()
    [listed] = client.api(f"{ACTIONS}/workflows/ci.yml/runs").json()["workflow_runs"]
    assert (listed["id"], listed["run_attempt"], listed["status"]) == (run.id, 2, "in_progress")
    again.finish()
    [listed] = client.api(f"{ACTIONS}/workflows/ci.yml/runs").json()["workflow_runs"]
    assert (listed["status"], listed["conclusion"]) == ("completed", "success")


def test_the_artifacts_of_a_run_go_with_it(github: LoopbackGitHub, client: Client) -> None:
    gone, kept = github.plant("history", HISTORY), github.plant("history", HISTORY)
    assert client.api(f"{ACTIONS}/runs/{gone.run.id}", method="DELETE").status_code == 204
    assert [each.id for each in github.artifacts] == [kept.id]
    assert client.api(f"{ARTIFACTS}/{gone.id}").status_code == 404


def test_to_delete_a_run_the_token_has_to_be_one_that_writes(github: LoopbackGitHub) -> None:
    run = github.plant("history", HISTORY).run
    with Client(github, github.start_run(permission="read")) as client:
        answer = client.api(f"{ACTIONS}/runs/{run.id}", method="DELETE")
    assert answer.status_code == 403
    assert answer.headers["x-accepted-github-permissions"] == "actions=write"


# what the results service refuses


def test_an_upload_is_seen_only_once_it_is_finalized(github: LoopbackGitHub, client: Client) -> None:
    url = client.create()
    assert client.api().json()["total_count"] == 0
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
        *(({"name": f"a{each}b"}, 400, "invalid_argument") for each in '":<>|*?\r\n\\/'),
        ({"version": 3}, 400, "invalid_argument"),
        ({"version": 4}, 400, "invalid_argument"),  # knows no mime_type
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid_argument"),
        ({"expires_at": "tomorrow"}, 400, "malformed"),
        ({"expires_at": "2030-01-01T00:00:00"}, 400, "malformed"),
        ({"name": 1}, 400, "malformed"),
        ({"version": "seven"}, 400, "malformed"),
        ({"mime_type": {"value": "application/zip"}}, 400, "malformed"),
        ({"mimeType": "application/zip"}, 400, "malformed"),
        ({"workflow_run_backend_id": "another"}, 403, "permission_denied"),
        ({"workflow_job_run_backend_id": ""}, 403, "permission_denied"),
    ],
    ids=str,
)
def test_a_creation_is_refused(body: Json, status: int, code: str, client: Client) -> None:
    whole = {"name": "history", "version": 7, "mime_type": "application/zip"} | body
    assert twirp_error(client.call("CreateArtifact", **whole)) == (status, code)
    assert client.github.artifacts == []


def test_a_name_is_taken_from_its_creation_on_in_all_attempts_until_it_is_deleted(
    github: LoopbackGitHub, client: Client
) -> None:
    def create() -> int:
        return client.call("CreateArtifact", name="history", version=4).status_code

    assert [create(), create()] == [200, 409]
    client.run.finish("cancelled")
    client.run = client.run.rerun()
    assert create() == 409
    client.upload(b"zip", "another")
    client.call("DeleteArtifact", name="another")
    client.create("another")
    client.run = github.start_run()
    assert create() == 200


def test_an_artifact_lives_no_longer_than_the_repository_allows() -> None:
    with (
        LoopbackGitHub(retention_days=5, clock=lambda: NOON) as github,
        Client(github, github.start_run()) as client,
    ):
        for name, asked in (("a", "2026-03-02T12:00:00.000Z"), ("b", "2027-01-01T00:00:00+01:00")):
            created = client.call("CreateArtifact", name=name, version=7, expires_at=asked).json()
            client.put_blob(created["signed_upload_url"], b"zip")
            client.finalize(b"zip", name)
        assert [each.expires_at for each in github.artifacts] == [
            NOON + timedelta(days=1),
            NOON + timedelta(days=5),
        ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"size": "4"}, 400, "invalid_argument"),
        ({"size": None}, 400, "invalid_argument"),
        ({"size": 3.0}, 400, "malformed"),
        ({"size": True}, 400, "malformed"),
        ({"hash": f"sha256:{'0' * 64}"}, 400, "invalid_argument"),
        ({"hash": hashlib.sha256(b"zip").hexdigest()}, 400, "invalid_argument"),
        ({"hash": {"value": "sha256:"}}, 400, "malformed"),
        ({"name": "another"}, 404, "not_found"),
        ({"workflow_run_backend_id": "another"}, 403, "permission_denied"),
    ],
    ids=str,
)
def test_a_finalization_is_refused(body: Json, status: int, code: str, client: Client) -> None:
    client.put_blob(client.create(), b"zip")
    assert twirp_error(client.finalize(b"zip", **body)) == (status, code)
    assert client.github.artifacts == []
    assert client.finalize(b"zip", size=3).status_code == 200


def test_nothing_is_finalized_before_it_is_uploaded(client: Client) -> None:
    url = client.create()
    assert twirp_error(client.finalize(b"")) == (412, "failed_precondition")
    client.put(f"{url}&comp=block&blockid=MDE%3D", data=b"")
    assert twirp_error(client.finalize(b"")) == (412, "failed_precondition")


def test_finalizing_twice_makes_two_artifacts(github: LoopbackGitHub, client: Client) -> None:
    first = client.upload(b"zip")
    second = int(client.finalize(b"zip").json()["artifact_id"])
    assert [each.id for each in github.artifacts] == [first, second]
    assert client.call("DeleteArtifact", name="history").json() == {"ok": True, "artifact_id": str(second)}
    assert client.get(client.download_url(first)).content == b"zip"


def test_a_run_lists_and_signs_only_its_own_artifacts_of_every_attempt(
    github: LoopbackGitHub, client: Client
) -> None:
    github.plant("history", HISTORY)
    own = client.upload(b"zip")
    (listed,) = client.call("ListArtifacts", name_filter="history").json()["artifacts"]
    assert (listed["database_id"], listed["size"]) == (str(own), "3")
    assert client.call("ListArtifacts", id_filter=str(own)).json()["artifacts"] == [listed]
    assert client.call("ListArtifacts", id_filter=own + 1).json() == {}
    assert client.call("ListArtifacts", name_filter="another").json() == {}

    client.run.finish()
    client.run = client.run.rerun()
    assert client.call("ListArtifacts").json()["artifacts"] == [listed]
    ids = {key: listed[key] for key in ("workflow_run_backend_id", "workflow_job_run_backend_id")}
    signed = client.call("GetSignedArtifactURL", name="history", **ids).json()["signed_url"]
    assert client.get(signed).content == b"zip"
    assert twirp_error(client.call("GetSignedArtifactURL", name="history")) == (404, "not_found")
    assert twirp_error(client.call("DeleteArtifact", name="history")) == (404, "not_found")
    assert client.call("DeleteArtifact", name="history", **ids).json()["artifact_id"] == str(own)
    assert twirp_error(client.call("DeleteArtifact", name="history", **ids)) == (404, "not_found")


def test_another_runs_artifact_is_not_there(github: LoopbackGitHub, client: Client) -> None:
    other = github.plant("history", HISTORY)
    ids = {
        "workflow_run_backend_id": other.run.backend_id,
        "workflow_job_run_backend_id": other.run.job_backend_id,
    }
    assert twirp_error(client.call("DeleteArtifact", name="history", **ids)) == (404, "not_found")
    assert len(github.artifacts) == 1


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Bearer {github}", "bearer {runtime}", "{runtime}"])
def test_the_results_service_wants_the_runtime_token(token: str | None, client: Client) -> None:
    run = client.run
    headers = {}
    if token is not None:
        headers["Authorization"] = token.format(github=run.github_token, runtime=run.runtime_token)
    url = client.github.results_url + SERVICE + "ListArtifacts"
    assert twirp_error(client.post(url, json=client.ids, headers=headers)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("call", "content_type", "body", "error"),
    [
        ("GET ListArtifacts", "application/json", b"{}", (404, "bad_route")),
        ("POST UploadArtifact", "application/json", b"{}", (404, "bad_route")),
        ("POST ListArtifacts", "text/plain", b"{}", (404, "bad_route")),
        ("POST ListArtifacts", "application/json", b"{", (400, "malformed")),
        ("POST ListArtifacts", "application/json", b"[]", (400, "malformed")),
        ("POST ListArtifacts", "application/json", b"\xff", (400, "malformed")),
    ],
)
def test_a_call_that_is_none_is_refused(
    call: str, content_type: str, body: bytes, error: tuple[int, str], client: Client
) -> None:
    method, path = call.split()
    headers = {"Authorization": f"Bearer {client.run.runtime_token}", "Content-Type": content_type}
    url = client.github.results_url + SERVICE + path
    assert twirp_error(client.request(method, url, data=body, headers=headers)) == error


def test_the_path_of_the_results_url_leads_nowhere(client: Client) -> None:
    url = client.run.environment["ACTIONS_RESULTS_URL"].rstrip("/") + SERVICE + "ListArtifacts"
    headers = {"Authorization": f"Bearer {client.run.runtime_token}"}
    assert client.post(url, json=client.ids, headers=headers).status_code == 404


# what the blob storage refuses


def test_a_redirect_leads_to_another_host_which_refuses_the_token(client: Client) -> None:
    url = client.download_url(client.upload(b"zip"))
    assert urlsplit(url).hostname != urlsplit(client.github.api_url).hostname
    assert client.get(url).content == b"zip"
    headers = {"Authorization": f"Bearer {client.run.github_token}"}
    assert azure_error(client.get(url, headers=headers)) == (401, "InvalidAuthenticationInfo")
    upload = client.create("another")
    assert azure_error(client.put_blob(upload, b"zip", **headers)) == (401, "InvalidAuthenticationInfo")


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("sig=", "sig=A", (403, "AuthenticationFailed")),
        ("sig=", "gis=", (401, "NoAuthenticationInformation")),
        ("sp=r", "sp=rw", (403, "AuthenticationFailed")),
        ("se=2026", "se=2027", (403, "AuthenticationFailed")),
        (".zip?", ".zap?", (403, "AuthenticationFailed")),
    ],
)
def test_a_signature_is_good_for_what_was_signed(old: str, new: str, error: tuple[int, str]) -> None:
    with LoopbackGitHub(clock=lambda: NOON) as github, Client(github, github.start_run()) as client:
        url = client.download_url(client.upload(b"zip"))
        assert old in url
        assert azure_error(client.get(url.replace(old, new))) == error


def test_a_signature_is_good_for_its_time_and_its_purpose() -> None:
    now = [NOON]
    with LoopbackGitHub(clock=lambda: now[0]) as github, Client(github, github.start_run()) as client:
        upload = client.create("another")
        download = client.download_url(client.upload(b"zip"))
        assert azure_error(client.put_blob(download, b"")) == (403, "AuthorizationPermissionMismatch")
        assert azure_error(client.get(upload)) == (403, "AuthorizationPermissionMismatch")
        assert azure_error(client.delete(download)) == (405, "UnsupportedHttpVerb")
        now[0] += timedelta(minutes=1)
        assert azure_error(client.get(download)) == (403, "AuthenticationFailed")
        now[0] += timedelta(hours=1)
        assert azure_error(client.put_blob(upload, b"")) == (403, "AuthenticationFailed")


def test_a_blob_is_put_at_once_only_with_its_type(client: Client) -> None:
    url = client.create()
    assert azure_error(client.put(url, data=b"zip")) == (400, "MissingRequiredHeader")
    odd = {"x-ms-blob-type": "PageBlob"}
    assert azure_error(client.put(url, data=b"zip", headers=odd)) == (400, "InvalidHeaderValue")
    assert client.put_blob(url, b"zip").status_code == 201


def test_a_body_without_a_length_is_refused(client: Client) -> None:
    chunks = iter([b"zip"])
    headers = {"x-ms-blob-type": "BlockBlob"}
    with contextlib.suppress(requests.ConnectionError):
        assert client.put(client.create(), data=chunks, headers=headers).status_code == 411
    assert "put" not in client.github.operations


def test_a_blob_is_put_in_blocks_where_it_may_not_be_put_at_once() -> None:
    with LoopbackGitHub(refuse_put_blob=True) as github, Client(github, github.start_run()) as client:
        url = client.create()
        assert azure_error(client.put_blob(url, b"zip")) == (403, "AuthorizationPermissionMismatch")
        for block_id, content in (("MDI%3D", b"ip"), ("MDE%3D", b"z")):
            assert client.put(f"{url}&comp=block&blockid={block_id}", data=content).status_code == 201
        blocks = b"<BlockList><Latest>MDE=</Latest><Latest>MDI=</Latest></BlockList>"
        assert client.put(f"{url}&comp=blocklist", data=blocks).status_code == 201
        assert client.finalize(b"zip").status_code == 200
        assert github.artifacts[0].content == b"zip"


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("comp=block", b"", "InvalidQueryParameterValue"),
        ("comp=block&blockid=!", b"", "InvalidQueryParameterValue"),
        ("comp=block&blockid=" + "MDE" * 30, b"", "InvalidQueryParameterValue"),
        ("comp=block&blockid=MDEyMw%3D%3D", b"", "InvalidBlobOrBlock"),  # of another length than the first
        ("comp=blocklist", b"<BlockList><Latest>MDI=</Latest></BlockList>", "InvalidBlockList"),
        ("comp=blocklist", b"<BlockList><Latest>MDE=</Latest>", "InvalidXmlDocument"),
        ("comp=blocklist", b"", "InvalidXmlDocument"),
    ],
)
def test_a_block_or_a_list_of_them_is_refused(query: str, body: bytes, code: str, client: Client) -> None:
    url = client.create()
    assert client.put(f"{url}&comp=block&blockid=MDE%3D", data=b"z").status_code == 201
    assert azure_error(client.put(f"{url}&{query}", data=body)) == (400, code)


# what happens on demand


def test_faults_come_in_order_one_a_request_for_their_operation(
    github: LoopbackGitHub, client: Client
) -> None:
    github.fail_next(Broken(503), FORBIDDEN, on="list")
    github.fail_next(Failed(404, "Not Found"), on="zip")
    artifact = github.plant("history", HISTORY)
    zips = [client.api(f"{ARTIFACTS}/{artifact.id}/zip").status_code for _ in range(2)]
    lists = [client.api().status_code for _ in range(3)]
    assert (zips, lists) == ([404, 302], [503, 403, 200])


def test_a_fault_can_be_had_for_every_operation(github: LoopbackGitHub, client: Client) -> None:
    def put(query: str = "") -> requests.Response:
        return client.put(f"{upload}{query}", headers={"x-ms-blob-type": "BlockBlob"})

    artifact = github.plant("history", HISTORY)
    one = f"{ARTIFACTS}/{artifact.id}"
    upload, download = client.create(), client.download_url(artifact.id)
    requests_of: dict[Operation, Callable[[], requests.Response]] = {
        "list": client.api,
        "get": lambda: client.api(one),
        "zip": lambda: client.api(f"{one}/zip"),
        "list-runs": lambda: client.api(f"{ACTIONS}/workflows/poll.yml/runs"),
        "list-of-run": lambda: client.api(f"{ACTIONS}/runs/{artifact.run.id}/artifacts"),
        "delete-run": lambda: client.api(f"{ACTIONS}/runs/{artifact.run.id}", method="DELETE"),
        "delete-by-id": lambda: client.api(one, method="DELETE"),
        "create": lambda: client.call("CreateArtifact"),
        "finalize": lambda: client.call("FinalizeArtifact"),
        "list-run": lambda: client.call("ListArtifacts"),
        "sign": lambda: client.call("GetSignedArtifactURL"),
        "delete": lambda: client.call("DeleteArtifact"),
        "put": put,
        "put-block": lambda: put("&comp=block"),
        "put-block-list": lambda: put("&comp=blocklist"),
        "blob-get": lambda: client.get(download),
    }
    for operation, ask in requests_of.items():
        github.fail_next(Failed(503), on=operation)
        assert ask().status_code == 503
        assert github.operations[-1] == operation


def test_there_is_no_fault_for_an_operation_that_there_is_not(github: LoopbackGitHub) -> None:
    unknown: Any = "upload"
    with pytest.raises(ValueError, match="upload"):
        github.fail_next(Broken(), on=unknown)


def test_every_server_fails_in_its_own_words(github: LoopbackGitHub, client: Client) -> None:
    github.fail_next(Failed(429, "slow down", headers={"Retry-After": "2"}), on="list")
    github.fail_next(Failed(429, "slow down", headers={"Retry-After": "2"}), on="list-run")
    github.fail_next(Failed(503, "slow down", code="ServerBusy"), on="put")
    rest, twirp = client.api(), client.call("ListArtifacts")
    assert rest.json()["message"] == twirp.json()["msg"] == "slow down"
    assert rest.headers["Retry-After"] == twirp.headers["Retry-After"] == "2"
    assert twirp_error(twirp) == (429, "resource_exhausted")
    assert azure_error(client.put_blob(client.create(), b"")) == (503, "ServerBusy")


@pytest.mark.parametrize("status", [403, 429])
def test_rate_limits_say_when_to_come_back(status: Any) -> None:
    with LoopbackGitHub(clock=lambda: NOON) as github, Client(github, github.start_run()) as client:
        github.fail_next(RateLimited(90, status), SecondaryRateLimited(60, status), on="list")
        primary, secondary = client.api(), client.api()
    assert [primary.status_code, secondary.status_code] == [status, status]
    assert primary.headers["x-ratelimit-remaining"] == "0"
    assert int(primary.headers["x-ratelimit-reset"]) == NOON.timestamp() + 90
    assert "Retry-After" not in primary.headers
    assert secondary.headers["Retry-After"] == "60"
    assert int(secondary.headers["x-ratelimit-remaining"]) > 0


def test_the_service_refuses_when_the_quota_is_full_and_when_something_between_does(
    github: LoopbackGitHub, client: Client
) -> None:
    github.fail_next(QUOTA_HIT, on="create")
    answer = client.call("CreateArtifact", name="history", version=7)
    assert twirp_error(answer) == (403, "permission_denied")
    assert answer.json()["msg"] == "insufficient usage to create artifact"
    client.put_blob(client.create(), b"zip")
    github.fail_next(INTERMEDIARY_REFUSED, on="finalize")
    assert "intermediary" in client.finalize(b"zip").json()["msg"]
    assert client.finalize(b"zip").status_code == 200


def test_a_server_that_is_broken_answers_no_json(github: LoopbackGitHub, client: Client) -> None:
    github.fail_next(Broken(), on="list-run")
    answer = client.call("ListArtifacts")
    assert answer.status_code == 502
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("fault", [Reset(), Reset(after_accepting=True)], ids=str)
def test_a_reset_connection_leaves_open_whether_the_upload_was_finalized(
    fault: Reset, github: LoopbackGitHub, client: Client
) -> None:
    client.put_blob(client.create(), b"zip")
    github.fail_next(fault, on="finalize")
    with pytest.raises(requests.ConnectionError, match="reset"):
        client.finalize(b"zip")
    assert len(github.artifacts) == int(fault.after_accepting)


@pytest.mark.parametrize("fault", [Failed(500, after_accepting=True), Broken(after_accepting=True)], ids=str)
def test_a_failure_may_come_after_the_work_is_done(
    fault: Failed | Broken, github: LoopbackGitHub, client: Client
) -> None:
    client.put_blob(client.create(), b"zip")
    github.fail_next(fault, on="finalize")
    assert client.finalize(b"zip").status_code == fault.status
    assert len(github.artifacts) == 1


@pytest.mark.parametrize("fault", [Silent(), Silent(after_accepting=True)], ids=str)
def test_a_silent_server_lets_the_client_time_out(
    fault: Silent, github: LoopbackGitHub, client: Client
) -> None:
    artifact = github.plant("history", HISTORY)
    github.fail_next(fault, on="delete-by-id")
    with pytest.raises(requests.ReadTimeout):
        client.request(
            "DELETE",
            f"{github.api_url}{ARTIFACTS}/{artifact.id}",
            headers={"Authorization": f"Bearer {client.run.github_token}"},
            timeout=0.05,
        )
    github.wait_for_requests(1)
    assert len(github.artifacts) == int(not fault.after_accepting)


def test_a_held_request_that_is_released_is_answered(github: LoopbackGitHub, client: Client) -> None:
    github.fail_next(Silent(), on="list")
    releasing = threading.Thread(target=github.release)
    releasing.start()
    assert client.api().status_code == 200
    releasing.join()


@pytest.mark.parametrize("operation", ["list", "blob-get"])
def test_an_answer_can_end_in_the_middle(
    operation: Operation, github: LoopbackGitHub, client: Client
) -> None:
    url = client.download_url(client.upload(b"zip" * 1000))
    github.fail_next(Truncated(), on=operation)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.api() if operation == "list" else client.get(url)


# what a run is told, and what is kept


def test_a_run_is_told_where_to_turn_and_who_it_is(github: LoopbackGitHub) -> None:
    run = github.start_run("feature/x", attempt=2)
    told = run.environment
    assert told["GITHUB_API_URL"] == github.api_url
    assert told["ACTIONS_RESULTS_URL"].startswith(f"{github.results_url}/")
    assert told["GITHUB_REPOSITORY"] == github.repository
    assert told["GITHUB_REPOSITORY_ID"] == str(github.repository_id)
    assert (told["GITHUB_RUN_ID"], told["GITHUB_RUN_ATTEMPT"]) == (str(run.id), "2")
    assert (told["GITHUB_REF"], told["GITHUB_REF_NAME"]) == ("refs/heads/feature/x", "feature/x")
    assert told["GITHUB_HEAD_REF"] == ""
    assert run.github_token not in told.values()


def test_a_pull_request_names_its_branch_apart_from_its_ref(github: LoopbackGitHub) -> None:
    for run in (
        github.start_run("feature/x", event="pull_request"),
        github.start_run("feature/x", head_repository_id=github.fork_id),
    ):
        told = run.environment
        assert told["GITHUB_EVENT_NAME"] == "pull_request"
        assert told["GITHUB_REF"] == f"refs/pull/{told['GITHUB_REF_NAME']}"
        assert told["GITHUB_REF_NAME"].endswith("/merge")
        assert told["GITHUB_HEAD_REF"] == "feature/x"


def test_a_runtime_token_names_its_backend_ids_in_base64_without_padding(github: LoopbackGitHub) -> None:
    run = github.start_run()
    payload = run.environment["ACTIONS_RUNTIME_TOKEN"].split(".")[1]
    assert len(payload) % 4
    assert set("-_") & set(payload)
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert f"Actions.Results:{run.backend_id}:{run.job_backend_id}" in claims["scp"].split(" ")


def test_another_attempt_is_the_same_run_with_other_tokens(github: LoopbackGitHub) -> None:
    first = github.start_run()
    second = first.rerun()
    assert (second.id, second.attempt, second.branch) == (first.id, 2, first.branch)
    assert second.runtime_token != first.runtime_token
    assert second.github_token != first.github_token


def test_every_request_is_kept(github: LoopbackGitHub, client: Client) -> None:
    client.api(name="history")
    client.call("ListArtifacts")
    cluster_state, call = github.requests
    assert (cluster_state.server, cluster_state.operation, cluster_state.method) == ("api", "list", "GET")
    assert (cluster_state.path, cluster_state.query, cluster_state.body) == (
        ARTIFACTS,
        {"name": "history"},
        b"",
    )
    assert cluster_state.headers["user-agent"] == "contract-tests"
    assert (call.server, call.operation, call.path) == ("results", "list-run", f"{SERVICE}ListArtifacts")
    assert json.loads(call.body) == client.ids


def test_the_context_ends_at_once_with_idle_and_held_connections() -> None:
    before = threading.active_count()
    with contextlib.ExitStack() as afterwards:
        with LoopbackGitHub() as github:
            client = afterwards.enter_context(Client(github, github.start_run()))
            client.upload(b"zip")
            github.fail_next(Silent(), on="list")
            address = urlsplit(github.api_url).netloc
            held = afterwards.enter_context(
                contextlib.closing(http.client.HTTPConnection(address, timeout=10))
            )
            held.request("GET", ARTIFACTS)
            github.wait_for_requests(4)
            ending = time.monotonic()
        assert time.monotonic() - ending < 5
        assert threading.active_count() == before
