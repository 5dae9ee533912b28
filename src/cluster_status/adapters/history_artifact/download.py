"""Downloads artifacts."""

import hashlib

from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import HttpFailure
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.errors import GitHubUnreachableError, UnreadableHistoryError

_MAX_ARTIFACT_BYTES = 10_000_000  # a year of 200 clusters takes a quarter of it, packed
_FOUND = 302
_GONE = frozenset({404, 410})


class Downloader:
    """Raises GitHubError, and UnreadableHistoryError for an artifact that is too large."""

    def __init__(self, rest: Rest, http: RetryingHttp) -> None:
        self._rest = rest
        self._http = http

    def download(self, artifact: Artifact) -> bytes | None:
        """Return the uploaded bytes; None if the artifact does not exist any more."""
        if artifact.size_in_bytes > _MAX_ARTIFACT_BYTES:
            raise UnreadableHistoryError(f"The artifact is larger than {_MAX_ARTIFACT_BYTES} bytes.")
        response = self._rest.send("GET", f"artifacts/{artifact.id}/zip")
        if response.status in _GONE:
            return None
        if response.status != _FOUND:
            raise self._rest.error(response)
        return self._fetch(response.headers.get("location", ""), artifact.digest)

    def _fetch(self, url: str, digest: str | None) -> bytes | None:
        """Download from the blob storage, which must not get the token and refuses requests that carry it."""
        try:
            response = self._http.request("GET", url, limit_bytes=_MAX_ARTIFACT_BYTES)
        except HttpFailure as failure:
            raise GitHubUnreachableError(f"Could not download the history artifact: {failure}.") from None
        if response.status in _GONE:
            return None
        if not response.ok:
            raise GitHubUnreachableError(f"Could not download the history artifact (HTTP {response.status}).")
        if digest not in {None, f"sha256:{hashlib.sha256(response.body).hexdigest()}"}:
            raise GitHubUnreachableError("Checksum mismatch in the downloaded history artifact.")
        return response.body
