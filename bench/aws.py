"""The import of the function that starts the polls, compared with Python itself, in turns."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.goals import Goal, report

AWS = Path(__file__).parents[1] / "aws"
ROUNDS = 41
MAX_MILLISECONDS_MORE = 100.0  # of CPU time, which is the wall time on an idle machine


class Cost(NamedTuple):
    wall: float
    processor: float


def main() -> int:
    """Measure and print; return 1 if the goal is missed."""
    rounds = [(_milliseconds("pass"), _milliseconds("import handler")) for _ in range(ROUNDS)]
    bare, imported = (_lowest(costs) for costs in zip(*rounds, strict=True))
    print(f"lowest of {ROUNDS} rounds       wall ms    cpu ms")
    for name, cost in (("python -c pass", bare), ("python -c 'import handler'", imported)):
        print(f"{name:<26} {cost.wall:7.1f} {cost.processor:9.1f}")
    more = imported.processor - bare.processor
    return report([Goal("ms of CPU to import the handler", more, MAX_MILLISECONDS_MORE)])


def _milliseconds(program: str) -> Cost:
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program], cwd=AWS)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{program} failed with exit status {process.returncode}")
    return Cost(wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000)


def _lowest(costs: Sequence[Cost]) -> Cost:
    """Return the lowest values, because other processes only add to them."""
    return Cost(*(min(values) for values in zip(*costs, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
