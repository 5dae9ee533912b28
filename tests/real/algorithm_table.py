"""The table of algorithms that the test run prints at its end."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

_WIDTH = 100  # characters of what the user reads


class Row(NamedTuple):
    """One algorithm alone, with one server; `text` is what the user reads if it does not work."""

    server: str
    kind: str
    name: str
    works: bool
    text: str = ""


ROWS = pytest.StashKey[list[Row]]()
_HEAD = ("server", "kind", "algorithm", "result", "what the user reads")


def lines(rows: Sequence[Row]) -> list[str]:
    shown = [_HEAD, *(_cells(row) for row in sorted(set(rows)))]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in shown]


def _cells(row: Row) -> tuple[str, ...]:
    text = row.text if len(row.text) <= _WIDTH else f"{row.text[: _WIDTH - 1]}…"
    return (row.server, row.kind, row.name, "works" if row.works else "does not work", text)
