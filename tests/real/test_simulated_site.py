"""The simulated site of the tests answers every command of the product as a real Slurm does."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from cluster_status.domain.slurm.commands import COMMANDS, CONFIGURATION, RESERVATIONS, Command
from tests.fakes.hostlist import expand
from tests.fakes.site import Partition, Reservation, Site
from tests.fakes.slurm_commands import answer
from tests.servers import program, slurm_configuration
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.slurm import Slurm

# the words of the nodes while the reservations below are active
WORDS = {
    "n1": "idle",
    "n2": "drained",
    "n3": "down",
    "n4": "fail",
    "n5": "idle*",
    "n6": "idle~",
    "n7": "maint",
    "n8": "drained$",
    "n9": "down$",
    "n10": "allocated$",
    "n11": "reserved",
    "n12": "allocated",
    "n13": "mixed",
    "n14": "draining",
}
STATES = WORDS | {"n7": "idle", "n8": "drained", "n9": "down", "n10": "allocated", "n11": "idle"}
REASONS = {"n[2,8,14]": "bad DIMM | 2", "n[3,9]": "PSU", "n4": "fan"}
PARTITIONS = (
    Partition("everything", "n[1-14]", default=True),
    Partition("short", "n[1-6]", time_limit="30:00"),
    Partition("endless", "n[5-9]", time_limit="infinite"),
    Partition("closed", "n[1-3]", availability="inactive"),
    Partition("hidden", "n[10-14]", hidden=True),
)
POWER_SAVING = (
    "SuspendProgram=/bin/true",
    "ResumeProgram=/bin/true",
    "SuspendTime=3600",
    "SuspendTimeout=1",
    "ResumeTimeout=60",
)


@cache
def now() -> datetime:
    """Return the time of the first use: Slurm refuses a begin that is some minutes ago."""
    return datetime.now(UTC).replace(microsecond=0)


def reserved() -> tuple[Reservation, ...]:
    soon = now() + timedelta(hours=30)
    return (
        Reservation("active", now(), now() + timedelta(hours=2), "n[7-10]"),
        Reservation("users", now(), now() + timedelta(hours=2), "n11", flags=()),
        Reservation("all", soon, soon + timedelta(hours=9)),
        Reservation("root", soon + timedelta(days=1), soon + timedelta(days=2), flags=()),
        Reservation("two", soon + timedelta(days=3), soon + timedelta(days=3, minutes=90), "n1,n3"),
        Reservation("daily", soon, soon + timedelta(hours=1), "n[5-6]", flags=("MAINT", "DAILY", "OVERLAP")),
        Reservation("weekly", soon, soon + timedelta(hours=1), "n1", flags=("MAINT", "WEEKLY", "OVERLAP")),
        Reservation("weekday", soon, soon + timedelta(hours=1), "n2", flags=("MAINT", "WEEKDAY", "OVERLAP")),
        Reservation("part", soon + timedelta(days=5), soon + timedelta(days=6), partition="hidden"),
        Reservation("open", soon + timedelta(days=7), None, "n4"),
    )


@pytest.fixture(scope="module")
def slurm_of_all_states(account: Account) -> Iterator[Slurm]:
    with ExitStack() as stack:
        directory = stack.enter_context(public_directory())
        for name in ("gpu1", "gpu2", "gres.conf"):
            (directory / name).touch()
            (directory / name).chmod(0o644)
        (directory / "gres.conf").write_text(f"Name=gpu Type=a100 File={directory}/gpu[1-2]\n")
        slurm = Slurm(
            directory,
            node_count=len(WORDS),
            partitions=[
                slurm_configuration.Partition(
                    name=one.name, nodes=one.hosts, time_limit=one.time_limit, default=one.default
                )
                for one in PARTITIONS
            ],
            extra_configuration=[*POWER_SAVING, "GresTypes=gpu", "NodeName=DEFAULT Gres=gpu:a100:2"],
        )
        stack.enter_context(slurm)
        _bring_into_states(slurm, account.name)
        yield slurm


@pytest.fixture(scope="module")
def site() -> Site:
    site = Site(*PARTITIONS, gres="gpu:a100:2")
    site.clock.advance(now() + timedelta(minutes=1) - site.clock.now())
    for name, state in STATES.items():
        reason = next((text for hosts, text in REASONS.items() if name in expand(hosts)), "")
        site.set_nodes(name, state, reason=reason)
    for reservation in reserved():
        site.reserve(reservation)
    return site


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.arguments))
def test_a_command_prints_what_a_real_slurm_prints(
    slurm_of_all_states: Slurm, site: Site, account: Account, command: Command
) -> None:
    real = _output(slurm_of_all_states, account, command)
    if command is CONFIGURATION:  # only this line is read
        real = next(line for line in real.splitlines() if line.startswith("PrivateData"))
    assert _rows(_simulated(site, command), command) == _rows(real, command)


@pytest.mark.parametrize("names", ["short", "hidden,closed", "nosuch"])
def test_a_command_for_partitions_prints_what_a_real_slurm_prints(
    slurm_of_all_states: Slurm, site: Site, account: Account, names: str
) -> None:
    for command in (one.of(names.split(",")) for one in COMMANDS[2:] if one.program == "sinfo"):
        real = _output(slurm_of_all_states, account, command)
        assert _rows(_simulated(site, command), command) == _rows(real, command)


def test_a_site_without_reservations_says_so(slurm: Slurm, account: Account) -> None:
    assert _simulated(Site(), RESERVATIONS) == _output(slurm, account, RESERVATIONS).strip()


def _bring_into_states(slurm: Slurm, user: str) -> None:
    """Bring each node into its state, with its reason, and return when all are in it."""
    for name in ("n10", "n12"):
        slurm.submit(user, f"-w{name}", "--ntasks=4")  # all cores, and no GPU
    for name in ("n13", "n14"):
        slurm.submit(user, f"-w{name}", "--ntasks=1")
    jobs = {"n10": "allocated", "n12": "allocated", "n13": "mixed", "n14": "mixed"}
    slurm.wait_for(lambda: jobs.items() <= slurm.node_states().items(), timeout_seconds=60)
    for (hosts, reason), state in zip(REASONS.items(), ("drain", "down", "fail"), strict=True):
        slurm.scontrol("update", f"nodename={hosts}", f"state={state}", f"reason={reason}")
    for reservation in reserved():
        _reserve(slurm, reservation)
    slurm.scontrol("update", "nodename=n6", "state=power_down")
    slurm.nodes["n5"].kill()
    slurm.scontrol("update", "nodename=n5", "state=noresp")
    slurm.partition("closed", "inactive")
    slurm.scontrol("update", "partitionname=hidden", "hidden=yes")
    slurm.wait_for(lambda: slurm.node_states() == WORDS, timeout_seconds=60)


def _reserve(slurm: Slurm, one: Reservation) -> None:
    flags = ["ignore_jobs", *(["part_nodes"] if one.partition else []), *one.flags]
    duration = "UNLIMITED" if one.end is None else str(int((one.end - one.begin).total_seconds() // 60))
    slurm.scontrol(
        "create",
        "reservation",
        f"reservationname={one.name}",
        f"starttime={one.begin.astimezone():%Y-%m-%dT%H:%M:%S}",
        f"duration={duration}",
        f"users={one.users}",
        f"nodes={one.hosts}",
        *([f"partitionname={one.partition}"] if one.partition else []),
        f"flags={','.join(flags).lower()}",
    )


def _output(slurm: Slurm, account: Account, command: Command) -> str:
    """Return what the command prints for the account."""
    return subprocess.run(
        [program.find("dash"), "-c", command.line("@")],
        env={"PATH": program.SEARCH_PATH, **slurm.environment},
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _simulated(site: Site, command: Command) -> str:
    output = answer(site, command.line("@"))
    assert isinstance(output, str), output
    return output


def _rows(output: str, command: Command) -> list[str]:
    """Return the rows without their order, and reasons without their times."""
    if command.program == "sinfo":
        output = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "TIME", output)
    return sorted(line.rstrip() for line in output.splitlines())
