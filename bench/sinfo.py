"""The time to parse the output of a large cluster, with 5,000 nodes in 200 partitions and 440 rows."""

import statistics
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice

from bench.goals import Goal, report
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm import drain_reason, gpu, node_set, reservation, sinfo
from cluster_status.domain.slurm.commands import split_outputs

ROUNDS = 51
MAX_MILLISECONDS = 20.0
NODES, PARTITIONS, ROWS = 5_000, 200, 440
BOUNDARY = "0123456789abcdef0123456789abcdef"
STATES = (
    "idle",
    "mixed",
    "allocated",
    "drained",
    "down*",
    "mixed-",
    "planned",
    "idle~",
    "completing",
    "maint$",
)


def main() -> int:
    """Measure and print; return 1 if the goal is missed."""
    output = _output()
    state = sinfo.parse(output, BOUNDARY, PLAIN)
    rows = output.count(b"\n") - 4 - len(STATES)
    if (state.nodes.total, len(state.partitions), rows) != (NODES, PARTITIONS, ROWS):
        raise SystemExit(f"{state.nodes.total} nodes, {len(state.partitions)} partitions, {rows} rows")
    gpus, reasons, reservations = _bounded_by(_gpus()), _bounded_by(_reasons()), _bounded_by(_reservations())
    listed, names = _bounded_by(_nodes()), [partition.name for partition in state.partitions]
    nodes = node_set.parse(_lines(listed), names, PLAIN)
    medians = {
        "the partitions": _median_milliseconds(lambda: sinfo.parse(output, BOUNDARY, PLAIN)),
        "GPUs": _median_milliseconds(lambda: gpu.parse(_lines(gpus), PLAIN)),
        "drain reasons": _median_milliseconds(
            lambda: drain_reason.parse(
                _lines(reasons), BOUNDARY, PLAIN, with_names=False, partition_nodes=nodes
            )
        ),
        "names of nodes": _median_milliseconds(lambda: node_set.parse(_lines(listed), names, PLAIN)),
        "reservations": _median_milliseconds(
            lambda: reservation.in_partitions(
                reservation.parse(_lines(reservations), PLAIN).listed, nodes, chosen=(), total=NODES
            )
        ),
    }
    print(f"median of {ROUNDS} rounds: {NODES} nodes, {PARTITIONS} partitions, {ROWS} rows")
    for name, milliseconds in medians.items():
        print(f"{name:<20} {milliseconds:7.2f} ms")
    return report([Goal("ms to parse the partitions", medians["the partitions"], MAX_MILLISECONDS)])


def _median_milliseconds(read: Callable[[], object]) -> float:
    def once() -> float:
        begin = time.perf_counter()
        read()
        return 1_000 * (time.perf_counter() - begin)

    return statistics.median(once() for _ in range(ROUNDS))


def _output() -> bytes:
    names = [f"partition{number:03}{'' if number else '*'}" for number in range(PARTITIONS)]
    rows = [
        f"{name}|up|1-00:00:00|{10 + number % 5}|{state}"
        for number, (name, state) in enumerate(zip(islice(cycle(names), ROWS), cycle(STATES), strict=False))
    ]
    in_total = [f"{NODES // len(STATES)}|{state}" for state in STATES]
    return "\n".join(["", BOUNDARY, *rows, BOUNDARY, *in_total, BOUNDARY, ""]).encode()


def _gpus() -> list[str]:
    return [
        f"partition{number % PARTITIONS:03} 1 mixed gpu:a100:4(S:0-1),gpu:v100:2 gpu:a100:{number % 5}(IDX:0)"
        for number in range(ROWS)
    ]


def _reasons() -> list[str]:
    return [
        f"{BOUNDARY}|{number}|2026-01-31T12:00:{number % 60:02}|root|n[{number}-{number + 9}]|fan {number}"
        for number in range(ROWS)
    ]


def _nodes() -> list[str]:
    """Every 20th partition has all nodes, the others some of them."""
    each = NODES // PARTITIONS
    lists = [f"n[{number * each}-{(number + 9) * each}]" for number in range(PARTITIONS)]
    lists[::20] = [f"n[1-{NODES}]"] * len(lists[::20])
    return [f"partition{number:03}|{nodes}" for number, nodes in enumerate(lists)]


def _reservations() -> list[str]:
    return [
        f"ReservationName=r{number} StartTime=2026-01-31T12:00:00 EndTime=2026-01-31T14:00:00 "
        f"Nodes=n{number} NodeCnt=1 PartitionName=(null) Flags=MAINT,SPEC_NODES TRES=cpu=4 State=INACTIVE"
        for number in range(ROWS)
    ]


def _bounded_by(lines: list[str]) -> bytes:
    return "\n".join(["", BOUNDARY, *lines, BOUNDARY, ""]).encode()


def _lines(output: bytes) -> list[str]:
    return split_outputs(output, BOUNDARY, 1, PLAIN)[0]


if __name__ == "__main__":
    sys.exit(main())
