"""Maintenance reservations, from the output of RESERVATIONS: which one is active, and which is next."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.slurm.drain_reason import instant
from cluster_status.domain.text import clean

COMING_WITHIN = timedelta(hours=24)
_UNLIMITED = timedelta(days=365)

_COUNT = re.compile(r"[0-9]{1,9}")
_ANY_PARTITION = "(null)"


def parse(lines: list[str], partitions: Collection[str]) -> tuple[Reservation, ...]:
    """Return the MAINT reservations, earliest first, without those that are for other partitions only."""
    found = [one for line in lines if (one := _read(line, partitions))]
    return tuple(sorted(found, key=lambda one: (one.begin, last_instant(one))))


def _read(line: str, partitions: Collection[str]) -> Reservation | None:
    name, _, rest = line.removeprefix("ReservationName=").partition(" StartTime=")
    fields = dict(word.split("=", 1) for word in f"StartTime={rest}".split() if "=" in word)
    flags = fields.get("Flags", "").split(",")
    # the start of a floating reservation moves along with the time, so it never begins
    if "MAINT" not in flags or "TIME_FLOAT" in flags:
        return None
    if fields.get("PartitionName", _ANY_PARTITION) not in {_ANY_PARTITION, *partitions}:
        return None
    begin, end = instant(fields["StartTime"]), instant(fields.get("EndTime", ""))
    nodes = fields.get("NodeCnt", "")
    if not (begin and end and begin < end and _COUNT.fullmatch(nodes)):
        return None
    return Reservation(clean(name), begin, end, int(nodes))


def last_instant(one: Reservation) -> datetime:
    """Return the end; for an open end, the one that Slurm stores."""
    return one.end or one.begin + _UNLIMITED


def current(reservations: Collection[Reservation], at: datetime) -> Reservation | None:
    """Return the largest reservation that is active."""
    now = [one for one in reservations if one.begin <= at < last_instant(one)]
    return max(now, key=lambda one: (one.nodes, last_instant(one)), default=None)


def coming(
    reservations: Collection[Reservation], at: datetime, *, notified: Collection[tuple[datetime, datetime]]
) -> Reservation | None:
    """Return the next reservation that begins within a day and is not among `notified`.

    A reservation is identified by its times: those with the same times count as one, and one that was moved
    counts as another.
    """
    near = (one for one in reservations if at < one.begin <= at + COMING_WITHIN)
    found = next((one for one in near if (one.begin, last_instant(one)) not in notified), None)
    if found is None:
        return None
    together = (one for one in reservations if (one.begin, one.end) == (found.begin, found.end))
    return replace(found, nodes=sum(one.nodes for one in together))
