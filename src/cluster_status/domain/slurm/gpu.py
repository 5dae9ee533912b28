"""The GPUs of each partition, from the output of GPUS.

A GPU is idle if a new job could use it: it is not in use, and its node is idle, powered down or partly
allocated. On an idle node all GPUs are idle; before 19.05 Slurm does not print their use. On a node whose
CPUs are all allocated none is.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.cluster_state import Gpus, NodeGroup
from cluster_status.domain.slurm.commands import GPUS
from cluster_status.domain.slurm.node_state import group_of
from cluster_status.domain.slurm.sinfo import partition_name

_WIDTHS = [int(width) for width in re.findall(r":([0-9]+)", GPUS.arguments[-1])]
_IN_PARENTHESES = re.compile(r"\([^()]*\)")  # sockets and indices: gpu:a100:4(S:0-1), gpu:(null):2(IDX:0,3)
_COUNT = re.compile(r"[0-9]{1,9}")
_NO_TYPE = frozenset({"", "no_consume"})
_ALL_IDLE = frozenset({NodeGroup.IDLE, NodeGroup.POWERED_DOWN})
_TYPE_LIMIT = 40


def parse(lines: list[str], redaction: Redaction) -> tuple[dict[str, tuple[Gpus, ...]], dict[str, int]]:
    """Return the GPUs by partition and type, and by partition the number of nodes that could not be read.

    A row of another format, one without Gres, or one whose Gres was cut off omits only its own nodes. They
    are not counted where no node has a GPU.
    """
    found: dict[str, dict[str, Gpus]] = defaultdict(dict)
    unreadable: dict[str, int] = defaultdict(int)
    for line in lines:
        name, nodes, state, configured, used = _columns(line)
        if not (name and _COUNT.fullmatch(nodes)):
            continue
        if not configured:
            unreadable[partition_name(name, redaction)] += int(nodes)
            continue
        types = found[partition_name(name, redaction)]
        for more in _gpus(int(nodes), state, configured, used):
            kind = redaction.clean_name(more.type, limit=_TYPE_LIMIT)
            known = types.get(kind, Gpus(kind, 0, 0))
            types[kind] = Gpus(kind, known.total + more.total, _sum(known.idle, more.idle))
    gpus = {name: tuple(types.values()) for name, types in found.items() if types}
    return gpus, dict(unreadable) if gpus else {}


def _columns(line: str) -> list[str]:
    """Return the columns of a row. One that was cut off is empty; all are if they cannot be separated."""
    words = line.split()
    if len(line) >= sum(_WIDTHS[:-1]) and line.isascii():  # sinfo fills up each column to its width
        begins = [sum(_WIDTHS[:column]) for column in range(len(_WIDTHS))]
        words = [line[begin : begin + width].strip() for begin, width in zip(begins, _WIDTHS, strict=True)]
    words = (words + [""] * len(_WIDTHS))[: max(len(_WIDTHS), len(words))]
    if len(words) > len(_WIDTHS) or any(" " in word for word in words):
        return ["", "", "", "", ""]
    return [word if len(word) < width else "" for word, width in zip(words, _WIDTHS, strict=True)]


def _gpus(nodes: int, state: str, configured: str, used: str = "") -> Iterator[Gpus]:
    total, in_use = _count(configured), _count(used)
    group = group_of(state)
    for kind, number in total.items():
        idle: int | None = 0
        if group in _ALL_IDLE:
            idle = number
        elif group is NodeGroup.ALLOCATED and state.startswith("mix"):
            known = in_use and in_use.keys() <= total.keys()
            idle = max(0, number - in_use.get(kind, 0)) if known else None
        yield Gpus(kind, nodes * number, None if idle is None else nodes * idle)


def _count(written: str) -> dict[str, int]:
    """Count the GPUs by type in a list such as ``gpu:a100:4(S:0-1),gpu:2,mps:400``."""
    counted: dict[str, int] = {}
    for entry in _IN_PARENTHESES.sub("", written).split(","):
        name, *parts = entry.split(":")
        if name == "gpu":
            number = int(parts.pop()) if parts and _COUNT.fullmatch(parts[-1]) else 1
            kind = parts[0] if parts and parts[0] not in _NO_TYPE else ""
            counted[kind] = counted.get(kind, 0) + number
    return counted


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
