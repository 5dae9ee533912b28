"""Renders messages as text: exactly for a review, and as Discord shows them for docs/messages.md."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import Any

from cluster_status.render.phrases import duration
from tools.docs.several import several
from tools.docs.situations import NOW, SITUATIONS, SIZES, cards

_WIDTH = 100
_HEAD = """\
# Messages

These are the messages in typical situations, for a cluster with 3 and with 200 partitions. They use
`details: full` and `show-nodes: true`. Push notifications show the first line. In Discord, the rest is in a
box whose edge has the colour of the status. Its title links to the run, labels are bold, and times are in
your time zone and language. The time of the event is below the message. [Courses](courses.md) shows which
messages follow each other. `scripts/generate` writes this file.
"""


def document() -> str:
    return "\n".join(_document()).rstrip() + "\n"


def reviewed(folder: Path) -> dict[Path, str]:
    """Return the exact text of each card, one file per card."""
    return {folder / f"{situation.slug}-{size}.txt": _exactly(body) for situation, size, body in cards()}


def _document() -> Iterator[str]:
    yield _HEAD
    shown = {(situation.slug, size): as_shown(body) for situation, size, body in cards()}
    for situation in SITUATIONS:
        yield f"## {situation.title}\n"
        small, large = (shown[situation.slug, size] for size in SIZES)
        yield f"```text\n{_wrapped(small)}\n```\n"
        if large != small:
            yield f"<details><summary>With {SIZES[1]} partitions</summary>\n"
            yield f"```text\n{_wrapped(large)}\n```\n\n</details>\n"
    for title, body in several():
        yield f"## {title}\n"
        yield f"```text\n{_wrapped(as_shown(body))}\n```\n"


def _wrapped(text: str) -> str:
    return "\n".join(fill(line, _WIDTH) if len(line) > _WIDTH else line for line in text.splitlines())


def _exactly(body: dict[str, Any]) -> str:
    [embed] = body["embeds"]
    return (
        f"content: {body['content']}\n"
        f"allowed_mentions: {body['allowed_mentions']}\n"
        f"color: #{embed['color']:06X}\n"
        f"timestamp: {embed['timestamp']}\n"
        f"url: {embed['url']}\n"
        f"title: {embed['title']}\n"
        f"description:\n{embed['description']}\n"
    )


def as_shown(body: dict[str, Any]) -> str:
    """Return the content, an empty line, and the embed."""
    [embed] = body["embeds"]
    text = f"{embed['title']}\n{embed['description']}".replace("```\n", "").replace("\n```", "")
    text = re.sub(r"<t:(\d+):(.)>", lambda match: _time(int(match[1]), match[2]), text)
    text = re.sub(r"\*\*(.+?)\*\*( ?)", r"\1:\2", text)
    content = re.sub(r"^<@&\d+>", "@ops", body["content"])
    return re.sub(r"\\(.)", r"\1", f"{content}\n\n{text}")


def _time(seconds: int, style: str) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    if style == "R":
        if at == NOW:
            return "now"
        return f"in {duration(at - NOW, most=1)}" if at > NOW else f"{duration(NOW - at, most=1)} ago"
    return f"{at:%d %B %Y %H:%M}"
