"""The import of the function that starts the polls, compared with Python itself, in turns."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cost import Cost, cost_of
from bench.goals import Goal, report

AWS = Path(__file__).parents[1] / "aws"
ROUNDS = 41
MAX_MILLISECONDS_MORE = 100.0  # of CPU time, which is the wall time on an idle machine


def main() -> int:
    """Measure and print; return 1 if the goal is missed."""
    rounds = [(_python("pass"), _python("import handler")) for _ in range(ROUNDS)]
    bare, imported = (_lowest(costs) for costs in zip(*rounds, strict=True))
    print(f"lowest of {ROUNDS} rounds       wall ms    cpu ms")
    for name, cost in (("python -c pass", bare), ("python -c 'import handler'", imported)):
        print(f"{name:<26} {1000 * cost.wall_seconds:7.1f} {1000 * cost.cpu_seconds:9.1f}")
    more = 1000 * (imported.cpu_seconds - bare.cpu_seconds)
    return report([Goal("ms of CPU to import the handler", more, MAX_MILLISECONDS_MORE)])


def _python(program: str) -> Cost:
    return cost_of([sys.executable, "-c", program], {}, directory=AWS)


def _lowest(costs: Sequence[Cost]) -> Cost:
    """Return the lowest values, because other processes only add to them."""
    return Cost(*(min(values) for values in zip(*costs, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
