"""The remedies that a run has followed, as lines for people."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from tests.real.monitor import Run
from tests.real.remedies import Remedy

_DONE_WIDTH, _TEXT_WIDTH = 70, 60


class Outcome(NamedTuple):
    """The polls before and after a remedy was followed."""

    remedy: Remedy
    before: Run
    after: Run


OUTCOMES = pytest.StashKey[list[Outcome]]()


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"{'cause':<18} {'before':<11} {'after':<7} {'done':<{_DONE_WIDTH}} remedy in the log"
    for remedy, before, after in outcomes:
        statuses = f"{before.outputs['status']:<11} {after.outputs['status']:<7}"
        text = remedy.text if len(remedy.text) <= _TEXT_WIDTH else f"{remedy.text[: _TEXT_WIDTH - 1]}…"
        yield f"{remedy.cause or '-':<18} {statuses} {remedy.description:<{_DONE_WIDTH}} {text}"
