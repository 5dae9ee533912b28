"""The table of cases that the test run prints at its end."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from tests.real.causes import Case
from tests.real.monitor import Run

_MEGABYTE = 1_000_000
_REMEDY_WIDTH = 60
_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z])")


class Outcome(NamedTuple):
    """The result of one case; `offers` are the credentials in sshd's log: accepted or not."""

    case: Case
    run: Run
    offers: tuple[bool, ...]

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.run.outputs.get("cause") or "-",
            self.case.description,
            self.run.outputs.get("status") or "-",
            f"{self.run.seconds:.1f}",
            f"{self.run.peak_bytes / _MEGABYTE:.0f}",
            str(len(self.offers)),
            _cut(next(self._remedies(), "-")),
        )

    def _remedies(self) -> Iterator[str]:
        """Yield the first sentence of the remedy of the verdict, and the last one of each warning."""
        if self.run.remedy:
            yield _SENTENCE_END.split(self.run.remedy)[0]
        for warning in self.run.warnings:
            yield _SENTENCE_END.split(warning)[-1]


def _cut(text: str) -> str:
    return text if len(text) <= _REMEDY_WIDTH else f"{text[: _REMEDY_WIDTH - 1]}…"


OUTCOMES = pytest.StashKey[list[Outcome]]()
_HEAD = ("cause", "fault", "status", "seconds", "peak MB", "logins", "remedy in the log")


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    rows = [_HEAD, *(outcome.row for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
