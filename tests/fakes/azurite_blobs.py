"""The blob storage of the loopback GitHub in Azurite, instead of in a fake."""

from datetime import timedelta

import requests

from tests.fakes.github_actions import Artifact, Reservation, disposition
from tests.fakes.github_blobs import DOWNLOAD_LIFETIME, UPLOAD_LIFETIME
from tests.fakes.loopback import HttpResponse, Request
from tests.servers.azurite import Azurite

_NOT_FOUND = 404


class AzuriteBlobs:
    """Implements github_blobs.Storage."""

    def __init__(self, azurite: Azurite) -> None:
        self._azurite = azurite

    def upload_url(self, reservation: Reservation) -> str:
        return self._azurite.signed_url(reservation.blob, "cw", UPLOAD_LIFETIME)

    def download_url(self, artifact: Artifact) -> str:
        shown = {"rscd": disposition(artifact), "rsct": artifact.mime_type}
        return self._azurite.signed_url(artifact.blob, "r", DOWNLOAD_LIFETIME, shown)

    def content(self, reservation: Reservation) -> bytes | None:
        url = self._azurite.signed_url(reservation.blob, "r", timedelta(minutes=1))
        response = requests.get(url, timeout=10)
        if response.status_code == _NOT_FOUND:
            return None
        response.raise_for_status()
        return response.content

    def answer(self, request: Request) -> HttpResponse:
        raise RuntimeError(f"{request.method} {request.path}: the signed URLs are those of Azurite")
