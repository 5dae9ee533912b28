"""The partition table as aligned monospace text, the most important partitions first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, takewhile

from cluster_status.domain.slurm.cluster_state import Gpus, Partition
from cluster_status.render.width import columns, fitted, left, right, units

PHONE_WIDTH = 37
"""Columns of a code block in an embed on a phone 390 points wide, estimated; a desktop has 40."""

_HEAD = ("PARTITION", "IDLE", "ALLOC", "DOWN", "TOTAL", "LIMIT")
_LIMIT_WIDTH = 8
_GPU_TYPES = 4  # shown per partition
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_AVAILABILITIES = {"inactive": "INACT"}  # as sinfo shortens it


def table(
    partitions: Sequence[Partition],
    gpus: Mapping[str, Sequence[Gpus]] | None = None,
    *,
    width: int,
    limit: int,
    most: int | None = None,
) -> str:
    """Return at most `most` partitions in `width` columns and `limit` UTF-16 units, and count the rest.

    IDLE counts idle and powered-down nodes, ALLOC the other nodes in service, DOWN the rest. A star marks
    the default partition. A partition that is not up shows its availability instead of the time limit.
    """
    shown = sorted(partitions, key=_weight)[:most]
    names = [_HEAD[0], *(f"{one.name}*" if one.default else one.name for one in shown)]
    rows = [_HEAD[1:], *(_cells(partition) for partition in shown)]
    widths = [max(columns(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    room = max(width - sum(widths) - len(widths), 2)
    names = [fitted(name, room) for name in names]
    widths = [max(map(columns, names)), *widths]
    lines = [_aligned(name, row, widths) for name, row in zip(names, rows, strict=True)]
    blocks = lines[:1]
    for partition, line in zip(shown, lines[1:], strict=True):
        blocks.append("\n".join([line, *_gpu_lines((gpus or {}).get(partition.name, ()), width)]))
    return _fit(blocks, limit, of=len(partitions))


def _weight(partition: Partition) -> tuple[bool, bool, int, int, str]:
    """Sort key: default partition, partitions with missing nodes or not up, larger partitions, name."""
    nodes = partition.nodes
    has_problem = nodes.total > 0 and (nodes.missing > 0 or partition.availability != "up")
    return not partition.default, not has_problem, -nodes.missing, -nodes.total, partition.name


def _cells(partition: Partition) -> tuple[str, ...]:
    nodes = partition.nodes
    is_up = partition.availability == "up"
    return (
        str(nodes.idle + nodes.powered_down),
        str(nodes.allocated + nodes.reserved + nodes.draining),
        str(nodes.missing),
        str(nodes.total),
        _limit(partition.time_limit) if is_up else _availability(partition.availability),
    )


def _limit(written: str) -> str:
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


def _gpu_lines(gpus: Sequence[Gpus], width: int) -> Iterator[str]:
    for one in gpus[:_GPU_TYPES]:
        idle, label = ("", "GPUs") if one.idle is None else (f"{one.idle} of ", "GPUs idle")
        count = f"  {idle}{one.total}"
        gpu_type = fitted(one.type, max(width - len(count) - len(label) - 2, 2))
        yield " ".join([count, gpu_type, label] if gpu_type else [count, label])
    if len(gpus) > _GPU_TYPES:
        yield f"  … {len(gpus) - _GPU_TYPES} more GPU types"


def _fit(blocks: list[str], limit: int, *, of: int) -> str:
    """Keep the first blocks that fit together with the count of the rest."""
    whole = "\n".join(blocks)
    if len(blocks) == of + 1 and units(whole) <= limit:
        return whole
    rest = f"… {of} more"  # the longest this line can be
    ends = accumulate(units(block) + 1 for block in blocks)
    kept = list(takewhile(lambda end: end + len(rest) <= limit, ends))
    return "\n".join([*blocks[: len(kept)], f"… {of - max(len(kept) - 1, 0)} more"])[:limit]
