"""A run of 1 to 500 clusters, a tenth of them black holes, compared with `xargs -P 32 ssh`, in turns.

The servers work on the same cores, and take three times the CPU time of the run.

Usage: python -m bench.clusters [ROUNDS]
"""

import os
import shlex
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from msgspec import json

from bench.cost import Cost, cost_of
from bench.goals import Goal, report
from tests.fakes.discord import LoopbackDiscord
from tests.servers.account import Account
from tests.servers.black_holes import DroppingHost, MuteHost
from tests.servers.directory import public_directory
from tests.servers.key import KeyPair, new_key
from tests.servers.openssh import OpenSSH
from tests.servers.port import free_ports

ROOT = Path(__file__).parents[1]
SIZES = (1, 10, 100, 500)
ROUNDS = 3
LIMIT_SECONDS = 10
MAX_SECONDS, MAX_MEGABYTES, MAX_CPU_SECONDS = 15, 100, 5  # for the largest size
_EACH = 10  # the last of ten is a black hole
_ANY = "0.0.0.0"  # noqa: S104 - each cluster has an address of loopback
_SOCKETS = 16  # of one sshd, each with a queue for 128 connections
_SINFO = """\
#!/bin/sh
sleep 0.05
case "$*" in *%P*) echo 'debug*|up|1-00:00:00|8|idle' ;; *) echo '8|idle' ;; esac
"""
_SCONTROL = "#!/bin/sh\necho 'No reservations in the system'\n"


class Host(NamedTuple):
    address: str
    port: int
    works: bool


class Site(NamedTuple):
    """The servers. `ports` are those of sshd, of a mute host and of one that drops packets."""

    user: str
    key: KeyPair
    key_file: Path
    host_key: str
    ports: tuple[Sequence[int], int, int]
    discord: LoopbackDiscord

    def hosts(self, count: int) -> list[Host]:
        """Return the hosts of a run; the black holes are in turns mute and dropping packets."""
        ports, mute, dropping = self.ports
        working, holes = cycle(ports), cycle((mute, dropping))
        works = [number % _EACH != _EACH - 1 for number in range(count)]
        return [
            Host(f"127.1.{number // 250}.{number % 250 + 1}", next(working if one else holes), one)
            for number, one in enumerate(works)
        ]


class Run(NamedTuple):
    cost: Cost
    false_failures: int = 0


