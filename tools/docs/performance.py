"""The table of docs/performance.md, from the last run of scripts/bench."""

import json
from pathlib import Path
from typing import Any

from bench.goals import Goal

_THREE_DIGITS = 100
RESULTS = Path(__file__).parents[2] / "bench" / "results.json"


def table() -> str:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    head = ["| benchmark | figure | measured | goal |", "| --- | --- | --- | --- |"]
    rows = (_row(name, Goal(**goal)) for name, goals in results["goals"].items() for goal in goals)
    return "\n".join([_machine(results), "", *head, *rows])


def _row(benchmark: str, goal: Goal) -> str:
    measured = _number(goal.value) if goal.is_met else f"{_number(goal.value)} (missed)"
    return f"| `{benchmark}` | {goal.figure} | {measured} | {_number(goal.limit)} |"


def _machine(results: dict[str, Any]) -> str:
    machine = results["machine"]
    return (
        f"Measured on {results['measured_on']} with {machine['cores']} cores ({machine['processor']}), "
        f"{machine['system']}, Python {machine['python']}."
    )


def _number(value: float) -> str:
    """Return three significant digits."""
    return f"{value:,.0f}" if value >= _THREE_DIGITS else f"{value:.3g}"
