"""The pending jobs of partitions as text."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from cluster_status.domain.slurm.cluster_state import Pending
from cluster_status.render.phrases import duration

HEADING = "Pending jobs"
_MOST = 5


def lines(pending: Mapping[str, Pending], at: datetime) -> Iterator[str]:
    """Yield a line for each partition with pending jobs, those that ask for the most nodes first."""
    waiting = [(name, one) for name, one in pending.items() if one.jobs]
    for name, one in sorted(waiting, key=lambda item: (-item[1].nodes, item[0])):
        age = f", the oldest for {duration(max(at, one.oldest) - one.oldest)}" if one.oldest else ""
        yield f"{name}: {one.jobs} for {one.nodes} node{'' if one.nodes == 1 else 's'}{age}"


def line(pending: Mapping[str, Pending], at: datetime) -> str:
    """Return all of them in one line; empty if the pending jobs are not known."""
    found = list(lines(pending, at))
    more = [f"{len(found) - _MOST} more"] if len(found) > _MOST else []
    return "; ".join([*found[:_MOST], *more]) or ("none" if pending else "")
