"""Dispatches of the loopback GitHub are checked against GitHub's OpenAPI document."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.contract.github_by_hand import Client, as_request, as_response
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_workflows import Workflow

WORKFLOWS = "/repos/octo-org/cluster/actions/workflows"
CheckExchange = Callable[[Mapping[str, object]], list[str]]


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub() as github:
        github.add_workflow(Workflow("poll.yml"))
        github.add_workflow(Workflow("nightly.yml", events=("schedule",)))
        github.add_workflow(Workflow("old.yml", is_disabled=True))
        yield github


@pytest.fixture
def client(github: LoopbackGitHub) -> Iterator[Client]:
    with Client(github, github.start_run()) as client:
        yield client


def _dispatch(client: Client, body: object, *, file: str = "poll.yml", token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token or client.run.github_token}"}
    url = f"{client.github.api_url}{WORKFLOWS}/{file}/dispatches"
    return client.request("POST", url, json=body, headers=headers)


def _request_of(answer: requests.Response) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in answer.request.headers.items()}
    body = answer.request.body
    assert isinstance(body, bytes)
    return as_request(answer) | {"headers": headers, "body": body.decode()}


@pytest.mark.parametrize(("details", "status"), [({}, 204), ({"return_run_details": True}, 200)])
def test_a_dispatch_conforms_to_the_document(
    details: dict[str, Any],
    status: int,
    github: LoopbackGitHub,
    client: Client,
    github_document: CheckExchange,
) -> None:
    answer = _dispatch(client, {"ref": "main"} | details)
    assert answer.status_code == status
    assert github.started == [("poll.yml", "main")]
    assert github_document(_request_of(answer)) == []
    assert github_document(as_response(answer)) == []
    if details:
        run_id = answer.json()["workflow_run_id"]
        assert urlsplit(answer.json()["run_url"]).path == f"/repos/octo-org/cluster/actions/runs/{run_id}"


@pytest.mark.parametrize(
    ("file", "ref", "status", "message"),
    [
        ("pol.yml", "main", 404, "Not Found"),
        ("poll.yml", "master", 422, "No ref found for: master"),
        ("nightly.yml", "main", 422, "Workflow does not have 'workflow_dispatch' trigger"),
        ("old.yml", "main", 422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"),
    ],
)
def test_an_impossible_dispatch_is_refused(  # noqa: PLR0913, PLR0917  # fixtures, and a row of the table
    file: str,
    ref: str,
    status: int,
    message: str,
    github: LoopbackGitHub,
    client: Client,
    github_document: CheckExchange,
) -> None:
    answer = _dispatch(client, {"ref": ref}, file=file)
    assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert github_document(as_response(answer)) == []
    assert github.started == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ref": 1},
        {"ref": "main", "branch": "main"},
        {"ref": "main", "inputs": {str(number): "" for number in range(26)}},
        ["main"],
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_a_body_that_does_not_conform_to_the_document_is_refused(
    body: object, github: LoopbackGitHub, client: Client, github_document: CheckExchange
) -> None:
    answer = _dispatch(client, body)
    assert answer.status_code == 422
    assert github_document(_request_of(answer)) != []
    assert github.started == []


def test_unknown_inputs_are_refused(client: Client) -> None:
    answer = _dispatch(client, {"ref": "main", "inputs": {"command": "check"}})
    assert (answer.status_code, answer.json()["message"]) == (422, 'Unexpected inputs provided: ["command"]')


def test_a_token_that_can_only_read_cannot_dispatch(github: LoopbackGitHub, client: Client) -> None:
    answer = _dispatch(client, {"ref": "main"}, token=github.new_token("read"))
    assert answer.status_code == 403
    assert answer.headers["x-accepted-github-permissions"] == "actions=write"
    assert github.started == []
