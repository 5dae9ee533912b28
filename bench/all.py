"""Runs all benchmarks with goals, prints them as one table, and writes bench/results.json."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.goals import RESULTS, Goal

NAMES = ("poll", "latency", "image", "clusters", "history", "sinfo", "prune", "aws")
ARGUMENTS = {"clusters": ["1"]}  # a round takes minutes
FILE = Path(__file__).with_name("results.json")


def main() -> int:
    """Measure and print; return 1 if a goal is missed or a benchmark fails."""
    measured = {name: list(_goals(name)) for name in NAMES}
    results = {"measured_on": datetime.now(UTC).date().isoformat(), "machine": _machine(), "goals": {}}
    results["goals"] = {name: [goal._asdict() for goal in goals] for name, goals in measured.items()}
    FILE.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for name, goals in measured.items():
        print(f"\n{name}", *goals, sep="\n")
    return 0 if all(goals and all(one.is_met for one in goals) for goals in measured.values()) else 1


def _goals(name: str) -> Iterator[Goal]:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "goals.json"
        command = [sys.executable, "-m", f"bench.{name}", *ARGUMENTS.get(name, [])]
        subprocess.run(command, env={**os.environ, RESULTS: str(written)}, check=False)
        if written.exists():
            yield from (Goal(**one) for one in json.loads(written.read_text(encoding="utf-8")))


def _machine() -> dict[str, Any]:
    models = {
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    }
    return {
        "processor": ", ".join(sorted(models)) or platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
