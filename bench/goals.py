"""Goals of a benchmark: figures, and the limits that they must not exceed."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

RESULTS = "BENCH_RESULTS"  # names the file to which the goals are also written


class Goal(NamedTuple):
    """`figure` names what was measured, with its unit."""

    figure: str
    value: float
    limit: float

    @property
    def is_met(self) -> bool:
        return self.value <= self.limit

    def __str__(self) -> str:
        result = "met   " if self.is_met else "MISSED"
        return f"{result} {self.value:9,.6g}  {self.figure} (goal: {self.limit:,g})"


def report(goals: Sequence[Goal]) -> int:
    """Print the goals; return 1 if one is missed."""
    print(*goals, sep="\n")
    if results := os.environ.get(RESULTS):
        Path(results).write_text(json.dumps([goal._asdict() for goal in goals]), encoding="utf-8")
    return 0 if all(goal.is_met for goal in goals) else 1
