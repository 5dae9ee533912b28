"""The loopback GitHub is checked against the official client and GitHub's OpenAPI document."""

import base64
import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.github_by_hand import ACTIONS, ARTIFACTS, Client, as_request, as_response
from tests.fakes.github import (
    FORBIDDEN,
    QUOTA_HIT,
    Failed,
    LoopbackGitHub,
    RateLimited,
    SecondaryRateLimited,
)

GITHUB = Path(__file__).parent / "github"
HISTORY = {"history.json": b'{"schema": 1}'}

Json = dict[str, Any]
CheckExchange = Callable[[Mapping[str, object]], list[str]]
OfficialClient = Callable[..., Json]


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub() as github:
        yield github


@pytest.fixture
def client(github: LoopbackGitHub) -> Iterator[Client]:
    with Client(github, github.start_run()) as client:
        yield client


@pytest.fixture
def history_file(tmp_path: Path) -> Path:
    path = tmp_path / "history.json"
    path.write_bytes(HISTORY["history.json"])
    return path


# the official client


def test_the_official_client_uploads_lists_and_downloads_an_artifact(
    github: LoopbackGitHub, official_client: OfficialClient, history_file: Path, tmp_path: Path
) -> None:
    run = github.start_run()
    sent = official_client(run, "upload", "history", history_file)
    (artifact,) = github.artifacts
    assert artifact.files == HISTORY
    assert sent == {
        "id": artifact.id,
        "size": len(artifact.content),
        "digest": hashlib.sha256(artifact.content).hexdigest(),
    }
    (listed,) = official_client(run, "list")["artifacts"]
    assert (listed["id"], listed["name"], listed["digest"]) == (artifact.id, "history", artifact.digest)
    got = official_client(run, "download", "history", tmp_path / "got")
    assert got["digestMismatch"] is False
    assert (tmp_path / "got" / "history.json").read_bytes() == HISTORY["history.json"]


def test_the_official_client_can_use_a_name_once_in_a_run(
    github: LoopbackGitHub, official_client: OfficialClient, history_file: Path
) -> None:
    run = github.start_run()
    github.plant("history", HISTORY, run=run)
    assert official_client(run, "upload", "history", history_file) == {
        "error": "Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: "
        "an artifact with this name already exists on the workflow run"
    }


def test_the_official_client_overwrites_the_artifact_of_an_earlier_attempt(
    github: LoopbackGitHub, official_client: OfficialClient, history_file: Path
) -> None:
    first = github.start_run()
    old = github.plant("history", {"history.json": b"old"}, run=first)
    first.finish("failure")
    assert "error" not in official_client(first.rerun(), "overwrite", "history", history_file)
    (new,) = github.artifacts
    assert new.id > old.id
    assert new.files == HISTORY


def test_the_official_client_downloads_an_artifact_of_another_run(
    github: LoopbackGitHub, official_client: OfficialClient, tmp_path: Path
) -> None:
    old = github.plant("history", HISTORY)
    assert "error" not in official_client(github.start_run(), "download-by-id", old.id, tmp_path)
    assert (tmp_path / "history.json").read_bytes() == HISTORY["history.json"]
    assert github.operations == ["zip", "blob-get"]


def test_the_official_client_uploads_a_file_without_an_archive(
    github: LoopbackGitHub, newest_official_client: OfficialClient, client: Client, history_file: Path
) -> None:
    sent = newest_official_client(client.run, "upload-raw", history_file)
    got = client.get(client.download_url(sent["id"]))
    assert got.content == HISTORY["history.json"]
    assert got.headers["Content-Type"] == "application/json"
    assert github.artifacts[0].files == HISTORY


def test_the_official_client_uploads_in_several_blocks(
    github: LoopbackGitHub, official_client: OfficialClient, history_file: Path
) -> None:
    history_file.write_bytes(os.urandom(9_000_000))
    official_client(github.start_run(), "upload", "history", history_file)
    assert github.operations == ["create", "put-block", "put-block", "put-block-list", "finalize"]
    assert github.artifacts[0].files["history.json"] == history_file.read_bytes()


def test_the_official_client_recognizes_a_full_quota(
    github: LoopbackGitHub, official_client: OfficialClient, history_file: Path
) -> None:
    github.fail_next(QUOTA_HIT, on="create")
    result = official_client(github.start_run(), "upload", "history", history_file)
    assert "Artifact storage quota has been hit" in result["error"]


# GitHub's document


def test_the_stored_document_is_the_published_one_trimmed(
    find_program: Callable[[str], str], tmp_path: Path
) -> None:
    lock = json.loads((GITHUB / "package-lock.json").read_text())
    published = lock["packages"]["node_modules/@octokit/openapi"]
    pack = [find_program("npm"), "pack", f"@octokit/openapi@{published['version']}"]
    command = [*pack, "--pack-destination", str(tmp_path)]
    subprocess.run(command, cwd=GITHUB, capture_output=True, timeout=100, check=True)
    (archive,) = tmp_path.iterdir()
    algorithm, _, digest = published["integrity"].partition("-")
    assert base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode() == digest
    with tarfile.open(archive, "r|gz") as files:
        member = next(each for each in files if each.name == "package/generated/api.github.com.json")
        whole = files.extractfile(member)
        assert whole is not None
        (tmp_path / "whole.json").write_bytes(whole.read())
    trim = [find_program("node"), "trim.mjs", str(tmp_path / "whole.json")]
    trimmed = subprocess.run(trim, cwd=GITHUB, capture_output=True, text=True, check=True).stdout
    assert trimmed == (GITHUB / "openapi.json").read_text()


