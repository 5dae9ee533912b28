"""The issues of one repository at GitHub.

Written from the OpenAPI document, which the responses are checked against, and from github/docs. Where
GitHub's behaviour is not known, it behaves as is worst for a client: a locked issue takes no comment from any
token.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tests.fakes.github_actions import Actions, Permission, rfc3339
from tests.fakes.github_references import in_plain_text, references
from tests.fakes.github_runs import user_object

BOT, PERSON = "github-actions[bot]", "octocat"
TITLE_LIMIT, BODY_LIMIT = 256, 65_536
NEW = {"title", "body", "labels"}  # fields that the action uses
CHANGES = {"state", "state_reason"}
REASONS = {"open": ("reopened",), "closed": ("completed", "not_planned", "duplicate")}
QUERY = {"labels", "state", "per_page", "page"}

Json = dict[str, Any]


class Refused(Exception):  # noqa: N818  # it is a response
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(eq=False)
class Issue:
    number: int
    author: str
    title: str
    body: str
    labels: list[str]
    created_at: datetime
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    comments: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)  # of the state
    locked: bool = False
    is_pull_request: bool = False
    gone: Literal[301, 404, 410] | None = None  # transferred or deleted

    @property
    def references(self) -> list[str]:
        """What GitHub finds in it: mentions, references and links."""
        texts = (self.body, *self.comments)
        return [*in_plain_text(self.title), *(found for text in texts for found in references(text))]


class Issues:
    """Not thread-safe: the caller holds a lock. `permission` is that of all tokens for `issues`."""

    def __init__(self, actions: Actions) -> None:
        self.enabled = True
        self.permission: Permission = "write"
        self.all: list[Issue] = []
        self._actions = actions

    @property
    def only(self) -> Issue:
        [only] = self.all
        return only

    def plant(self, title: str, body: str, *, author: str = PERSON, labels: tuple[str, ...] = ()) -> Issue:
        issue = Issue(len(self.all) + 1, author, title, body, list(labels), self._actions.clock())
        self.all.append(issue)
        return issue

    def answer(self, operation: str, number: str, query: Json, body: bytes, token: str) -> tuple[int, object]:
        """Return the status and the body of a response, or raise Refused."""
        is_read = operation in {"list-issues", "get-issue"}
        if self.permission not in (("read", "write") if is_read else ("write",)):
            raise Refused(403, "Resource not accessible by integration")
        if not self.enabled:
            raise Refused(410, "Issues are disabled for this repo")
        author = BOT if token.startswith("ghs_") else PERSON
        if operation == "list-issues":
            return 200, [self._object(each) for each in self._listed(query)]
        allowed = {"open-issue": NEW, "change-issue": CHANGES, "comment": {"body"}}
        given = {} if is_read else _fields(body, allowed[operation])
        if operation == "open-issue":
            return 201, self._object(self._open(given, author))
        issue = next((each for each in self.all if str(each.number) == number), None)
        if issue is None or issue.gone:
            raise Refused(issue.gone if issue and issue.gone else 404, "Gone" if issue else "Not Found")
        if is_read:
            return 200, self._object(issue)
        if operation == "change-issue":
            self._change(issue, given)
            return 200, self._object(issue)
        return 201, self._comment(issue, given, author)

    def _listed(self, query: Json) -> list[Issue]:
        if not set(query) <= QUERY or query.get("state", "open") not in ("open", "closed", "all"):
            raise Refused(422, "Validation Failed")
        wanted = {label.lower() for label in query.get("labels", "").split(",") if label}
        state = query.get("state", "open")
        found = [
            each
            for each in reversed(self.all)
            if not each.gone
            and state in ("all", each.state)
            and wanted <= {label.lower() for label in each.labels}
        ]
        size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
        return found[(page - 1) * size : page * size]

    def _open(self, given: Json, author: str) -> Issue:
        title, body, labels = given.get("title"), given.get("body", ""), given.get("labels", [])
        if not isinstance(title, str) or not title.strip() or len(title) > TITLE_LIMIT:
            raise Refused(422, "Validation Failed")
        _require_body(body)
        return self.plant(title, body, author=author, labels=tuple(labels))

    def _change(self, issue: Issue, given: Json) -> None:
        state, reason = given.get("state", issue.state), given.get("state_reason")
        if state not in REASONS or (reason is not None and reason not in REASONS[state]):
            raise Refused(422, "Validation Failed")
        if state != issue.state:
            issue.state, issue.state_reason = state, reason
            issue.closed_at = self._actions.clock() if state == "closed" else None
            issue.changes.append(state)

    def _comment(self, issue: Issue, given: Json, author: str) -> Json:
        _require_body(given.get("body"))
        if not str(given["body"]).strip():
            raise Refused(422, "Validation Failed")
        if issue.locked:
            raise Refused(403, "Unable to create comment because issue is locked.")
        issue.comments.append(given["body"])
        number, now = len(issue.comments), rfc3339(self._actions.clock())
        url = f"{self._home}/issues/comments/{number}"
        return {
            "id": number,
            "node_id": f"IC_{number}",
            "html_url": f"https://github.com/{self._actions.repository}/issues/{issue.number}#issuecomment-{number}",
            "issue_url": f"{self._home}/issues/{issue.number}",
            "url": url,
            "body": given["body"],
            "user": user_object(self._actions, author),
            "created_at": now,
            "updated_at": now,
            "author_association": "NONE",
        }

    @property
    def _home(self) -> str:
        return f"{self._actions.addresses['api']}/repos/{self._actions.repository}"

    def _object(self, issue: Issue) -> Json:
        url = f"{self._home}/issues/{issue.number}"
        page = f"https://github.com/{self._actions.repository}"
        pull = f"{self._home}/pulls/{issue.number}"
        is_pull = {"pull_request": dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), pull)}
        return {
            "id": 4_000_000_000 + issue.number,
            "node_id": f"I_{issue.number}",
            "url": url,
            "repository_url": self._home,
            **{f"{name}_url": f"{url}/{name}" for name in ("comments", "events")},
            "labels_url": f"{url}/labels{{/name}}",
            "html_url": f"{page}/issues/{issue.number}",
            "number": issue.number,
            "state": issue.state,
            "state_reason": issue.state_reason,
            "title": issue.title,
            "body": issue.body,
            "user": user_object(self._actions, issue.author),
            "labels": [{"name": label, "color": "ededed", "default": False} for label in issue.labels],
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "locked": issue.locked,
            "comments": len(issue.comments),
            "closed_at": rfc3339(issue.closed_at) if issue.closed_at else None,
            "created_at": rfc3339(issue.created_at),
            "updated_at": rfc3339(issue.created_at),
            "author_association": "NONE",
            **(is_pull if issue.is_pull_request else {}),
        }


def _fields(body: bytes, known: set[str]) -> Json:
    try:
        given = json.loads(body)
    except ValueError:
        raise Refused(400, "Problems parsing JSON") from None
    if not isinstance(given, dict) or not set(given) <= known:
        raise Refused(422, "Invalid request.")
    return given


def _require_body(body: object) -> None:
    if not isinstance(body, str) or len(body) > BODY_LIMIT:
        raise Refused(422, "Validation Failed")
