"""Draws messages as HTML in the width of a phone, each with its push notification, for screenshots.

Usage: python -m tools.docs.phone FOLDER
"""

import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from tools.docs.messages import as_shown
from tools.docs.situations import SIZES, cards

_STYLE = """\
body { margin: 0; padding: 12px; background: #313338; color: #dbdee1; font: 15px/1.35 sans-serif }
.push { margin: 0 0 12px; padding: 10px; border-radius: 12px; background: #e3e5e8; color: #060607 }
.push b { display: block; font-size: 13px }
.embed { margin-top: 6px; padding: 8px 12px; border-left: 4px solid; border-radius: 4px; background: #2b2d31 }
.title { font-weight: 600; color: #00a8fc }
pre { margin: 8px 0; padding: 7px; border: 1px solid #1e1f22; background: #1e1f22; font: 12px/1.3 monospace }
.time { font-size: 12px; color: #949ba4 }"""


def page(body: dict[str, Any]) -> str:
    """Return a page with the push notification and the message of one request to Discord."""
    [embed] = body["embeds"]
    content, _, rest = as_shown(body).partition("\n\n")
    title, _, description = rest.partition("\n")
    code = re.search(r"```\n(.*?)\n```", embed["description"], re.DOTALL)
    before, _, after = description.partition(code[1] if code else "\0")
    parts = [*map(_line, before.strip().splitlines()), f"<pre>{escape(code[1])}</pre>" if code else ""]
    parts += map(_line, after.strip().splitlines())
    at = re.sub(r"T(\d\d:\d\d).*", r" \1", embed["timestamp"])
    return (
        f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>'
        f'<p class="push"><b>Discord · #cluster</b>{escape(content)}</p>'
        f"<div>{escape(content)}</div>"
        f'<div class="embed" style="border-color: #{embed["color"]:06x}">'
        f'<div class="title">{escape(title)}</div>{"".join(parts)}<div class="time">{at}</div></div>'
    )


def pages(folder: Path) -> Iterator[Path]:
    """Write a page for each situation of the small cluster."""
    folder.mkdir(parents=True, exist_ok=True)
    for situation, size, body in cards():
        if size == SIZES[0]:
            path = folder / f"{situation.slug}.html"
            path.write_text(page(body))
            yield path


def _line(line: str) -> str:
    label = re.match(r"([A-Z][\w, ]*): ", line)
    text = f"<b>{escape(label[1])}</b> {escape(line[label.end() :])}" if label else escape(line)
    return f"<div>{text or '&nbsp;'}</div>"


if __name__ == "__main__":
    for written in pages(Path(sys.argv[1])):
        print(written)
