"""Single requests to the three servers of the loopback GitHub, without retries and redirects."""

import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.fakes.github import LoopbackGitHub, Run

ACTIONS = "/repos/octo-org/cluster/actions"
ARTIFACTS = f"{ACTIONS}/artifacts"
SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService/"

Json = dict[str, Any]


class Client(requests.Session):
    """Sends requests as one workflow run."""

    def __init__(self, github: LoopbackGitHub, run: Run) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = "contract-tests"
        self.github = github
        self.run = run
        self.timeout_seconds = 10.0

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **{"timeout": self.timeout_seconds, "allow_redirects": False} | options)

    def api(self, path: str = ARTIFACTS, *, method: str = "GET", **query: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.run.github_token}"}
        return self.request(method, self.github.api_url + path, params=query, headers=headers)

    def call(self, method: str, **body: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.run.runtime_token}"}
        return self.post(self.github.results_url + SERVICE + method, json=self.ids | body, headers=headers)

    @property
    def ids(self) -> Json:
        return {
            "workflow_run_backend_id": self.run.backend_id,
            "workflow_job_run_backend_id": self.run.job_backend_id,
        }

    def create(self, name: str = "history") -> str:
        answer = self.call("CreateArtifact", name=name, version=7, mime_type="application/zip")
        assert answer.status_code == 200, answer.text
        url: str = answer.json()["signed_upload_url"]
        return url

    def put_blob(self, url: str, content: bytes, **headers: str) -> requests.Response:
        return self.put(url, data=content, headers={"x-ms-blob-type": "BlockBlob"} | headers)

    def finalize(self, content: bytes, name: str = "history", **other: object) -> requests.Response:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        body = {"name": name, "size": str(len(content)), "hash": digest}
        return self.call("FinalizeArtifact", **body | other)

    def upload(self, content: bytes, name: str = "history") -> int:
        assert self.put_blob(self.create(name), content).status_code == 201
        answer = self.finalize(content, name)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["artifact_id"])

    def download_url(self, artifact_id: int) -> str:
        answer = self.api(f"{ARTIFACTS}/{artifact_id}/zip")
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


def as_request(answer: requests.Response) -> Json:
    """Return the request in the form that the check against the OpenAPI document takes."""
    assert answer.request.url is not None
    split = urlsplit(answer.request.url)
    return {"method": answer.request.method, "path": split.path, "query": dict(parse_qsl(split.query))}


def as_response(answer: requests.Response) -> Json:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return as_request(answer) | {"status": answer.status_code, "headers": headers, "body": answer.text}


def names(answer: requests.Response) -> list[str]:
    return [each["name"] for each in answer.json()["artifacts"]]


def twirp_error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def azure_error(answer: requests.Response) -> tuple[int, str]:
    code = answer.headers["x-ms-error-code"]
    assert f"<Code>{code}</Code>" in answer.text
    return answer.status_code, code
