"""The order of statuses where several clusters share one message, one output or one table."""

from collections import Counter
from collections.abc import Iterable

from cluster_status.domain.status.cause import Status

_WORST_FIRST = (Status.OFFLINE, Status.DEGRADED, Status.UNKNOWN, Status.MAINTENANCE, Status.ONLINE)


def rank(status: Status) -> int:
    """Return the place of a status, 0 for the worst; a word of a later version is last."""
    return _WORST_FIRST.index(status) if status in _WORST_FIRST else len(_WORST_FIRST)


def counted(statuses: Iterable[Status]) -> list[tuple[Status, int]]:
    """Return how many there are of each status, the worst first."""
    return sorted(Counter(statuses).items(), key=lambda item: rank(item[0]))
