"""The table of hostile behaviours that the test run prints at its end."""

from collections.abc import Sequence

import pytest

from tests.contract.hostile.behaviours import STAGES, Behaviour
from tests.contract.hostile.check_process import Checked

Row = tuple[Behaviour, Checked]
ROWS = pytest.StashKey[list[Row]]()
_HEAD = ("stage", "what the server does", "peak MB", "seconds", "status", "cause")
_MEGABYTE = 1_000_000


def lines(rows: Sequence[Row]) -> list[str]:
    in_order = sorted(rows, key=lambda row: STAGES.index(row[0].stage))
    cells = [_HEAD, *(_cells(behaviour, checked) for behaviour, checked in in_order), _maxima(rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def _cells(behaviour: Behaviour, checked: Checked) -> tuple[str, ...]:
    return (
        behaviour.stage,
        behaviour.description,
        f"{checked.peak_bytes / _MEGABYTE:.0f}",
        f"{checked.seconds:.1f}",
        checked.status,
        checked.cause or "-",
    )


def _maxima(rows: Sequence[Row]) -> tuple[str, ...]:
    peak = max(checked.peak_bytes for _, checked in rows) / _MEGABYTE
    return ("maximum", "", f"{peak:.0f}", f"{max(checked.seconds for _, checked in rows):.1f}", "", "")
