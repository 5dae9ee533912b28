"""Incidents as issues of a repository, by GitHub's REST API."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from cluster_status.adapters.github.issue_text import Marker, body, title
from cluster_status.adapters.github.rest import API_VERSION, MAX_RESPONSE_BYTES
from cluster_status.adapters.github.retry import RetryingHttp, is_rate_limited
from cluster_status.adapters.http import HttpFailure, HttpResponse
from cluster_status.domain.notification.issue import IssueStep, Step
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.secret import Secret
from cluster_status.errors import PENDING, ChannelRefusedError, DeliveryError, Refusal

LABEL = "cluster-incident"
MUTED = "muted"
_ACTIONS = "github-actions[bot]"  # the user of the default token
_PER_PAGE = 50  # a body has up to 64 kB
_CREATED = 201
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE = 401, 403, 404, 410
_LOST = frozenset({301, _NOT_FOUND, _GONE})  # the issue was transferred or deleted

T = TypeVar("T")
_THEN = "The next run tries again."

_WRONG_TOKEN = Refusal(
    "wrong-token",
    "GitHub rejects github-token.",
    f"Use the default github-token, or renew your own token. {_THEN}",
)
_NOT_PERMITTED = Refusal(
    "issues-not-permitted",
    "github-token may not write issues.",
    "Give the job this permission, besides those that it has, and use the default github-token: "
    f"`permissions: {{issues: write}}`. {_THEN}",
)
_DISABLED = Refusal(
    "issues-disabled",
    "Issues are disabled in this repository.",
    "Enable them in the settings of the repository under Features, or remove incident-issues or the channel "
    f"with issues. {_THEN}",
)


class _User(Struct):
    login: str


class _Label(Struct):
    name: str


class _Issue(Struct):
    number: int
    state: str = "open"
    labels: list[_Label] = []
    user: _User | None = None
    body: str | None = None
    pull_request: dict[str, Any] | None = None


class GitHubIssues:
    """Implements ports.Notifier: a message does to an issue what its step says.

    `scope` distinguishes the issues of several branches, histories and channels in one repository.
    """

    refusals: Mapping[str, Refusal] = {one.cause: one for one in (_WRONG_TOKEN, _NOT_PERMITTED, _DISABLED)}

    def __init__(self, http: RetryingHttp, api_url: str, repository: str, token: Secret, scope: str) -> None:
        self._http = http
        self._api_url = api_url
        self._issues = f"/repos/{repository}/issues"
        self._token = token
        self._scope = scope

    def send(self, message: Message) -> MessageRef | None:
        """See ports.Notifier. The result refers to the issue; None if there is none to change."""
        if message.issue is None:
            return None
        number = self._sent(message, message.issue)
        return None if number is None else MessageRef(str(number), "")

    def is_muted(self, number: int) -> bool | None:
        """See ports.IncidentIssues."""
        try:
            response = self._checked(self._request("GET", f"{self._issues}/{number}"), 200)
            issue = _decoded(response, _Issue)
        except DeliveryError:
            return None
        return issue.state == "open" and any(label.name.lower() == MUTED for label in issue.labels)

    def _sent(self, message: Message, step: IssueStep) -> int | None:
        if step.number is not None and self._changed(step.number, step.step, message):
            return step.number
        if step.step is Step.CLOSE:
            if step.number is None:
                self._close_found(message, step)
            return step.number
        return self._open(message, step)

    def _open(self, message: Message, step: IssueStep) -> int:
        """Open an issue, unless one is open: that of a run that could not save its number."""
        marker = Marker.of(step, self._scope)
        for number, found in self._own():
            if found.clusters & marker.clusters:
                is_same = found == marker
                if is_same or self._changed(number, Step.COMMENT, message):
                    return number
        sent = {"title": title(message), "body": f"{body(message)}\n\n{marker}", "labels": [LABEL]}
        response = self._request("POST", self._issues, sent)
        return _decoded(self._checked(response, _CREATED), _Issue).number

    def _close_found(self, message: Message, step: IssueStep) -> None:
        """Close the issues of these clusters; comment on those of further ones, too."""
        clusters = Marker.of(step, self._scope).clusters
        for number, found in self._own():
            if found.clusters & clusters:
                is_over = found.clusters <= clusters
                self._changed(number, Step.CLOSE if is_over else Step.COMMENT, message)

    def _changed(self, number: int, step: Step, message: Message) -> bool:
        """Change an issue; return False if it does not exist any more.

        The comment is last, because it cannot be repeated without a second comment.
        """
        states = {
            Step.CLOSE: {"state": "closed", "state_reason": "completed"},
            Step.REOPEN: {"state": "open", "state_reason": "reopened"},
        }
        issue = f"{self._issues}/{number}"
        if step in states:
            response = self._request("PATCH", issue, states[step])
            if response.status in _LOST:
                return False
            self._checked(response, 200)
        response = self._request("POST", f"{issue}/comments", {"body": body(message)})
        if response.status in _LOST:
            return False
        if not _is_locked(response):  # a conversation that a person has locked gets no comment
            self._checked(response, _CREATED)
        return True

    def _own(self) -> Iterator[tuple[int, Marker]]:
        """Yield the open issues that this token has opened, the newest first; others may imitate them."""
        query = urlencode({"labels": LABEL, "state": "open", "per_page": _PER_PAGE, "page": 1})
        response = self._checked(self._request("GET", f"{self._issues}?{query}"), 200)
        listed = [one for one in _decoded(response, list[_Issue]) if one.pull_request is None]
        identity = self._identity() if listed else ""
        for one in listed:
            marker = Marker.found_in(one.body or "")
            if marker and one.user and one.user.login == identity:
                yield one.number, marker

    def _identity(self) -> str:
        """Return the login of the token; the token of a job may not ask for its own."""
        response = self._request("GET", "/user")
        if response.status == _FORBIDDEN and not is_rate_limited(response):
            return _ACTIONS
        return _decoded(self._checked(response, 200), _User).login

    def _request(self, method: str, path: str, sent: Mapping[str, object] | None = None) -> HttpResponse:
        headers = {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
        }
        request = self._http.request_once if method == "POST" else self._http.request
        try:
            return request(
                method,
                f"{self._api_url}{path}",
                headers=headers,
                json=sent,
                limit_bytes=MAX_RESPONSE_BYTES,
            )
        except HttpFailure as failure:
            text = f"GitHub cannot be reached: {failure}."
            raise DeliveryError(text, cause=str(failure), remedy=PENDING) from None

    def _checked(self, response: HttpResponse, expected: int) -> HttpResponse:
        if response.status == expected:
            return response
        status = response.describe("message")
        if is_rate_limited(response):
            text = f"GitHub's rate limit is reached ({status})."
            raise DeliveryError(text, cause="rate-limit", remedy=PENDING)
        refusal = {
            _UNAUTHORIZED: _WRONG_TOKEN,
            _FORBIDDEN: _NOT_PERMITTED,
            _NOT_FOUND: _NOT_PERMITTED,  # the token cannot see the repository
            _GONE: _DISABLED,
        }.get(response.status)
        if refusal:
            raise ChannelRefusedError(refusal)
        raise DeliveryError(
            f"GitHub did not accept the issue ({status}).", cause=f"http {response.status}", remedy=PENDING
        )


def _is_locked(response: HttpResponse) -> bool:
    return response.status == _FORBIDDEN and "locked" in response.describe("message")


def _decoded(response: HttpResponse, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = "Could not parse GitHub's response about an issue."
        raise DeliveryError(text, cause="unparsable", remedy=PENDING) from None
