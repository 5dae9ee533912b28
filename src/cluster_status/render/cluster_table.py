"""The table of clusters in a message, as aligned monospace text."""

from datetime import datetime, timedelta

from cluster_status.domain.notification.message import Message
from cluster_status.render.names import shortened
from cluster_status.render.phrases import day_and_month, utc
from cluster_status.render.table import fit
from cluster_status.render.text import SIGNS
from cluster_status.render.width import columns, left, right

_HEAD = ("", "CLUSTER", "NODES", "SINCE (UTC)")
_NONE = "-"
_WITHOUT_YEAR = timedelta(days=300)


def cluster_table(overview: Message, *, width: int, limit: int, most: int) -> str:
    """Return the first `most` clusters in `width` columns and `limit` UTF-16 units, and count the rest.

    NODES has the nodes in service and all nodes. SINCE is the begin of the status.
    """
    clusters = overview.changes
    cells = [_cells(one, overview.at) for one in clusters[:most]]
    numbers, times = (max(columns(row[place]) for row in [_HEAD, *cells]) for place in (2, 3))
    signs = max((columns(row[0]) for row in cells), default=0)
    names = shortened((row[1], max(width - signs - numbers - times - 3, 2)) for row in cells)
    rows = [_HEAD, *((sign, names[name], nodes, time) for sign, name, nodes, time in cells)]
    first = max(columns(row[1]) for row in rows)
    lines = [
        f"{left(sign, signs)} {left(name, first)} {right(nodes, numbers)} {time}".rstrip()
        for sign, name, nodes, time in rows
    ]
    return fit(lines, limit, of=len(clusters))


def _cells(message: Message, at: datetime) -> tuple[str, str, str, str]:
    counts = message.notification.nodes if message.notification else None
    nodes = f"{counts.in_service}/{counts.total}" if counts and counts.total else _NONE
    return SIGNS[message.status], message.cluster, nodes, _time(message.at, at)


def _time(begin: datetime, at: datetime) -> str:
    """Return a day with its time, or if it is long ago, with its year."""
    shown = utc(begin)
    day = day_and_month(shown)
    return f"{day} {shown:%H:%M}" if at - begin < _WITHOUT_YEAR else f"{day} {shown.year}"