def main() -> int:
    """Measure and print; return 1 if a goal is missed."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    ours: dict[int, list[Run]] = {size: [] for size in SIZES}
    plain: dict[int, list[Run]] = {size: [] for size in SIZES}
    print(f"load of {os.cpu_count()} cores before: {os.getloadavg()[0]:.1f}", flush=True)
    with _site() as site:
        for _ in range(rounds):
            for size in SIZES:
                ours[size].append(_run(site, site.hosts(size)))
                plain[size].append(_ssh(site, site.hosts(size)))
                pair = f"{_line(ours[size][-1].cost)}; with ssh {_line(plain[size][-1].cost)}"
                print(f"{size:4} clusters: {pair}, load {os.getloadavg()[0]:.1f}", flush=True)
    return _report(
        {size: _median(runs) for size, runs in ours.items()},
        {size: _median(runs) for size, runs in plain.items()},
    )


@contextmanager
def _site() -> Iterator[Site]:
    with (
        public_directory() as directory,
        Account(directory) as account,
        MuteHost(_ANY) as mute,
        DroppingHost(_ANY) as dropping,
        LoopbackDiscord() as discord,
    ):
        for name, script in (("sinfo", _SINFO), ("scontrol", _SCONTROL)):
            (directory / name).write_text(script, encoding="ascii")
            (directory / name).chmod(0o755)
        key = new_key(directory)
        account.authorize(key.public)
        first, *others = free_ports(_SOCKETS)
        configuration = ["MaxStartups 2000", *(f"ListenAddress {_ANY}:{port}" for port in others)]
        path = {"PATH": f"{directory}:/usr/bin:/bin"}
        with OpenSSH(
            directory,
            account,
            host=_ANY,
            port_number=first,
            set_env=path,
            extra_configuration=configuration,
            host_key_types=["ed25519"],
        ) as openssh:
            host_key = " ".join(openssh.known_hosts_line.split()[1:])
            ports = ([first, *others], mute.port, dropping.port)
            yield Site(openssh.user, key, directory / "key_0", host_key, ports, discord)


def _run(site: Site, hosts: Sequence[Host]) -> Run:
    """Poll the hosts in one run of the action."""
    names = {f"c{number}": host for number, host in enumerate(hosts)}
    entries = [
        f"  - {{name: {name}, host: {host.address}, port: {host.port}}}" for name, host in names.items()
    ]
    with tempfile.TemporaryDirectory() as workspace:
        outputs = Path(workspace, "outputs")
        environment = {
            "INPUT_CLUSTERS": "clusters:\n" + "\n".join(entries),
            "CLUSTER_USER": site.user,
            "CLUSTER_KEY": site.key.private,
            "CLUSTER_HOST_KEY": site.host_key,
            "CLUSTER_CONNECT_TIMEOUT": str(LIMIT_SECONDS),
            "INPUT_ATTEMPTS": "1",
            "DISCORD_WEBHOOK": site.discord.webhook_url,
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_WORKSPACE": workspace,
            "INPUT_HISTORY-STORE": "file",
            "PYTHONPATH": str(ROOT / "src"),
        }
        cost = cost_of([sys.executable, str(ROOT / "entrypoint.py")], environment, statuses=(0, 3))
        statuses = _statuses(outputs)
    false_failures = sum(host.works and statuses[name] != "online" for name, host in names.items())
    return Run(cost, false_failures)


def _statuses(outputs: Path) -> dict[str, str]:
    """Return the status of each cluster from the file of outputs."""
    text = outputs.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith('{"c0":'))
    return {name: one["status"] for name, one in json.decode(line).items()}


def _ssh(site: Site, hosts: Sequence[Host]) -> Run:
    """Run sinfo on the hosts with ssh, 32 at a time."""
    options = (
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "BatchMode=yes",
        f"ConnectTimeout={LIMIT_SECONDS}",
    )
    ssh = ["ssh", "-F", "none", "-i", str(site.key_file), "-l", site.user]
    ssh += [part for option in options for part in ("-o", option)]
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as arguments:
        arguments.writelines(f"-p {host.port} {host.address} sinfo\n" for host in hosts)
        arguments.flush()
        # xargs ends when ssh exits with 255
        one = ["sh", "-c", f'exec 2>/dev/null; {shlex.join(ssh)} "$@" || exit 1', "ssh"]
        command = ["xargs", "-a", arguments.name, "-L", "1", "-P", "32", *one]
        return Run(cost_of(command, {}, statuses=(0, 123)))  # a black hole fails


def _line(cost: Cost) -> str:
    return f"{cost.wall_seconds:.1f} s, {cost.cpu_seconds:.2f} s of CPU"


def _median(runs: Sequence[Run]) -> Run:
    """Return the median costs, and the most false failures."""
    values = zip(*(run.cost for run in runs), strict=True)
    return Run(Cost(*map(statistics.median, values)), max(run.false_failures for run in runs))


def _report(ours: Mapping[int, Run], plain: Mapping[int, Run]) -> int:
    print("clusters                  wall s   cpu s   peak MB   false failures   cpu ms per cluster")
    for size in SIZES:
        for name, (cost, false_failures) in (("one run", ours[size]), ("xargs -P 32 ssh", plain[size])):
            print(
                f"{size:4} {name:<18} {cost.wall_seconds:8.2f} {cost.cpu_seconds:7.2f} {cost.megabytes:9.1f}"
                f" {false_failures:16} {1000 * cost.cpu_seconds / size:20.1f}"
            )
    few, many = SIZES[1], SIZES[-1]
    each = {size: 1000 * ours[size].cost.cpu_seconds / size for size in (few, many)}
    largest = ours[many].cost
    return report(
        [
            Goal(f"s for {many} clusters", largest.wall_seconds, MAX_SECONDS),
            Goal(f"s of CPU for {many} clusters", largest.cpu_seconds, MAX_CPU_SECONDS),
            Goal("MB of memory at the peak", largest.megabytes, MAX_MEGABYTES),
            Goal(f"ms of CPU per cluster, against that of {few}", each[many], each[few]),
            Goal("failures that are false", sum(run.false_failures for run in ours.values()), 0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
