"""Renders messages as text: exactly for a review, and as Discord shows them for docs/messages.md."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cluster_status.render.phrases import duration
from tools.docs.situations import NOW, SITUATIONS, SIZES, cards

_HEAD = """\
# Messages

These are the messages in twelve situations, for a cluster with 3 and with 200 partitions. They use
`details: full` and `show-nodes: true`. In Discord, the edge of the message has the colour of the status,
labels are bold, and times are in your time zone and language. [Courses](courses.md) shows which messages
follow each other. `scripts/generate` writes this file.
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
        yield f"```text\n{small}\n```\n"
        if large != small:
            yield f"<details><summary>With {SIZES[1]} partitions</summary>\n"
            yield f"```text\n{large}\n```\n\n</details>\n"


def _exactly(body: dict[str, Any]) -> str:
    [embed] = body["embeds"]
    return (
        f"content: {body.get('content', '')}\n"
        f"allowed_mentions: {body['allowed_mentions']}\n"
        f"color: #{embed['color']:06X}\n"
        f"timestamp: {embed['timestamp']}\n"
        f"title: {embed['title']}\n"
        f"description:\n{embed['description']}\n"
    )


def as_shown(body: dict[str, Any]) -> str:
    [embed] = body["embeds"]
    text = f"{embed['title']}\n{embed['description']}".replace("```\n", "").replace("\n```", "")
    text = re.sub(r"<t:(\d+):(.)>", lambda match: _time(int(match[1]), match[2]), text)
    text = re.sub(r"\*\*(.+?)\*\*( ?)", r"\1:\2", text)
    mention = "@ops\n" if body.get("content") else ""
    return mention + re.sub(r"\\(.)", r"\1", text)


def _time(seconds: int, style: str) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    if style == "R":
        if at == NOW:
            return "now"
        return f"in {duration(at - NOW)}" if at > NOW else f"{duration(NOW - at)} ago"
    return f"{at:%d %B %Y %H:%M}"
