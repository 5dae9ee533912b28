"""What the cases came to, as the test run shows it at its end."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from tests.real.causes import Case
from tests.real.monitor import Run

_MEGABYTE = 1_000_000


class Outcome(NamedTuple):
    """What a poll of a case came to; `offers` are the credentials that sshd noted: taken or not."""

    case: Case
    run: Run
    offers: tuple[bool, ...]

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.run.outputs["cause"] or "-",
            self.case.done,
            self.run.outputs["status"],
            f"{self.run.seconds:.1f}",
            f"{self.run.peak_bytes / _MEGABYTE:.0f}",
            str(len(self.offers)),
        )


OUTCOMES = pytest.StashKey[list[Outcome]]()
_HEAD = ("cause", "what was done to a real server", "status", "seconds", "peak MB", "logins")


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    rows = [_HEAD, *(outcome.row for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
