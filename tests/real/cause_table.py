"""The table of cases that the test run prints at its end."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from tests.real.causes import Case
from tests.real.monitor import Run

_MEGABYTE = 1_000_000


class Outcome(NamedTuple):
    """The result of one case; `offers` are the credentials in sshd's log: accepted or not."""

    case: Case
    run: Run
    offers: tuple[bool, ...]

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.run.outputs["cause"] or "-",
            self.case.description,
            self.run.outputs["status"],
            f"{self.run.seconds:.1f}",
            f"{self.run.peak_bytes / _MEGABYTE:.0f}",
            str(len(self.offers)),
        )


OUTCOMES = pytest.StashKey[list[Outcome]]()
_HEAD = ("cause", "fault", "status", "seconds", "peak MB", "logins")


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    rows = [_HEAD, *(outcome.row for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
