"""A whole poll as a process, compared with plain `ssh host sinfo` with the same login, in turns."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.fakes.discord import LoopbackDiscord
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

ROOT = Path(__file__).parents[1]
ROUNDS = 15
MAX_TIMES = 2.5
MAX_MEGABYTES = 60


class Cost(NamedTuple):
    wall_seconds: float
    cpu_seconds: float
    megabytes: float  # of resident memory, at its peak


def main() -> int:
    """Measure and print; return 1 if a goal is missed."""
    with (
        public_directory() as directory,
        Account(directory) as account,
        Slurm(directory) as slurm,
        OpenSSH(directory, account, set_env=slurm.environment) as openssh,
        LoopbackDiscord() as discord,
        tempfile.TemporaryDirectory() as workspace,
    ):
        poll = [sys.executable, str(ROOT / "entrypoint.py")]
        inputs = _inputs(openssh, discord, workspace)
        plain = ["sshpass", "-p", openssh.password, "ssh", *_options(openssh), openssh.host, "sinfo"]
        rounds = [(_cost(plain, {}), _cost(poll, inputs)) for _ in range(ROUNDS)]
    plain_cost, poll_cost = (_median(costs) for costs in zip(*rounds, strict=True))
    if len(discord.messages) != ROUNDS:
        raise SystemExit(f"{ROUNDS} polls posted {len(discord.messages)} messages")
    return _report(plain_cost, poll_cost)


def _inputs(openssh: OpenSSH, discord: LoopbackDiscord, workspace: str) -> dict[str, str]:
    """Return inputs with which each poll loads, checks, posts and saves."""
    return {
        "CLUSTER_HOST": openssh.host,
        "CLUSTER_PORT": str(openssh.port),
        "CLUSTER_USER": openssh.user,
        "CLUSTER_PASSWORD": openssh.password,
        "CLUSTER_HOST_KEY": openssh.known_hosts_line,
        "DISCORD_WEBHOOK": discord.webhook_url,
        "DISCORD_MSG_ALWAYS": "true",
        "GITHUB_WORKSPACE": workspace,
        "PYTHONPATH": str(ROOT / "src"),
    }


def _options(openssh: OpenSSH) -> Sequence[str]:
    options = {
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
        "PreferredAuthentications": "password",
    }
    return [
        *("-p", str(openssh.port), "-l", openssh.user),
        *(part for option in options.items() for part in ("-o", "=".join(option))),
    ]


def _cost(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall_seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed with exit status {process.returncode}")
    return Cost(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def _report(plain: Cost, poll: Cost) -> int:
    times = poll.wall_seconds / plain.wall_seconds
    print(f"median of {ROUNDS} rounds        wall s   cpu s   peak MB")
    for name, cost in (("sshpass ssh host sinfo", plain), ("the whole poll", poll)):
        print(f"{name:<26} {cost.wall_seconds:7.3f} {cost.cpu_seconds:7.3f} {cost.megabytes:9.1f}")
    goals = {
        f"{times:.2f} times the wall time (goal: {MAX_TIMES})": times <= MAX_TIMES,
        f"{poll.megabytes:.1f} MB (goal: {MAX_MEGABYTES})": poll.megabytes <= MAX_MEGABYTES,
    }
    for goal, met in goals.items():
        print(f"{'met   ' if met else 'MISSED'} {goal}")
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
