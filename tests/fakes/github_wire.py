"""The way to a loopback GitHub without sockets, and without PyGithub: thousands of requests in a second."""

from collections import Counter
from collections.abc import Mapping
from email.message import Message

from cluster_status.adapters.http import HttpFailure, HttpResponse
from tests.fakes import loopback
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_api import operation
from tests.fakes.loopback import Request


class Wire:
    """Sends what `adapters.github_runs.api.Api` sends; `statuses` counts what came of each operation."""

    def __init__(self, github: LoopbackGitHub, token: str) -> None:
        self._github = github
        self._headers = Message()
        self._headers["User-Agent"] = "wire"
        self._headers["Authorization"] = f"Bearer {token}"
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.broken_after: int | None = None  # requests; then whoever sends them is killed

    def refuse_token(self) -> None:
        """Send a token from now on that is none."""
        self._headers.replace_header("Authorization", "Bearer ghs_wrong")

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        if self.broken_after is not None and self.statuses.total() >= self.broken_after:
            raise KeyboardInterrupt
        texts = {name: str(value) for name, value in query.items()}
        request = Request("api", method, path, texts, self._headers, b"")
        answer = self._github.receive(request)
        if not isinstance(answer, loopback.HttpResponse):
            raise HttpFailure("the connection failed")
        self.statuses[operation(request) or "", answer.status] += 1
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(answer.status, headers, answer.body)

    def count(self, name: str, status: int | None = None) -> int:
        """Return how many requests for an operation there were, with this outcome if one is given."""
        return sum(
            count
            for (each, outcome), count in self.statuses.items()
            if each == name and status in (None, outcome)
        )
