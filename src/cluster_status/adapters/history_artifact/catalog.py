"""Artifacts of earlier runs, by GitHub's REST API."""

from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from cluster_status.adapters.http import Answer, HttpFailure
from cluster_status.adapters.retry import RetryingHttp
from cluster_status.domain.document import MAX_BYTES
from cluster_status.domain.secret import Secret
from cluster_status.errors import HistoryError

_PER_PAGE = 100
_LIST_LIMIT = 5_000_000  # bytes
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


class Listed(Struct, frozen=True):
    """An artifact as the API lists it; usable: not expired, of this branch, not from a fork."""

    id: int
    usable: bool


class Catalog:
    def __init__(self, http: RetryingHttp, origin: Origin) -> None:
        self.total = 0  # artifacts of the name last asked for, usable or not
        self._http = http
        self._origin = origin
        self._artifacts = f"{origin.api_url}/repos/{origin.repository}/actions/artifacts"

    def newest(self, name: str) -> Iterator[Listed]:
        """Yield the artifacts of a name that may be used, newest first.

        Used are those that have not expired, of this branch, and not from a fork: a pull request of a
        stranger can upload what it likes. GitHub lists the newest first, but does not promise it: a list in
        another order is read to its end.
        """
        listed = self._page(name, 1)
        pages = range(2, -(-self.total // _PER_PAGE) + 1)
        if not _is_newest_first(listed):
            listed += [one for number in pages for one in self._page(name, number)]
            listed.sort(key=lambda one: one.id, reverse=True)
            pages = range(0)
        for batch in chain([listed], (self._page(name, number) for number in pages)):
            yield from (one for one in batch if one.usable)

    def download(self, artifact: Listed) -> bytes | None:
        """Return what was uploaded; None if it is not there any more."""
        answer = self._get(f"{self._artifacts}/{artifact.id}/zip")
        if answer.status in _GONE:
            return None
        if answer.status != _FOUND:
            raise _refused(answer)
        # another host: it must not see the token, and refuses requests that bear one
        answer = self._ask(answer.headers.get("Location", ""), headers={}, limit_bytes=2 * MAX_BYTES)
        if answer.status in _GONE:
            return None
        if not answer.ok:
            raise HistoryError(
                f"The history's artifact cannot be downloaded (http {answer.status}).", remedy=_LATER
            )
        return answer.body

    def _page(self, name: str, number: int) -> list[Listed]:
        query = urlencode({"name": name, "per_page": _PER_PAGE, "page": number})
        answer = self._get(f"{self._artifacts}?{query}")
        if not answer.ok:
            raise _refused(answer)
        body = answer.json()
        try:
            self.total = int(body["total_count"])
            return [self._listed(item) for item in body["artifacts"]]
        except (KeyError, TypeError, ValueError):
            raise HistoryError("GitHub's list of artifacts cannot be read.", remedy=_LATER) from None

    def _listed(self, item: dict[str, Any]) -> Listed:
        run = item.get("workflow_run") or {}
        ours = run.get("head_branch") == self._origin.branch
        own = run.get("head_repository_id") == run.get("repository_id")
        return Listed(int(item["id"]), usable=ours and own and not item["expired"])

    def _get(self, url: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._origin.token.reveal()}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return self._ask(url, headers=headers, limit_bytes=_LIST_LIMIT)

    def _ask(self, url: str, *, headers: dict[str, str], limit_bytes: int) -> Answer:
        try:
            return self._http.request("GET", url, headers=headers, limit_bytes=limit_bytes)
        except HttpFailure as failure:
            raise HistoryError(f"GitHub was not reached: {failure}.", remedy=_LATER) from None


def _is_newest_first(listed: list[Listed]) -> bool:
    return all(one.id > other.id for one, other in pairwise(listed))


def _refused(answer: Answer) -> HistoryError:
    said = answer.said("message")
    limited = answer.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in answer.headers
    if answer.status in {401, 403, 404} and not limited:
        return HistoryError(f"GitHub does not show the artifacts ({said}).", remedy=_PERMISSION)
    return HistoryError(f"GitHub does not answer as it should ({said}).", remedy=_LATER)
