"""What act's artifact server stored, listed by the REST API of the loopback GitHub: act itself has none."""

import json
from pathlib import Path

import requests

from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_actions import Artifact, Reservation, Run
from tests.fakes.github_results import SERVICE
from tests.fakes.loopback import HttpResponse, Request


class ActStorage:
    """Implements github_blobs.Storage for downloads. The server runs only while act runs a workflow.

    It keeps an artifact in `directory`, in the folders of its run and of its name.
    """

    def __init__(self, directory: Path, url: str) -> None:
        self._directory = directory
        self._url = url

    def publish(self, github: LoopbackGitHub, run: Run) -> None:
        """Add the artifacts of the run to those that GitHub lists."""
        for file in sorted(self._directory.glob(f"{run.id}/*/*.zip"), key=lambda file: file.stat().st_mtime):
            github.plant(file.stem, file.read_bytes(), run=run)

    def download_url(self, artifact: Artifact) -> str:
        ids = {
            "workflow_run_backend_id": str(artifact.run.id),
            "workflow_job_run_backend_id": str(artifact.run.id),
        }
        body = json.dumps({**ids, "name": artifact.name})
        response = requests.post(f"{self._url}{SERVICE}GetSignedArtifactURL", body, timeout=10)
        response.raise_for_status()
        signed: str = response.json()["signedUrl"]
        return signed

    def upload_url(self, reservation: Reservation) -> str:
        raise NotImplementedError(reservation.name)

    def content(self, reservation: Reservation) -> bytes | None:
        raise NotImplementedError(reservation.name)

    def answer(self, request: Request) -> HttpResponse:
        raise NotImplementedError(f"{request.method} {request.path}")
