"""Why nodes are out of service, as parts of a line; each channel shows the times in its own way."""

from datetime import datetime

from cluster_status.domain.slurm.reason_group import ReasonGroup
from cluster_status.render.phrases import duration

HEADING = "Why nodes are out of service"


def nodes(number: int) -> str:
    return f"{number} node{'' if number == 1 else 's'}"


def which(group: ReasonGroup) -> str:
    """Return the number of nodes, with their names if known."""
    return f"{nodes(group.nodes)} ({group.node_names})" if group.node_names else nodes(group.nodes)


def why(group: ReasonGroup) -> str:
    return f"{group.reason}, by {group.set_by}" if group.set_by else group.reason


def age(since: datetime, at: datetime) -> str:
    return duration(at - since, most=1)


def times(group: ReasonGroup, at: datetime) -> tuple[datetime, ...]:
    """Return the newest and the oldest time, but only one of the same age, and none if Slurm prints none."""
    if group.newest is None or group.oldest is None:
        return ()
    is_one = age(group.newest, at) == age(group.oldest, at)
    return (group.newest,) if is_one else (group.newest, group.oldest)
