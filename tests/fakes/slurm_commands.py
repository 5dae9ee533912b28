"""The answers of sinfo and scontrol for a simulated site."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from getopt import getopt

from msgspec import Struct

from cluster_status.domain.execution import CommandError, CommandResult, CommandTimeoutError
from tests.fakes.hostlist import compress
from tests.fakes.site import Node, Partition, Reason, Reservation, Site, compact_word

_WORD = re.compile(r"'([^']*)'|(\S+)")
_CORES = 4  # of each node
_FLAGS = (
    "MAINT",
    "OVERLAP",
    "IGNORE_JOBS",
    "DAILY",
    "WEEKDAY",
    "WEEKLY",
    "SPEC_NODES",
    "ALL_NODES",
    "PART_NODES",
    "TIME_FLOAT",
)  # in the order of scontrol

# The fields of sinfo's -O, each with the equivalent letter of -o.
_LETTERS = {
    "available": "a",
    "gres": "G",
    "gresused": "gres used",
    "nodelist": "N",
    "nodes": "D",
    "partition": "P",
    "partitionname": "R",
    "reason": "E",
    "statecompact": "t",
    "statelong": "T",
    "time": "l",
    "timestamp": "H",
    "user": "u",
}


def answer(site: Site, command: str) -> str | CommandResult | CommandError:
    """Return what a command prints; raise ValueError for one that this model does not know."""
    words = [quoted or plain for quoted, plain in _WORD.findall(command)]
    place = next(place for place, word in enumerate(words) if word in {"sinfo", "scontrol", "squeue"})
    program, arguments = words[place], words[place + 1 :]
    if getattr(site.failures, program, "") == "missing":
        return _failed(127, f"env: '{program}': No such file or directory")
    rpc = "slurm_load_partitions:" if program == "sinfo" else "slurm_load_reservations error:"
    if site.failures.controller == "down":
        return _failed(1, f"{rpc} Unable to contact slurm controller (connect failure)")
    if site.failures.controller == "hangs":
        return CommandTimeoutError("no answer")
    if program == "sinfo":
        return _sinfo(site, arguments)
    if program == "squeue":
        return ""  # no jobs
    if site.failures.scontrol == "denied":
        return _failed(1, f"{rpc} Access/permission denied")
    return _scontrol(site, arguments)


def _failed(status: int, line: str) -> CommandResult:
    return CommandResult(status, b"", f"{line}\n".encode())


# scontrol


def _scontrol(site: Site, arguments: Sequence[str]) -> str:
    words = list(arguments)
    if "-M" in words:
        del words[words.index("-M") : words.index("-M") + 2]
    if words == ["show", "config"]:
        return "PrivateData             = none"
    options = {"-o", "-a", "--oneliner", "--all"}
    if not {"-o", "--oneliner"} & set(words) or [one for one in words if one not in options] != [
        "show",
        "reservation",
    ]:
        raise ValueError(f"this model does not know scontrol {' '.join(arguments)}")
    now = site.clock.now()
    lines = [_reservation(one, now) for one in site.listed_reservations()]
    return "\n".join(lines or ["No reservations in the system"])


def _reservation(one: Reservation, now: datetime) -> str:
    end = one.end or one.begin
    flags = ",".join(flag for flag in _FLAGS if flag in one.flags)
    cores = _CORES * len(one.nodes)
    return (
        f"ReservationName={one.name} StartTime={_instant(one.begin)} EndTime={_instant(end)} "
        f"Duration={_duration(end - one.begin)} Nodes={compress(one.nodes)} NodeCnt={len(one.nodes)} "
        f"CoreCnt={cores} Features=(null) PartitionName={one.partition or '(null)'} Flags={flags} "
        f"TRES=cpu={cores} Users={one.users} Groups=(null) Accounts=(null) Licenses=(null) "
        f"State={'ACTIVE' if one.is_active(now) else 'INACTIVE'} BurstBuffer=(null) Watts=n/a "
        "MaxStartDelay=(null)"
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _duration(length: timedelta) -> str:
    hours, seconds = divmod(length.seconds, 3600)
    clock = f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}"
    return f"{length.days}-{clock}" if length.days else clock


# sinfo


class _Column(Struct, frozen=True):
    """Text before a field, its letter, and its width; 0: as wide as the value."""

    before: str
    letter: str
    width: int = 0
    to_the_right: bool = False

    def render(self, value: str) -> str:
        if not self.width:
            return self.before + value
        cut = value[: self.width]
        return self.before + (cut.rjust(self.width) if self.to_the_right else cut.ljust(self.width))


def _sinfo(site: Site, arguments: Sequence[str]) -> str:
    given, rest = getopt(
        list(arguments),
        "haRp:M:o:O:",
        ["noheader", "all", "list-reasons", "partition=", "clusters=", "format=", "Format="],
    )
    options = {{"-M": "", "--clusters": ""}.get(name, name): value for name, value in given}
    if rest or not {"-h", "--noheader"} & options.keys():
        raise ValueError(f"this model does not know sinfo {' '.join(arguments)}")
    columns, tail = _columns(options)
    rows = _rows(
        site,
        _partitions(site, options),
        [column.letter for column in columns],
        reasons=bool({"-R", "--list-reasons"} & options.keys()),
    )
    return "\n".join(
        "".join(column.render(value) for column, value in zip(columns, row, strict=True)) + tail
        for row in rows
    )


def _columns(options: Mapping[str, str]) -> tuple[list[_Column], str]:
    """Return the columns, and the text after the last one."""
    names = options.get("-O", options.get("--Format", ""))
    if names:
        pairs = (name.partition(":") for name in names.split(","))
        return [_Column("", _LETTERS[name.lower()], int(width or 20)) for name, _, width in pairs], ""
    pieces = re.split(r"%(\.?)([0-9]*)([A-Za-z])", options.get("-o", options.get("--format", "")))
    columns = [
        _Column(before, letter, int(width or 0), dot == ".")
        for before, dot, width, letter in zip(*(pieces[start:-1:4] for start in range(4)), strict=True)
    ]
    return columns, pieces[-1]


def _partitions(site: Site, options: Mapping[str, str]) -> list[Partition]:
    names = options.get("-p", options.get("--partition", ""))
    if names:
        return [one for one in site.partitions.values() if one.name in names.split(",")]
    with_hidden = bool({"-a", "--all"} & options.keys())
    return [one for one in site.partitions.values() if with_hidden or not one.hidden]


def _rows(
    site: Site, partitions: Sequence[Partition], letters: Sequence[str], *, reasons: bool
) -> Iterator[list[str]]:
    """Yield the rows of sinfo: one for each combination of the values that nodes do not add up to."""
    words = site.state_words()
    by_partition = bool({"P", "R"} & set(letters))
    keys = [letter for letter in letters if letter not in {"D", "N"}]
    groups: dict[tuple[str, ...], dict[str, None]] = {}
    for partition in partitions:
        alike: dict[tuple[str, Reason | None, str], list[Node]] = {}
        for node in map(site.nodes.__getitem__, partition.nodes):
            if node.has_listed_reason or not reasons:
                alike.setdefault((words[node.name], node.reason, node.gres), []).append(node)
        if not alike and by_partition:
            alike[_NO_STATE, None, ""] = []
        for (word, _, _), nodes in alike.items():
            node = nodes[0] if nodes else _NO_NODE
            key = tuple(_FIELDS[letter](partition, node, word) for letter in keys)
            groups.setdefault(key, {}).update((one.name, None) for one in nodes)
    for key, names in groups.items():
        values = dict(zip(keys, key, strict=True))
        values |= {"D": str(len(names))} | ({"N": compress(names)} if "N" in letters else {})
        yield [values[letter] for letter in letters]


_NO_NODE, _NO_STATE = Node(""), "n/a"  # of a partition without nodes


def _gres_used(node: Node) -> str:
    """Return that no GPU is in use: the model has no jobs."""
    return re.sub(r"[0-9]+$", "0(IDX:N/A)", node.gres) if node.gres else "(null)"


_FIELDS: Mapping[str, Callable[[Partition, Node, str], str]] = {
    "P": lambda partition, _node, _word: partition.name + ("*" if partition.default else ""),
    "R": lambda partition, _node, _word: partition.name,
    "a": lambda partition, _node, _word: partition.availability,
    "l": lambda partition, _node, _word: partition.time_limit,
    "T": lambda _partition, _node, word: word,
    "t": lambda _partition, _node, word: compact_word(word) if word != _NO_STATE else word,
    "G": lambda _partition, node, _word: node.gres or "(null)",
    "gres used": lambda _partition, node, _word: _gres_used(node),
    "E": lambda _partition, node, _word: node.reason.text if node.reason else "none",
    "H": lambda _partition, node, _word: _instant(node.reason.at) if node.reason else "Unknown",
    "u": lambda _partition, node, _word: node.reason.by if node.reason else "Unknown",
}
