"""What a process costs."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    wall_seconds: float
    cpu_seconds: float
    megabytes: float  # of resident memory, at its peak


def cost_of(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    statuses: Sequence[int] = (0,),
    directory: Path | None = None,
) -> Cost:
    """Run a command without its output, and return its cost; exit if its exit status is not one of these."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], **environment},
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall_seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in statuses:
        raise SystemExit(f"{command[0]} failed with exit status {process.returncode}")
    return Cost(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)
