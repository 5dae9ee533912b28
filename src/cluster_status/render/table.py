"""The partition table as aligned monospace text."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, takewhile

from cluster_status.domain.slurm.cluster_state import Gpus, Partition
from cluster_status.render.names import shortened
from cluster_status.render.width import columns, fitted, left, right, units

PHONE_WIDTH = 37
"""Columns of a code block in an embed on a phone 390 points wide, estimated; a desktop has 40."""

HEAD = ("PARTITION", "IDLE", "ALLOC", "DOWN", "TOTAL", "LIMIT")
_NONE = "-"
_LIMIT_WIDTH = 8
_GPU_TYPES = 4  # shown per partition
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_AVAILABILITIES = {"inactive": "INACT"}  # as sinfo shortens it


def ordered(
    partitions: Iterable[Partition], *, first: Iterable[str] = (), last: Collection[str] = ()
) -> list[Partition]:
    """Return the most important partitions first. `first` and `last` are names, `first` in its order.

    In between are the default partition, those with missing nodes or not up, and the rest, larger ones first.
    """
    rank = {name: number for number, name in enumerate(first)}
    return sorted(
        partitions,
        key=lambda one: (rank.get(one.name, len(rank)), one.name in last, *_weight(one)),
    )


def _weight(partition: Partition) -> tuple[bool, bool, int, int, str]:
    nodes = partition.nodes
    has_problem = nodes.total > 0 and (nodes.missing > 0 or not partition.is_up)
    return not partition.default, not has_problem, -nodes.missing, -nodes.total, partition.name


def table(
    partitions: Sequence[Partition],
    gpus: Mapping[str, Sequence[Gpus]] | None = None,
    *,
    width: int,
    limit: int,
    most: int | None = None,
) -> str:
    """Return the first `most` partitions in `width` columns and `limit` UTF-16 units, and count the rest.

    IDLE counts idle and powered-down nodes, ALLOC the other nodes in service, DOWN the rest. A star marks
    the default partition. A partition that is not up shows its availability instead of the time limit, and
    no idle nodes or GPUs.
    """
    shown = partitions[:most]
    rows = [HEAD[1:], *map(cells, shown)]
    widths = [max(columns(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    names = _names(shown, max(width - sum(widths) - len(widths), 2))
    widths = [max(map(columns, names)), *widths]
    head, *lines = [_aligned(name, row, widths) for name, row in zip(names, rows, strict=True)]
    below = _gpu_blocks([(one, (gpus or {}).get(one.name, ())) for one in shown], width)
    blocks = ["\n".join([line, *block]) for line, block in zip(lines, below, strict=True)]
    return fit([head, *blocks], limit, of=len(partitions))


def _names(shown: Sequence[Partition], width: int) -> list[str]:
    """Return the first column."""
    names = shortened((one.name, width - one.default) for one in shown)
    return [fitted(HEAD[0], width), *(names[one.name] + "*" * one.default for one in shown)]


def cells(partition: Partition) -> tuple[str, ...]:
    """Return what follows the name in the row of a partition."""
    nodes = partition.nodes
    return (
        str(nodes.idle + nodes.powered_down) if partition.is_up else _NONE,
        str(nodes.allocated + nodes.reserved + nodes.draining),
        str(nodes.missing),
        str(nodes.total),
        time_limit(partition.time_limit) if partition.is_up else _availability(partition.availability),
    )


def time_limit(written: str) -> str:
    """Shorten a time limit of Slurm: `3-00:00:00` to `3d`, `30:00` to `30m`."""
    if written == "infinite":
        return "∞"
    parts = re.fullmatch(r"(?:(\d{1,6})-)?(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})", written, re.ASCII)
    if not parts:
        return fitted(written, _LIMIT_WIDTH)
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    length = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    return next(f"{length // size}{unit}" for unit, size in _UNITS if length % size == 0)


def _availability(word: str) -> str:
    return fitted(_AVAILABILITIES.get(word, word.upper()), _LIMIT_WIDTH)


def _aligned(name: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    *numbers, limit = cells
    aligned = [right(number, width) for number, width in zip(numbers, widths[1:], strict=False)]
    return " ".join([left(name, widths[0]), *aligned, limit]).rstrip()


def _gpu_blocks(listed: Sequence[tuple[Partition, Sequence[Gpus]]], width: int) -> Iterator[list[str]]:
    """Return the lines below each partition; a type is cut the same in all of them."""
    blocks = [[_gpu_parts(partition, one) for one in gpus[:_GPU_TYPES]] for partition, gpus in listed]
    shown = shortened(
        (kind, max(width - len(number) - len(label) - 2, 2))
        for number, kind, label in chain.from_iterable(blocks)
    )
    for (_, gpus), block in zip(listed, blocks, strict=True):
        lines = [" ".join(filter(None, (number, shown[kind], label))) for number, kind, label in block]
        more = len(gpus) - len(lines)
        yield [*lines, f"  … {more} more GPU types"] if more else lines


def _gpu_parts(partition: Partition, one: Gpus) -> tuple[str, str, str]:
    """Return the number of GPUs, their type, and what the number counts."""
    if one.idle is None or not partition.is_up:
        return f"  {one.total}", one.type, "GPUs"
    return f"  {one.idle} of {one.total}", one.type, "GPUs idle"


def fit(blocks: list[str], limit: int, *, of: int) -> str:
    """Keep the first blocks that fit together with the count of the rest. The first one is the head."""
    whole = "\n".join(blocks)
    if len(blocks) == of + 1 and units(whole) <= limit:
        return whole
    rest = f"… {of} more"  # the longest this line can be
    ends = accumulate(units(block) + 1 for block in blocks)
    kept = list(takewhile(lambda end: end + len(rest) <= limit, ends))
    return "\n".join([*blocks[: len(kept)], f"… {of - max(len(kept) - 1, 0)} more"])[:limit]
