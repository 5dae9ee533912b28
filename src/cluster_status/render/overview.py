"""The clusters of a run, a row for each: as a table in Markdown, or aligned for a terminal."""

from collections.abc import Sequence

from msgspec import Struct

from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.content.headline import phrase
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.severity import counted, rank
from cluster_status.render.text import SIGNS
from cluster_status.render.width import columns, fitted, left

_HEAD = ("CLUSTER", "STATUS", "NODES", "SINCE")
_NAME_WIDTH = 30


class ClusterRow(Struct, frozen=True):
    """`nodes` is such as `35 of 36`, `since` an instant; both may be empty, and so may `notice`.

    `planned` are the windows of the user that are not over.
    """

    name: str
    status: Status
    nodes: str = ""
    since: str = ""
    notice: str = ""
    planned: Sequence[PlannedWindow] = ()


def worst_first(rows: Sequence[ClusterRow]) -> list[ClusterRow]:
    return sorted(rows, key=lambda row: rank(row.status))


def headline(rows: Sequence[ClusterRow]) -> str:
    """Return how many clusters have each status, the worst first."""
    parts = [f"{count} {phrase(status)}" for status, count in counted(row.status for row in rows)]
    return f"{len(rows)} clusters: {', '.join(parts)}"


def as_text(rows: Sequence[ClusterRow]) -> str:
    lines = [_HEAD, *((fitted(row.name, _NAME_WIDTH), *_cells(row)) for row in rows)]
    widths = [max(columns(line[number]) for line in lines) for number in range(len(_HEAD))]
    return "\n".join(
        "  ".join(left(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def as_cells(rows: Sequence[ClusterRow]) -> list[tuple[str, ...]]:
    """Return the head and the rows."""
    return [("Cluster", "Status", "Nodes in service", "Since"), *((row.name, *_cells(row)) for row in rows)]


def _cells(row: ClusterRow) -> tuple[str, str, str]:
    return f"{SIGNS[row.status]} {row.status}", row.nodes or "-", row.since or "-"
