"""Summaries as Markdown, for the page of a run. No text from outside has markup in it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, takewhile

from cluster_status.render.overview import OVERVIEW_HEAD, overview_cells
from cluster_status.render.record import UPTIME_HEAD, UPTIME_LEGEND, uptime_rows
from cluster_status.render.summary import PAGE, TABLE_LEGEND, TABLE_LIMIT, Summary
from cluster_status.render.table import HEAD, cells, fit
from cluster_status.render.text import SIGNS

_SPECIAL = str.maketrans({character: f"\\{character}" for character in r"\`*_[]<>#|~&$@"})
_NOT_IN_A_LINK = re.compile(r"[^A-Za-z0-9:/?#@!$&'*+,;=%._~-]")
_LEFT, _RIGHT = "---", "---:"
_NOTE_SIZE = 200


def together(summaries: Sequence[Summary], limit: int) -> str:
    """Return the first summaries that fit in `limit` bytes, and the number of the others."""
    texts = list(map(markdown, summaries))
    ends = accumulate(len(text.encode()) + 1 for text in texts)
    fitting = len(list(takewhile(lambda end: end <= limit - _NOTE_SIZE, ends)))
    kept = texts[: max(fitting, 1)]
    left = len(texts) - len(kept)
    if left:
        kept.append(f"Clusters without details here: {left}, because GitHub limits the size of a summary.\n")
    return "\n".join(kept).encode()[:limit].decode("utf-8", "ignore")


def markdown(summary: Summary) -> str:
    return "\n\n".join(_blocks(summary)) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> list[str]:
    """Return the lines of a table of Markdown texts; the columns after the first `left` are numbers."""
    marks = [_LEFT] * left + [_RIGHT] * (len(head) - left)
    return [f"| {' | '.join(cells)} |" for cells in (head, marks, *rows)]


def escape(text: str) -> str:
    """Escape `text` so that it has no Markdown, HTML, link or mention."""
    return text.translate(_SPECIAL).replace("://", ":\u200b//").replace("www.", "www\u200b.")


def _blocks(summary: Summary) -> Iterator[str]:
    yield f"### {SIGNS[summary.status]} {escape(summary.headline)}"
    yield from map(escape, summary.facts)
    if summary.page:
        yield _link(PAGE, summary.page)
    if summary.clusters:
        rows = [(_link(row.name, row.page), *map(escape, overview_cells(row))) for row in summary.clusters]
        yield "\n".join(table(OVERVIEW_HEAD, rows, left=len(OVERVIEW_HEAD)))
    if summary.partitions:
        yield _partitions(summary)
        yield TABLE_LEGEND
    for section in summary.sections:
        yield f"**{section.title}**"
        yield "\n".join(f"- {escape(line)}" for line in section.lines)
    if summary.strip:
        yield summary.strip.legend
        rows = [(first, f"`{signs}`") for first, signs in summary.strip.rows]
        yield "\n".join(table(("From", "Days"), rows, left=2))
    if summary.uptimes:
        yield "\n".join(table(UPTIME_HEAD, uptime_rows(summary.uptimes)))
        yield UPTIME_LEGEND


def _partitions(summary: Summary) -> str:
    rows = [
        (escape(f"{one.name}{'*' * one.default}"), *map(escape, cells(one))) for one in summary.partitions
    ]
    head, marks, *lines = table(HEAD, rows)
    return fit([f"{head}\n{marks}", *lines], TABLE_LIMIT, of=len(lines))


def _link(text: str, url: str) -> str:
    address = _NOT_IN_A_LINK.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)
    return f"[{escape(text)}]({address})" if url else escape(text)
