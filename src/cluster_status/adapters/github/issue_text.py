"""Titles and bodies of issues: nothing in them mentions, references or closes anything at GitHub.

GitHub finds mentions and references after it has rendered the Markdown, so that a backslash does not
prevent them. A zero-width space does. In code, GitHub finds none.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.issue import IssueStep
from cluster_status.domain.notification.message import Message
from cluster_status.domain.slurm.reason_group import grouped
from cluster_status.render import queue, reasons
from cluster_status.render.phrases import instant
from cluster_status.render.table import ordered, table
from cluster_status.render.text import REMEDY, SIGNS, value

TITLE_LIMIT = 256
_TEXT_LIMIT = 300
_TABLE_LIMIT, _TABLE_WIDTH = 10_000, 80
_CHANGES, _CHANGE_LIMIT = 50, 120  # clusters in a message about several, and each of its two texts
_FACTS = 20
_REASONS = 5
_BREAK = "\u200b"
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&$]|^[-+])")
_LINK = r"https?://[\w.:-]+/[\w./-]+"  # of a run
# a user or team, an issue by number, a URL, a commit; with its number broken, a keyword closes nothing
_ACTIVE = re.compile(r"[@#]|gh(?=-)|:(?=//)|www(?=\.)|\b[0-9a-f]{7,}\b", re.IGNORECASE)
_COMMIT_DIGITS = 6  # GitHub finds commits by at least seven
_MARKER = "<!-- cluster-status-action: clusters {}; notifications {} -->"
_DIGEST = r"[0-9a-f]{12}"
_FOUND = re.compile(_MARKER.format(rf"({_DIGEST}(?: {_DIGEST})*)", f"({_DIGEST})"))


class Marker(Struct, frozen=True):
    """The end of the body of an issue: digests of its clusters, and of the notifications that opened it."""

    clusters: frozenset[str]
    notifications: str

    def __str__(self) -> str:
        return _MARKER.format(" ".join(sorted(self.clusters)), self.notifications)

    @staticmethod
    def of(step: IssueStep, scope: str) -> "Marker":
        """Return the marker of a new issue; for `scope` see GitHubIssues."""
        return Marker(
            frozenset(_digest(f"{scope}\0{key}") for key in step.clusters),
            _digest("\0".join(sorted(step.notifications))),
        )

    @staticmethod
    def found_in(body: str) -> "Marker | None":
        """Return the last marker of a body."""
        found = list(_FOUND.finditer(body))
        return Marker(frozenset(found[-1][1].split()), found[-1][2]) if found else None


def title(message: Message) -> str:
    return inert(_one_line(message.headline, TITLE_LIMIT // 2))


def body(message: Message) -> str:
    """Return the content of an issue or a comment as Markdown."""
    return "\n\n".join(filter(None, _parts(message)))


def inert(text: str) -> str:
    """Return a text in which GitHub finds no mention, reference or link."""
    return _ACTIVE.sub(lambda found: _broken(found[0]), text)


def _broken(text: str) -> str:
    parts = (text[begin : begin + _COMMIT_DIGITS] for begin in range(0, len(text), _COMMIT_DIGITS))
    return "".join(f"{part}{_BREAK}" for part in parts)


def _parts(message: Message) -> Iterator[str]:
    yield f"{SIGNS[message.status]} **{_escaped(message.headline)}**"
    yield _escaped(message.sentence)
    yield "\n".join(_changes(message))
    yield "\n".join(_facts(message))
    yield f"**{REMEDY}:** {_escaped(message.remedy)}" if message.remedy else ""
    if message.partitions:
        partitions = ordered(message.partitions, first=message.lost, last=message.usual)
        listed = table(partitions, message.gpus, width=_TABLE_WIDTH, limit=_TABLE_LIMIT)
        yield "```text\n{}\n```".format(listed.replace("`", "'"))
    if waiting := queue.line(message.pending, message.at):
        yield f"**{queue.HEADING}:** {_escaped(waiting)}"
    yield "\n".join(_reasons(message))
    if message.quotation:
        yield f"“{_escaped(message.quotation.text)}” — {_escaped(message.quotation.source)}"
    links = (("Status page", message.page), ("Run", message.url))
    yield " · ".join(f"[{name}]({url})" for name, url in links if re.fullmatch(_LINK, url, re.ASCII))


def _changes(message: Message) -> Iterator[str]:
    for one in message.changes[:_CHANGES]:
        sentence = f": {_escaped(one.sentence, _CHANGE_LIMIT)}" if one.sentence else ""
        yield f"- {SIGNS[one.status]} {_escaped(one.headline, _CHANGE_LIMIT)}{sentence}"
    if len(message.changes) > _CHANGES:
        yield f"- … {len(message.changes) - _CHANGES} more"


def _facts(message: Message) -> Iterable[str]:
    lasted = message.issue.lasted if message.issue else None
    facts = [Fact("Duration of the incident", lasted)] if lasted is not None else []
    yield f"- **Time:** {instant(message.at)}"
    for fact in (*facts, *message.facts)[:_FACTS]:
        yield f"- **{_escaped(fact.label)}:** {_escaped(value(fact))}"


def _reasons(message: Message) -> Iterator[str]:
    groups = grouped(message.drain_reasons, first=message.lost)
    if groups:
        yield f"**{reasons.HEADING}**"
    for group in groups[:_REASONS]:
        yield f"- {_escaped(reasons.which(group))}: {_escaped(reasons.why(group))}"
    if len(groups) > _REASONS:
        yield f"- … {len(groups) - _REASONS} more"


def _escaped(text: str, limit: int = _TEXT_LIMIT) -> str:
    return _MARKDOWN.sub(r"\\\1", inert(_one_line(text, limit)))


def _one_line(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
