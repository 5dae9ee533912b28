"""Finds and downloads the history artifacts of earlier runs."""

import hashlib
import heapq
from collections.abc import Iterator, Sequence

from cluster_status.adapters.github.artifacts import artifact_page
from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import HttpFailure
from cluster_status.domain.actions.artifact import Artifact, is_newest_first
from cluster_status.errors import GitHubUnreachableError, UnreadableHistoryError

_MAX_PAGES = 10  # a thousand artifacts: more requests would use up the hourly limit
_MAX_ARTIFACT_BYTES = 10_000_000  # a year of 200 clusters takes a quarter of it, packed
_FOUND = 302
_GONE = frozenset({404, 410})


class Catalog:
    """The artifacts of one branch. All methods raise GitHubError."""

    def __init__(self, rest: Rest, http: RetryingHttp, branch: str) -> None:
        self.totals: dict[str, int] = {}  # number of artifacts by name, usable or not
        self._rest = rest
        self._http = http
        self._branch = branch

    def newest(self, names: Sequence[str], *, max_pages: int = _MAX_PAGES) -> Iterator[Artifact]:
        """Yield the usable artifacts of this branch with one of these names, the newest first."""
        return heapq.merge(*(self._newest(name, max_pages) for name in names), key=lambda one: -one.id)

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

    def _newest(self, name: str, max_pages: int) -> Iterator[Artifact]:
        """Yield the artifacts with one name. Unsorted pages are collected until a sorted or the last one."""
        held: list[Artifact] = []
        for number in range(1, max_pages + 1):
            page = artifact_page(self._rest, number, name=name)
            self.totals[name] = page.total
            held = sorted([*held, *filter(self._is_usable, page.artifacts)], key=lambda one: -one.id)
            if page.is_last or number == max_pages or is_newest_first(page.artifacts):
                yield from held
                held = []
            if page.is_last:
                return

    def _is_usable(self, artifact: Artifact) -> bool:
        return artifact.is_usable and artifact.run.head_branch == self._branch
