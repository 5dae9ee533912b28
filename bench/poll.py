"""A whole poll as a process, in turns with `ssh host sinfo` and a minimal script with the same login."""

import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.cost import Cost, cost_of
from bench.goals import Goal, report
from tests.fakes.discord import LoopbackDiscord
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

ROOT = Path(__file__).parents[1]
ROUNDS = 15
SSH, CURVE25519, SCRIPT, POLL = "ssh host sinfo", "ssh with curve25519", "a minimal script", "the whole poll"
MAX_WALL = {SSH: 1.05, CURVE25519: 1.45, SCRIPT: 0.70}  # in times of these
MAX_CPU = {SSH: 2.5}
MAX_MEGABYTES = 60
_WALL, _CPU = 0, 1  # in a Cost


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
        inputs = _inputs(openssh, discord, workspace)
        login = ["sshpass", "-p", openssh.password, "ssh", *_options(openssh)]
        contenders: Mapping[str, Sequence[str]] = {
            SSH: [*login, openssh.host, "sinfo"],
            CURVE25519: [*login, "-o", "KexAlgorithms=curve25519-sha256", openssh.host, "sinfo"],
            SCRIPT: [sys.executable, str(ROOT / "bench" / "stand_in.py")],
            POLL: [sys.executable, str(ROOT / "entrypoint.py")],
        }
        rounds = [
            {name: cost_of(command, inputs) for name, command in contenders.items()} for _ in range(ROUNDS)
        ]
    if len(discord.messages) != 2 * ROUNDS:
        raise SystemExit(f"{2 * ROUNDS} polls posted {len(discord.messages)} messages")
    return _report({name: [one[name] for one in rounds] for name in contenders})


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


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def _report(costs: Mapping[str, Sequence[Cost]]) -> int:
    print(f"median of {ROUNDS} rounds        wall s   cpu s   peak MB")
    for name, each in costs.items():
        cost = _median(each)
        print(f"{name:<26} {cost.wall_seconds:7.3f} {cost.cpu_seconds:7.3f} {cost.megabytes:9.1f}")
    goals = [
        Goal(f"times the wall time of {name}", _times(costs[POLL], costs[name], _WALL), limit)
        for name, limit in MAX_WALL.items()
    ]
    goals += [
        Goal(f"times the CPU time of {name}", _times(costs[POLL], costs[name], _CPU), limit)
        for name, limit in MAX_CPU.items()
    ]
    return report([*goals, Goal("MB of memory at the peak", _median(costs[POLL]).megabytes, MAX_MEGABYTES)])


def _times(costs: Sequence[Cost], others: Sequence[Cost], measure: int) -> float:
    """Return the median of the ratios within a round: both share the load of the machine."""
    pairs = zip(costs, others, strict=True)
    return statistics.median(one[measure] / other[measure] for one, other in pairs)


if __name__ == "__main__":
    sys.exit(main())
