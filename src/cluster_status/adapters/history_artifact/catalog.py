"""Artifacts of earlier runs, by GitHub's REST API."""

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from cluster_status.adapters.http import HttpFailure, HttpResponse
from cluster_status.adapters.retry import RetryingHttp, is_limited
from cluster_status.domain.actions.artifact import Artifact, is_in_order
from cluster_status.domain.history.codec import MAX_BYTES
from cluster_status.domain.secret import Secret
from cluster_status.errors import HistoryOutOfReachError, UnreadableHistoryError

_PER_PAGE = 100
_PAGES = 10  # a thousand artifacts: beyond them nothing is looked for, lest the hourly limit be used up
_LIST_LIMIT = 5_000_000  # bytes
_ARTIFACT_LIMIT = 2 * MAX_BYTES
_FOUND = 302
_GONE = frozenset({404, 410})
_LATER = "Nothing was announced and nothing overwritten; the next run tries again."
_PERMISSION = (
    "Give the job this permission, and leave github-token at its default: `permissions: {actions: read}`. "
    "Nothing was announced and nothing overwritten."
)


class Origin(Struct, frozen=True):
    """Where artifacts are looked for; the token reads them."""

    api_url: str
    repository: str  # owner/name
    branch: str
    token: Secret


class _Page(Struct, frozen=True):
    total_count: int
    artifacts: list[Artifact]


class Catalog:
    def __init__(self, http: RetryingHttp, origin: Origin) -> None:
        self.totals: dict[str, int] = {}  # artifacts by name, usable or not, as far as they were asked for
        self._http = http
        self._origin = origin
        self._artifacts = f"{origin.api_url}/repos/{origin.repository}/actions/artifacts"

    def newest(self, names: Sequence[str], *, pages: int = _PAGES) -> Iterator[Artifact]:
        """Yield the artifacts of these names that may be used, newest first.

        Used are those that have not expired, of this branch, and not from a fork: a pull request of a
        stranger can upload what it likes.
        """
        return heapq.merge(*(self._newest(name, pages) for name in names), key=lambda one: -one.id)

    def download(self, artifact: Artifact) -> bytes | None:
        """Return what was uploaded; None if it is not there any more."""
        if artifact.size_in_bytes > _ARTIFACT_LIMIT:
            raise UnreadableHistoryError(f"It is larger than {_ARTIFACT_LIMIT} bytes.")
        answer = self._get(f"{self._artifacts}/{artifact.id}/zip")
        if answer.status in _GONE:
            return None
        if answer.status != _FOUND:
            raise _refused(answer)
        # another host: it must not see the token, and refuses requests that bear one
        answer = self._ask(answer.headers.get("Location", ""), headers={}, limit_bytes=_ARTIFACT_LIMIT)
        if answer.status in _GONE:
            return None
        if not answer.ok:
            raise HistoryOutOfReachError(
                f"The history's artifact cannot be downloaded (http {answer.status}).", remedy=_LATER
            )
        if artifact.digest not in {None, f"sha256:{hashlib.sha256(answer.body).hexdigest()}"}:
            raise HistoryOutOfReachError(
                "The history's artifact does not arrive as it was uploaded.", remedy=_LATER
            )
        return answer.body

    def _newest(self, name: str, pages: int) -> Iterator[Artifact]:
        """GitHub lists the newest first, but promises nothing: a page out of order waits for one in order."""
        waiting: list[Artifact] = []
        for number in range(1, pages + 1):
            page = self._page(name, number)
            is_last = number * _PER_PAGE >= self.totals[name] or not page
            waiting = sorted([*waiting, *filter(self._is_usable, page)], key=lambda one: -one.id)
            if is_last or number == pages or is_in_order(page):
                yield from waiting
                waiting = []
            if is_last:
                return

    def _page(self, name: str, number: int) -> list[Artifact]:
        query = urlencode({"name": name, "per_page": _PER_PAGE, "page": number})
        answer = self._get(f"{self._artifacts}?{query}")
        if not answer.ok:
            raise _refused(answer)
        try:
            page = msgspec.json.decode(answer.body, type=_Page)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise HistoryOutOfReachError(
                "GitHub's list of artifacts cannot be read.", remedy=_LATER
            ) from None
        self.totals[name] = page.total_count
        return page.artifacts

    def _is_usable(self, artifact: Artifact) -> bool:
        return artifact.is_usable and artifact.run.head_branch == self._origin.branch

    def _get(self, url: str) -> HttpResponse:
        headers = {
            "Authorization": f"Bearer {self._origin.token.reveal()}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return self._ask(url, headers=headers, limit_bytes=_LIST_LIMIT)

    def _ask(self, url: str, *, headers: dict[str, str], limit_bytes: int) -> HttpResponse:
        try:
            return self._http.request("GET", url, headers=headers, limit_bytes=limit_bytes)
        except HttpFailure as failure:
            raise HistoryOutOfReachError(f"GitHub was not reached: {failure}.", remedy=_LATER) from None


def _refused(answer: HttpResponse) -> HistoryOutOfReachError:
    said = answer.said("message")
    if answer.status in {401, 403, 404} and not is_limited(answer):
        return HistoryOutOfReachError(f"GitHub does not show the artifacts ({said}).", remedy=_PERMISSION)
    return HistoryOutOfReachError(f"GitHub does not answer as it should ({said}).", remedy=_LATER)
