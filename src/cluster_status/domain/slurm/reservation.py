"""Maintenance reservations, from the output of RESERVATIONS."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.slurm.drain_reason import instant
from cluster_status.domain.slurm.hostlist import HostLists
from cluster_status.domain.slurm.sinfo import partition_name
from cluster_status.errors import UnparsableError

_UNLIMITED = timedelta(days=365)  # what Slurm stores as the duration of a reservation without an end
_COUNT = re.compile(r"[0-9]{1,9}")
_RECORD = "ReservationName="
_NO_RESERVATIONS = "No reservations in the system"
_NONE = "(null)"
_ROOT_ALONE = {"Users": "root", "Accounts": _NONE, "Groups": _NONE}
_RECURRING = frozenset({"HOURLY", "DAILY", "WEEKDAY", "WEEKEND", "WEEKLY"})


class Listed(Struct, frozen=True):
    """A reservation with all of its nodes, and the partition that it is for, if any."""

    reservation: Reservation
    partition: str = ""


class Listing(Struct, frozen=True):
    """The maintenance reservations, and why some or all of them could not be read."""

    listed: tuple[Listed, ...] = ()
    error: str = ""


def parse(lines: list[str], redaction: Redaction) -> Listing:
    """Return the reservations for maintenance: with the flag MAINT, or of all nodes for root alone."""
    records = [line for line in lines if line.startswith(_RECORD)]
    if not records and _NO_RESERVATIONS not in lines:
        printed = next((redaction.clean(line) for line in lines if line.strip()), "")
        return Listing(error=f"scontrol printed '{printed}'" if printed else "scontrol printed nothing")
    lists, listed, error = HostLists(), [], ""
    for record in records:
        try:
            found = _read(_fields(record), lists, redaction)
        except UnparsableError as unparsable:
            error = str(unparsable)
        else:
            listed += [found] if found else []
    return Listing(tuple(listed), error)


def in_partitions(
    listed: Iterable[Listed],
    partition_nodes: Mapping[str, frozenset[str]],
    *,
    chosen: Collection[str],
    total: int,
) -> tuple[Reservation, ...]:
    """Return the reservations that have nodes in these partitions, earliest first, each with those nodes.

    Without the names of nodes, a reservation has all of its nodes; if partitions are `chosen`, it has to be
    for one of them, or for all nodes, which are `total`.
    """
    listed = tuple(listed)
    judged = frozenset[str]().union(*partition_nodes.values())
    # equal sets of names stay one set
    within = {names: names & judged for names in {one.reservation.node_names for one in listed}}
    found = [
        _with_names(one, within[one.reservation.node_names])
        if judged and one.reservation.node_names
        else _without_names(one, chosen, total)
        for one in listed
    ]
    return tuple(sorted((one for one in found if one.nodes), key=lambda one: (one.begin, last_instant(one))))


def _fields(record: str) -> dict[str, str]:
    """Return the fields; the name, which comes first, and a comment, which comes last, can contain any."""
    name, _, rest = record.removeprefix(_RECORD).partition(" StartTime=")
    fields = {"Name": name}
    for word in f"StartTime={rest}".split():
        key, _, value = word.partition("=")
        fields.setdefault(key, value)
    return fields


def _read(fields: Mapping[str, str], lists: HostLists, redaction: Redaction) -> Listed | None:
    """Return the reservation if it is for maintenance; raise UnparsableError if it cannot be read."""
    if "Users" not in fields:  # it comes after the flags
        raise UnparsableError("scontrol printed a part of a reservation")
    flags = set(fields.get("Flags", "").split(","))
    all_nodes = "ALL_NODES" in flags
    root_alone = all(fields.get(field, _NONE) == value for field, value in _ROOT_ALONE.items())
    # the start of a floating reservation moves along with the time, so it never begins
    if "TIME_FLOAT" in flags or not ("MAINT" in flags or (all_nodes and root_alone)):
        return None
    begin, end = instant(fields.get("StartTime", "")), instant(fields.get("EndTime", ""))
    nodes = fields.get("NodeCnt", "")
    if not (begin and end and begin < end and _COUNT.fullmatch(nodes)):
        shown = (f"{field}={fields.get(field, '')}" for field in ("StartTime", "EndTime", "NodeCnt"))
        raise UnparsableError(redaction.clean(f"scontrol printed '{' '.join(shown)}'"))
    partition = fields.get("PartitionName", _NONE)
    reservation = Reservation(
        redaction.clean_name(fields["Name"]),
        begin,
        None if end - begin == _UNLIMITED else end,
        int(nodes),
        lists.expand(fields.get("Nodes", "")) or frozenset(),
        recurring=not flags.isdisjoint(_RECURRING),
        all_nodes=all_nodes,
    )
    return Listed(reservation, "" if partition == _NONE else partition_name(partition, redaction))


def _with_names(one: Listed, names: frozenset[str]) -> Reservation:
    return replace(one.reservation, nodes=len(names), node_names=names)


def _without_names(one: Listed, chosen: Collection[str], total: int) -> Reservation:
    reservation = one.reservation
    if not chosen or one.partition in chosen:
        return reservation
    nodes = min(reservation.nodes, total) if reservation.all_nodes else 0
    return replace(reservation, nodes=nodes, node_names=frozenset())


def last_instant(one: Reservation) -> datetime:
    """Return the end; for an open end, the one that Slurm stores."""
    return one.end or one.begin + _UNLIMITED
