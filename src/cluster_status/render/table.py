"""The partition table as aligned monospace text."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, takewhile

from cluster_status.domain.cluster import Partition

_NAME_WIDTH = 20
_HEAD = ("PARTITION", "FREE", "BUSY", "DOWN", "TOTAL", "LIMIT")


def table(partitions: Sequence[Partition], *, limit: int) -> str:
    """Return the table in at most `limit` characters; partitions that do not fit are counted, not dropped.

    BUSY has what is in service but not free; DOWN what is not in service, for whatever reason. A star marks
    the default partition; one that is not up has its availability in place of the time limit.
    """
    rows = [_HEAD, *(_cells(partition) for partition in partitions)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_aligned(row, widths) for row in rows]
    return _fit(lines, limit)


def _cells(partition: Partition) -> tuple[str, ...]:
    nodes = partition.nodes
    name = partition.name + ("*" if partition.default else "")
    return (
        name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…",
        str(nodes.free + nodes.power_saved),
        str(nodes.busy + nodes.held + nodes.draining),
        str(nodes.missing),
        str(nodes.total),
        partition.time_limit if partition.availability == "up" else partition.availability.upper(),
    )


def _aligned(row: Iterable[str], widths: Sequence[int]) -> str:
    name, *numbers, limit = row
    first, *middle, _ = widths
    figures = (number.rjust(width) for number, width in zip(numbers, middle, strict=True))
    return "  ".join([name.ljust(first), *figures, limit]).rstrip()


def _fit(lines: list[str], limit: int) -> str:
    """Keep as many lines from the front as leave room for the count of the rest."""
    if len("\n".join(lines)) <= limit:
        return "\n".join(lines)
    rest = f"… {len(lines) - 1} more"  # as long as this line can get
    kept = list(takewhile(lambda end: end + len(rest) <= limit, accumulate(len(line) + 1 for line in lines)))
    return "\n".join([*lines[: len(kept)], f"… {len(lines) - max(len(kept), 1)} more"])[:limit]
