"""A simulated Slurm site: its nodes, partitions and reservations, and what of it fails.

`slurm_commands` answers sinfo and scontrol for it. A test with a real Slurm compares the answers.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.domain.status.cause import Cause
from tests.fakes.clock import VirtualClock
from tests.fakes.hostlist import expand

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
SUFFIXES = frozenset("*~#!%$@^+-")

_LONG = {
    "alloc": "allocated",
    "block": "blocked",
    "boot": "reboot",
    "comp": "completing",
    "drain": "drained",
    "drng": "draining",
    "failg": "failing",
    "mix": "mixed",
    "plnd": "planned",
    "resv": "reserved",
    "unk": "unknown",
}
_COMPACT = {long: compact for compact, long in _LONG.items()}
_WITH_REASON = ("down", "drained", "draining", "fail")  # the states whose reason sinfo lists
_KEEP_THEIR_WORD = ("allocated", "mixed", "drained", "draining", "down")  # in a MAINT reservation
_DEFAULT_REASONS = {"down*": "Not responding"}  # which Slurm sets itself
_EVERY = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7)}
_SATURDAY = 5


class Reason(Struct, frozen=True):
    text: str
    at: datetime
    by: str = "root"


class Node(Struct, frozen=True):
    """`state` is the long word of sinfo, as it is without a reservation."""

    name: str
    state: str = "idle"
    reason: Reason | None = None
    gres: str = ""

    @property
    def has_listed_reason(self) -> bool:
        return self.reason is not None and self.state.startswith(_WITH_REASON)


class Partition(Struct, frozen=True):
    name: str
    hosts: str  # in Slurm's form: cpu[01-40]
    default: bool = False
    availability: str = "up"
    time_limit: str = "1-00:00:00"
    hidden: bool = False
    nodes: tuple[str, ...] = field(default=())


class Reservation(Struct, frozen=True):
    """`end` is None if it is UNLIMITED; Slurm stores a year."""

    name: str
    begin: datetime
    end: datetime | None
    hosts: str = "ALL"  # with a partition: its nodes
    flags: tuple[str, ...] = ("MAINT",)
    partition: str = ""
    users: str = "root"
    nodes: tuple[str, ...] = ()

    def occurrence(self, now: datetime) -> "Reservation | None":
        """Return the current or next occurrence with its end; None if it is over."""
        begin, end = self.begin, self.end or self.begin + timedelta(days=365)
        while end <= now:
            step = next((_EVERY[flag] for flag in _EVERY if flag in self.flags), None)
            if "WEEKDAY" in self.flags:
                step = timedelta(days=1)
                while (begin + step).weekday() >= _SATURDAY:
                    step += timedelta(days=1)
            if step is None:
                return None
            begin, end = begin + step, end + step
        return replace(self, begin=begin, end=end)

    def is_active(self, now: datetime) -> bool:
        return self.begin <= now and (self.end is None or now < self.end)


class Failures(Struct):
    """What does not work: the login with this cause, the controller, and the commands."""

    login: Cause | None = None
    controller: Literal["", "down", "hangs"] = ""
    sinfo: Literal["", "missing"] = ""
    scontrol: Literal["", "missing", "denied"] = ""
    checks: dict[str, Cause] = {}  # by the name of a site check


class Site:
    """A site that works, until a test changes it. Lists of nodes are in Slurm's form, or ALL."""

    def __init__(self, *partitions: Partition, gres: str = "") -> None:
        self.clock = VirtualClock(START)
        self.partitions = {
            one.name: replace(one, nodes=tuple(expand(one.hosts)) if one.hosts else ()) for one in partitions
        }
        names = dict.fromkeys(name for one in self.partitions.values() for name in one.nodes)
        self.nodes = {name: Node(name, gres=gres) for name in names}
        self.reservations: dict[str, Reservation] = {}
        self.failures = Failures()

    def set_nodes(self, hosts: str, state: str, *, reason: str = "", since: datetime | None = None) -> None:
        """Set the state of nodes, in Slurm's long or compact form with a suffix."""
        state = long_word(state)
        text = reason or _DEFAULT_REASONS.get(state, "")
        given = Reason(text, since or self.clock.now()) if text else None
        for name in self.names(hosts):
            self.nodes[name] = replace(self.nodes[name], state=state, reason=given)

    def set_partition(self, name: str, availability: str) -> None:
        self.partitions[name] = replace(self.partitions[name], availability=availability)

    def create_partition(self, name: str, hosts: str) -> None:
        self.partitions[name] = Partition(name, hosts, nodes=tuple(expand(hosts)))

    def delete_partition(self, name: str) -> None:
        del self.partitions[name]

    def reserve(self, one: Reservation) -> None:
        """Create a reservation, or replace the one with its name."""
        names, extent = tuple(self.names(one.hosts)), "SPEC_NODES"
        if one.hosts == "ALL":
            extent = "PART_NODES" if one.partition else "ALL_NODES"
            names = self.partitions[one.partition].nodes if one.partition else names
        flags = ("IGNORE_JOBS", "SPEC_NODES", extent, *one.flags)
        self.reservations[one.name] = replace(one, nodes=names, flags=flags)

    def delete_reservation(self, name: str) -> None:
        del self.reservations[name]

    def names(self, hosts: str) -> list[str]:
        return list(self.nodes) if hosts == "ALL" else expand(hosts)

    def listed_reservations(self) -> Iterator[Reservation]:
        """Yield what Slurm lists now: a reservation that is over is gone, or comes again."""
        now = self.clock.now()
        for reservation in self.reservations.values():
            if occurrence := reservation.occurrence(now):
                yield occurrence

    def state_words(self) -> dict[str, str]:
        """Return the long word of each node, with its suffix."""
        words = {name: node.state for name, node in self.nodes.items()}
        now = self.clock.now()
        active = [one for one in self.listed_reservations() if one.is_active(now)]
        for one in sorted(active, key=lambda one: "MAINT" in one.flags):  # MAINT counts more
            for name in one.nodes:
                words[name] = _reserved(self.nodes[name].state, maintenance="MAINT" in one.flags)
        return words


def long_word(state: str) -> str:
    base, suffix = _split(state)
    return _LONG.get(base, base) + suffix


def compact_word(state: str) -> str:
    base, suffix = _split(state)
    return _COMPACT.get(base, base) + suffix


def _split(state: str) -> tuple[str, str]:
    return (state[:-1], state[-1]) if state[-1] in SUFFIXES else (state, "")


def _reserved(state: str, *, maintenance: bool) -> str:
    """Return the word of a node in an active reservation, by the rules of Slurm's node_state_string()."""
    base, suffix = _split(state)
    if base == "inval":
        return state
    if not maintenance:
        return "reserved" if state in {"idle", "planned"} else state
    if base in _KEEP_THEIR_WORD:
        return f"{base}$"
    return "maint*" if suffix == "*" else "maint"
