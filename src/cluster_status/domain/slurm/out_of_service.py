"""Since when nodes are out of service, from the output of OUT_OF_SERVICE."""

import re
from collections import Counter
from datetime import datetime

from cluster_status.domain.slurm.cluster_state import NodeGroup
from cluster_status.domain.slurm.drain_reason import instant
from cluster_status.domain.slurm.node_state import group_of

_ROW = re.compile(r"([0-9]{1,9})\|([^|]*)\|([^|]+)")


def parse(lines: list[str]) -> tuple[tuple[datetime, int], ...]:
    """Return since when how many nodes are down or drained, longest first; none if a line is malformed.

    Draining nodes still run jobs, and nodes in maintenance return, so neither count.
    """
    since: Counter[datetime] = Counter()
    for line in lines:
        row = _ROW.fullmatch(line)
        if row is None:
            return ()
        begin = instant(row[2])  # Slurm prints "Unknown" for a node that it never heard of
        if begin and group_of(row[3]) is NodeGroup.DOWN:
            since[begin] += int(row[1])
    return tuple(sorted(since.items()))
