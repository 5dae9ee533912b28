"""The history of a year of five-minute polls: its bytes, and the CPU time to restore, append and save it."""

import contextlib
import multiprocessing
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.history_file import HistoryFile
from cluster_status.adapters.http import Http
from cluster_status.domain.actions.artifact import artifact_name
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.ports import HistoryStore, Level
from tests.fakes.artifact_store import artifact_store
from tests.fakes.github import LoopbackGitHub
from tests.property.year import INTERVAL, ONLINE, POLLS_A_DAY, step, year

CLUSTER = "mscluster"
ROUNDS = 25
AGES = (1, 30, 90, 180, 365)  # days
MAX_BYTES = 200_000
MAX_BYTES_ZIPPED = 35_000
MIN_CLUSTERS = 200  # in one document
MAX_CPU_MS = 60.0
MAX_TIMES_DAY_ONE = 2.0


class Size(NamedTuple):
    day: int
    plain: int
    zipped: int


class Cost(NamedTuple):
    """CPU milliseconds of a poll with each store, without TLS and the probe."""

    file: float
    artifact: float


def main() -> int:
    """Measure and print; return 1 if a goal is missed."""
    sizes, aged = _grow()
    print(f"{'':<10} {'largest bytes':>14} {'zipped':>8}")
    for first, last in ((1, 1), (2, 30), (31, 180), (181, 365)):
        span = [size for size in sizes if first <= size.day <= last]
        title = f"day {first}" if first == last else f"day {first}-{last}"
        print(f"{title:<10} {max(one.plain for one in span):14,} {max(one.zipped for one in span):8,}")
    costs = {age: _costs(history) for age, history in aged.items()}
    print(f"\nCPU ms, median of {ROUNDS}    file  artifact")
    for age, cost in costs.items():
        print(f"day {age:<19} {cost.file:7.2f} {cost.artifact:9.2f}")
    return _report(sizes, costs)


def _grow() -> tuple[list[Size], dict[int, History]]:
    sizes, aged = [], {}
    for number, history in enumerate(year(), 1):
        day, rest = divmod(number, POLLS_A_DAY)
        if rest == 0:
            content = codec.render(_document(history))
            if codec.render(codec.parse(content)) != content:
                raise SystemExit(f"the history of day {day} is not read back as it was written")
            sizes.append(Size(day, len(content), len(pack(content))))
        if rest == 0 and day in AGES:
            aged[day] = history
    return sizes, aged


def _document(history: History) -> Histories:
    return Histories().with_entry(CLUSTER, history)


def _costs(history: History) -> Cost:
    with tempfile.TemporaryDirectory() as directory:
        store = HistoryFile("history.json", Path(directory))
        store.save(_document(history))
        file = statistics.median(_poll(store) for _ in range(ROUNDS))
    return Cost(file, _cost_with_artifacts(history))


def _cost_with_artifacts(history: History) -> float:
    """Measure in another process, because the fake of GitHub runs in this one."""
    parent, child = multiprocessing.Pipe()
    with LoopbackGitHub() as github:
        github.plant(artifact_name(CLUSTER), pack(codec.render(_document(history))))
        poller = multiprocessing.get_context("spawn").Process(target=_poll_in_runs, args=(child,))
        poller.start()
        costs = list[float]()
        for _ in range(ROUNDS):
            run = github.start_run(permission="write")
            parent.send((dict(run.environment), run.github_token))
            costs.append(float(parent.recv()))
            run.finish()
        parent.send(None)
        poller.join()
    return statistics.median(costs)


def _poll_in_runs(parent: Connection) -> None:
    while (message := parent.recv()) is not None:
        environment, token = message
        with contextlib.closing(Http()) as http:
            parent.send(_poll(artifact_store(environment, token, http, SystemClock(), _fail)))


def _fail(_level: Level, text: str) -> None:
    sys.exit(text)


def _poll(store: HistoryStore) -> float:
    """Restore, append and save once; return the CPU time in milliseconds."""
    begin = time.process_time()
    histories = store.load()
    if histories is None:
        raise SystemExit("there is no history to continue")
    history = histories.of(CLUSTER)
    continued = step(history, ONLINE, history.record.polls[-1].at + INTERVAL)
    store.save(histories.with_entry(CLUSTER, continued))
    return (time.process_time() - begin) * 1000


def _report(sizes: list[Size], costs: dict[int, Cost]) -> int:
    plain, zipped = max(one.plain for one in sizes), max(one.zipped for one in sizes)
    clusters = codec.MAX_BYTES // plain
    cpu = max(max(cost) for cost in costs.values())
    times = costs[AGES[-1]].artifact / costs[AGES[0]].artifact
    goals = {
        f"{plain:,} bytes at the most (goal: {MAX_BYTES:,})": plain <= MAX_BYTES,
        f"{zipped:,} bytes zipped (goal: {MAX_BYTES_ZIPPED:,})": zipped <= MAX_BYTES_ZIPPED,
        f"{clusters} clusters in one document (goal: {MIN_CLUSTERS})": clusters >= MIN_CLUSTERS,
        f"{cpu:.1f} ms of CPU (goal: {MAX_CPU_MS:g})": cpu <= MAX_CPU_MS,
        f"day 365 takes {times:.2f} times day 1 (goal: {MAX_TIMES_DAY_ONE:g})": times <= MAX_TIMES_DAY_ONE,
    }
    print()
    for goal, met in goals.items():
        print(f"{'met   ' if met else 'MISSED'} {goal}")
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
