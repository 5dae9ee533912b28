"""The pending jobs of each partition, from the output of PENDING and CONFIGURATION.

Jobs that would not start on idle nodes do not count: they are held, or wait for another job, for a time, or
for tasks of their own array. A job that names several partitions counts in each.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from cluster_status.domain.slurm.cluster_state import Pending

_NOT_WAITING = frozenset(
    {
        "BeginTime",
        "Dependency",
        "DependencyNeverSatisfied",
        "JobArrayTaskLimit",
        "JobHeldAdmin",
        "JobHeldUser",
    }
)
_FIELDS = 5
_PRIVATE = re.compile(r"PrivateData\s*=\s*(.*)")
_UNITS = {"": 1, "K": 1024, "M": 1024**2}
_NUMBER = re.compile(r"(\d{1,9})([KM]?)")
_TASKS = re.compile(r"(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?")


def are_visible(configuration: Iterable[str]) -> bool:
    """Return whether the configuration says that an account sees the jobs of others."""
    found = [one[1] for line in configuration if (one := _PRIVATE.fullmatch(line.strip()))]
    return bool(found) and not {"jobs", "all"} & set(re.split(r"[,\s]+", found[0].lower()))


def parse(lines: Iterable[str], names: Iterable[str]) -> dict[str, Pending]:
    """Return the pending jobs of each of these partitions, by name; empty if a line has another format."""
    found = dict.fromkeys(names, Pending())
    for line in filter(None, lines):
        job = _job(line)
        if job is None:
            return {}
        partitions, pending = job
        for name in found.keys() & partitions:
            found[name] = found[name].plus(pending)
    return found


def _job(line: str) -> tuple[set[str], Pending] | None:
    fields = line.strip().split("|", _FIELDS - 1)
    if len(fields) < _FIELDS:
        return None
    partitions, nodes, tasks, submitted, reason = fields
    number, count, at = _NUMBER.fullmatch(nodes), _task_count(tasks), _instant(submitted)
    if not number or count is None or at is None:
        return None
    if reason.strip("()") in _NOT_WAITING:
        return set(), Pending()
    wanted = int(number[1]) * _UNITS[number[2]]
    return set(partitions.split(",")), Pending(count, count * wanted, at)


def _task_count(tasks: str) -> int | None:
    """Return the number of tasks of an array, such as ``0-15,20-30:2%4``; 1 for another job."""
    if tasks in {"N/A", ""}:
        return 1
    counts = list(_counts(tasks.strip("[]").partition("%")[0]))
    return None if None in counts else sum(count or 0 for count in counts)


def _counts(tasks: str) -> Iterator[int | None]:
    for part in tasks.split(","):
        found = _TASKS.fullmatch(part)
        if not found:
            yield None
            continue
        first, last, step = int(found[1]), int(found[2] or found[1]), int(found[3] or 1)
        yield (last - first) // step + 1 if last >= first and step else None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
