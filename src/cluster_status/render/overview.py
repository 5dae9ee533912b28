"""The clusters of a run, a row for each."""

from collections.abc import Sequence

from msgspec import Struct

from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.content.headline import phrase
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.severity import counted, rank
from cluster_status.render.text import SIGNS
from cluster_status.render.width import columns, fitted, left

OVERVIEW_HEAD = ("Cluster", "Status", "Nodes", "Up, 30 d", "Since")
_NAME_WIDTH = 30


class ClusterRow(Struct, frozen=True):
    """`nodes` is such as `35 of 36`, `up` a share of 30 days, `since` an instant, `page` a URL.

    `planned` are the windows of the user that are not over. All but the name and the status may be empty.
    """

    name: str
    status: Status
    nodes: str = ""
    up: str = ""
    since: str = ""
    notice: str = ""
    planned: Sequence[PlannedWindow] = ()
    page: str = ""


def worst_first(rows: Sequence[ClusterRow]) -> list[ClusterRow]:
    return sorted(rows, key=lambda row: rank(row.status))


def headline(rows: Sequence[ClusterRow]) -> str:
    """Return how many clusters have each status, the worst first."""
    parts = [f"{count} {phrase(status)}" for status, count in counted(row.status for row in rows)]
    return f"{len(rows)} clusters: {', '.join(parts)}"


def as_text(rows: Sequence[ClusterRow]) -> str:
    head = tuple(title.upper() for title in OVERVIEW_HEAD)
    lines = [head, *((fitted(row.name, _NAME_WIDTH), *overview_cells(row)) for row in rows)]
    widths = [max(columns(line[number]) for line in lines) for number in range(len(head))]
    return "\n".join(
        "  ".join(left(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def overview_cells(row: ClusterRow) -> tuple[str, ...]:
    """Return what follows the name in the row of a cluster."""
    return f"{SIGNS[row.status]} {row.status}", row.nodes or "-", row.up or "-", row.since or "-"