def test_responses_about_artifacts_conform_to_the_document(
    github: LoopbackGitHub, client: Client, github_document: CheckExchange
) -> None:
    artifacts = [
        github.plant("history", HISTORY),
        github.plant("history", HISTORY, from_fork=True),
        github.plant("history", b"", expired=True, digest=None),
        github.plant("history.json", b"{}", raw=True),
    ]
    one = f"{ARTIFACTS}/{artifacts[0].id}"
    answers = [
        client.api(),
        client.api(name="history", per_page=1, page=2),
        client.api(name="nothing"),
        client.api(one),
        client.api(f"{one}/zip"),
        client.api(one, method="DELETE"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 302, 204]
    assert "Link" in answers[1].headers
    for answer in answers:
        assert github_document(as_request(answer)) == []
        assert github_document(as_response(answer)) == []


def test_responses_about_runs_conform_to_the_document(
    github: LoopbackGitHub, client: Client, github_document: CheckExchange
) -> None:
    run = github.plant("history", HISTORY).run
    github.plant("history", HISTORY, from_fork=True)
    runs, one = f"{ACTIONS}/workflows/poll.yml/runs", f"{ACTIONS}/runs/{run.id}"
    answers = [
        client.api(runs, exclude_pull_requests="true"),
        client.api(runs, per_page=1, page=2),
        client.api(f"{ACTIONS}/workflows/pol.yml/runs"),
        client.api(f"{one}/artifacts"),
        client.api(one, method="DELETE"),
        client.api(one, method="DELETE"),
        client.api(f"{one}/artifacts"),
        client.api(f"{ACTIONS}/runs/{client.run.id}", method="DELETE"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 204, 404, 404, 409]
    assert answers[0].json()["total_count"] == 3
    assert len(answers[3].json()["artifacts"]) == 1
    for answer in answers:
        assert github_document(as_request(answer)) == []
        assert github_document(as_response(answer)) == []


def test_responses_about_the_repository_and_its_branches_conform_to_the_document(
    github: LoopbackGitHub, client: Client, github_document: CheckExchange
) -> None:
    home = ACTIONS.removesuffix("/actions")
    github.start_run(branch="a/branch")
    github.rename_branch("a/branch", "renamed")
    answers = [
        client.api(home),
        client.api(f"{home}/branches/main"),
        client.api(f"{home}/branches/a%2Fbranch"),
        client.api(f"{home}/branches/none"),
        client.api(f"{ACTIONS}/runs/{client.run.id}"),
        client.api(f"{ACTIONS}/workflows/poll.yml/runs", branch="main"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 301, 404, 200, 200]
    for answer in answers:
        assert github_document(as_request(answer)) == []
        assert github_document(as_response(answer)) == []


def test_the_check_finds_an_unknown_a_missing_and_a_wrong_field(
    github: LoopbackGitHub, client: Client, github_document: CheckExchange
) -> None:
    github.plant("history", HISTORY)
    answer = as_response(client.api())
    body = json.loads(answer["body"])
    artifact = body["artifacts"][0]
    for wrong in (
        artifact | {"owner": "octo-org"},
        {key: value for key, value in artifact.items() if key != "expires_at"},
        artifact | {"created_at": "yesterday"},
        artifact | {"id": str(artifact["id"])},
        artifact | {"workflow_run": {"id": None}},
    ):
        changed = {**answer, "body": json.dumps(body | {"artifacts": [wrong]})}
        assert len(github_document(changed)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Failed(404, "Not Found"),
        Failed(410, "Artifact has expired"),
        Failed(500),
        FORBIDDEN,
        RateLimited(),
        RateLimited(status=429),
        SecondaryRateLimited(),
        SecondaryRateLimited(None, status=429),
    ],
    ids=str,
)
def test_error_responses_conform_to_the_document(
    fault: Failed | RateLimited | SecondaryRateLimited,
    github: LoopbackGitHub,
    client: Client,
    github_document: CheckExchange,
) -> None:
    github.fail_next(fault, on="list")
    answer = client.api()
    assert answer.status_code == fault.status
    assert github_document(as_response(answer)) == []


@pytest.mark.parametrize(
    ("request_line", "query"),
    [
        (f"GET {ARTIFACTS}", {"per_page": "many"}),
        (f"GET {ARTIFACTS}", {"page": "last"}),
        (f"GET {ARTIFACTS}", {"page": "1.5"}),
        (f"GET {ARTIFACTS}", {"branch": "main"}),
        (f"GET {ARTIFACTS}", {"Name": "history"}),
        (f"GET {ACTIONS}/workflows/poll.yml/runs", {"exclude_pull_requests": "yes"}),
        (f"GET {ACTIONS}/workflows/poll.yml/runs", {"state": "completed"}),
        (f"DELETE {ACTIONS}/runs/latest", {}),
        (f"DELETE {ACTIONS}/runs", {}),
        (f"GET {ARTIFACTS}/latest", {}),
        (f"GET {ARTIFACTS}/latest/zip", {}),
        (f"DELETE {ARTIFACTS}", {}),
        (f"PATCH {ARTIFACTS}/5000000001", {}),
        ("GET /repos/octo-org/cluster/actions/artefacts", {}),
    ],
    ids=str,
)
def test_a_request_that_does_not_conform_to_the_document_is_refused(
    request_line: str, query: Json, github: LoopbackGitHub, client: Client, github_document: CheckExchange
) -> None:
    method, path = request_line.split()
    github.plant("history", HISTORY)
    answer = client.api(path, method=method, **query)
    assert github_document(as_request(answer)) != []
    assert answer.status_code in (404, 422)
