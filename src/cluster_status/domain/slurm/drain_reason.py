"""Why nodes were taken out of service, from the output of DRAIN_REASONS."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.slurm.hostlist import HostLists
from cluster_status.domain.slurm.node_set import partitions_of

_COUNT = re.compile(r"[0-9]{1,9}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_NAMES_LIMIT = 100
_BARS = 4  # number, time, user, names of nodes, reason


def parse(
    lines: list[str],
    boundary: str,
    redaction: Redaction,
    *,
    with_names: bool,
    partition_nodes: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> tuple[DrainReason, ...]:
    """Return the reasons, newest first; a record of another format is left out.

    A reason is free text of an administrator and can contain bars, line ends and anything else.
    """
    records = "\n".join(["", *lines]).split(f"\n{boundary}|")[1:]
    lists, found = HostLists(), []
    shared: dict[frozenset[str], frozenset[str]] = {}  # many nodes are in the same partitions
    for record in records:
        fields = record.split("|", _BARS)
        if len(fields) > _BARS and _COUNT.fullmatch(fields[0]):
            partitions = partitions_of(lists.expand(fields[3]) or frozenset(), partition_nodes)
            partitions = shared.setdefault(partitions, partitions)
            found.append(_read(fields, partitions, redaction, with_names=with_names))
    return tuple(sorted(found, key=lambda one: one.since.timestamp() if one.since else 0.0, reverse=True))


def instant(written: str) -> datetime | None:
    """Read a time as Slurm prints it in UTC; None if it prints none, or in another format."""
    try:
        return datetime.fromisoformat(f"{written}+00:00") if _INSTANT.fullmatch(written) else None
    except ValueError:  # such as a 13th month
        return None


def _read(
    fields: list[str], partitions: frozenset[str], redaction: Redaction, *, with_names: bool
) -> DrainReason:
    nodes, since, set_by, names, reason = fields
    return DrainReason(
        redaction.clean(reason),
        instant(since),
        int(nodes),
        redaction.clean_name(names, limit=_NAMES_LIMIT) if with_names else "",
        redaction.clean_name(set_by, limit=_NAMES_LIMIT) if with_names else "",
        partitions,
    )
