"""A transport to the loopback GitHub without sockets and without PyGithub: thousands of requests a second."""

import json
from collections import Counter
from collections.abc import Mapping
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cluster_status.adapters.http import HttpFailure, HttpResponse
from tests.fakes import loopback
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_api import operation
from tests.fakes.loopback import Request


class Wire:
    """Implements rest.Transport; `statuses` counts responses by operation and status."""

    def __init__(self, github: LoopbackGitHub, token: str) -> None:
        self._github = github
        self._headers = Message()
        self._headers["User-Agent"] = "wire"
        self._headers["Authorization"] = f"Bearer {token}"
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.killed_after: int | None = None  # requests: the next one raises KeyboardInterrupt

    def refuse_token(self) -> None:
        """Send an invalid token from now on."""
        self._headers.replace_header("Authorization", "Bearer ghs_wrong")

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        if self.killed_after is not None and self.statuses.total() >= self.killed_after:
            raise KeyboardInterrupt
        texts = {name: str(value) for name, value in query.items()}
        request = Request("api", method, path, texts, self._headers, b"")
        response = self._github.receive(request)
        if not isinstance(response, loopback.HttpResponse):
            raise HttpFailure("the connection failed")
        self.statuses[operation(request) or "", response.status] += 1
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status, headers, response.body)

    def count(self, name: str, status: int | None = None) -> int:
        """Return the number of responses for an operation, with this status if one is given."""
        return sum(
            count for (each, got), count in self.statuses.items() if each == name and status in (None, got)
        )


class HttpWire:
    """Implements Http.request with a loopback GitHub without sockets."""

    def __init__(self, github: LoopbackGitHub) -> None:
        self._github = github

    def request(self, method: str, url: str, **options: Any) -> HttpResponse:
        headers = Message()
        for name, value in {"User-Agent": "wire", **options.get("headers", {})}.items():
            headers[name] = value
        body = b"" if options.get("json") is None else json.dumps(options["json"]).encode()
        split = urlsplit(url)
        request = Request("api", method, split.path, dict(parse_qsl(split.query)), headers, body)
        response = self._github.receive(request)
        if not isinstance(response, loopback.HttpResponse):
            raise HttpFailure("the connection failed")
        lower = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status, lower, response.body)
