"""The history of a year of five-minute polls: its bytes, and the CPU time to restore, append and save it.

Also of 100 clusters in one document: what each poll uploads, and what a month of polls stores.
"""

import contextlib
import multiprocessing
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from bench.goals import Goal, report
from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.history_file import HistoryFile
from cluster_status.adapters.http import Http
from cluster_status.domain.actions.artifact import artifact_name
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History, PollContext, advance
from cluster_status.domain.status.verdict import Criteria, judge
from cluster_status.domain.uptime.roll_up import RollUp
from cluster_status.ports import HistoryStore, Level
from tests.fakes.artifact_store import artifact_store
from tests.fakes.clock import VirtualClock
from tests.fakes.github import LoopbackGitHub
from tests.property.year import INTERVAL, ONLINE, POLLS_A_DAY, year
from tests.unit.domain.build import DIGESTS, POLICY

CLUSTER = "mscluster"
CLUSTERS = 100
ROUNDS = 25
AGES = (1, 30, 90, 180, 365)  # days
POLLS_A_MONTH = 30 * 144  # one every ten minutes
MAX_BYTES = 200_000
MAX_BYTES_ZIPPED = 35_000
MAX_BYTES_UPLOADED = 5_000  # a poll and cluster
MAX_CPU_MS = 60.0
MAX_CPU_MS_OF_CLUSTERS = 120.0
MAX_TIMES_DAY_ONE = 2.0


class Size(NamedTuple):
    day: int
    plain: int
    zipped: int


class Cost(NamedTuple):
    """CPU milliseconds of a poll with each store, without TLS and the probe."""

    file: float
    artifact: float


class Uploads(NamedTuple):
    """CPU milliseconds of a poll, and the bytes of its artifact: of most polls, and of the first a day."""

    cpu: float
    bytes: int
    bytes_once_a_day: int


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
    uploads = {number: _uploads(_similar(aged[AGES[-1]], number)) for number in (1, CLUSTERS)}
    print(f"\n{'a year of':<14} {'CPU ms':>7} {'bytes a poll':>14} {'once a day':>11} {'MB a month':>11}")
    for number, one in uploads.items():
        month = (POLLS_A_MONTH * one.bytes + 30 * one.bytes_once_a_day) / 1e6
        title = f"{number} cluster{'s' * (number > 1)}"
        print(f"{title:<14} {one.cpu:7.1f} {one.bytes:14,} {one.bytes_once_a_day:11,} {month:11,.0f}")
    return _report(sizes, costs, uploads[CLUSTERS])


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


def _similar(history: History, number: int) -> Histories:
    """Return the histories of this many clusters, which differ in each time and duration."""
    random = Random(1)  # noqa: S311 - the same at every run

    def moved(at: datetime) -> datetime:
        return at + timedelta(seconds=random.randrange(60))

    def varied(roll_up: RollUp) -> RollUp:
        if not roll_up.offline:
            return roll_up
        return replace(roll_up, offline=random.randrange(roll_up.offline + 1))

    def another(one: int) -> History:
        record = history.record
        ledger = record.ledger
        hours, days = tuple(map(varied, ledger.hours)), tuple(map(varied, ledger.days))
        incidents = tuple(
            replace(each, since=moved(each.since), until=moved(each.until)) for each in record.incidents
        )
        polls = tuple(replace(each, at=moved(each.at)) for each in record.polls[:-1])
        changed = replace(
            record,
            ledger=replace(ledger, hours=hours, days=days),
            incidents=incidents,
            polls=(*polls, record.polls[-1]),
        )
        return replace(history, name=f"{CLUSTER}{one}", record=changed)

    return Histories(clusters={f"{CLUSTER}{one}": another(one) for one in range(number)})


def _costs(history: History) -> Cost:
    with tempfile.TemporaryDirectory() as directory:
        store = HistoryFile("history.json", Path(directory))
        store.save(_document(history))
        file = statistics.median(_poll(store) for _ in range(ROUNDS))
    return Cost(file, _uploads(_document(history)).cpu)


def _uploads(histories: Histories) -> Uploads:
    """Measure in another process, because the fake of GitHub runs in this one."""
    parent, child = multiprocessing.Pipe()
    now = max(one.record.polls[-1].at for one in histories.clusters.values())
    with LoopbackGitHub(clock=lambda: now) as github:
        github.plant(artifact_name(CLUSTER), pack(codec.render(histories)))
        poller = multiprocessing.get_context("spawn").Process(target=_poll_in_runs, args=(child,))
        poller.start()
        costs, sizes = list[float](), list[int]()
        for _ in range(ROUNDS + 1):
            run = github.start_run(permission="write")
            parent.send((dict(run.environment), run.github_token, now))
            costs.append(float(parent.recv()))
            sizes.append(len(github.artifacts[-1].content))
            run.finish()
        parent.send(None)
        poller.join()
    return Uploads(statistics.median(costs[1:]), max(sizes[1:]), sizes[0])


def _poll_in_runs(parent: Connection) -> None:
    while (message := parent.recv()) is not None:
        environment, token, now = message
        with contextlib.closing(Http()) as http:
            parent.send(
                _poll(artifact_store(environment, token, http, VirtualClock(now), _fail, clusters=CLUSTERS))
            )


def _fail(_level: Level, text: str) -> None:
    sys.exit(text)


def _poll(store: HistoryStore) -> float:
    """Restore, append and save once; return the CPU time in milliseconds. The verdicts do not count."""
    begin = time.process_time()
    loaded = store.load()
    if loaded is None:
        raise SystemExit("there is no history to continue")
    histories = store.completed(loaded)
    restored = time.process_time()
    at = max(one.record.polls[-1].at for one in histories.clusters.values()) + INTERVAL
    criteria = Criteria(at=at, degraded_below=50, confirm_after=2)
    verdicts = {
        key: judge(ONLINE, one.known_server(DIGESTS, at, ONLINE), criteria)
        for key, one in histories.clusters.items()
    }
    context = PollContext(id="poll", at=at, digests=DIGESTS, channels=(POLICY,), in_turn=True)
    judged = time.process_time()
    clusters = {key: advance(one, ONLINE, verdicts[key], context) for key, one in histories.clusters.items()}
    store.save(replace(histories, clusters=clusters))
    return (time.process_time() - judged + restored - begin) * 1000


def _report(sizes: list[Size], costs: dict[int, Cost], uploads: Uploads) -> int:
    plain, zipped = max(one.plain for one in sizes), max(one.zipped for one in sizes)
    cpu = max(max(cost) for cost in costs.values())
    times = costs[AGES[-1]].artifact / costs[AGES[0]].artifact
    uploaded = uploads.bytes / CLUSTERS
    print()
    return report(
        [
            Goal("bytes of a year of five-minute polls", plain, MAX_BYTES),
            Goal("bytes of it, compressed", zipped, MAX_BYTES_ZIPPED),
            Goal("ms of CPU to restore, append and save", cpu, MAX_CPU_MS),
            Goal("times the first day, on day 365", times, MAX_TIMES_DAY_ONE),
            Goal("bytes uploaded a poll and cluster", uploaded, MAX_BYTES_UPLOADED),
            Goal(f"ms of CPU for {CLUSTERS} clusters", uploads.cpu, MAX_CPU_MS_OF_CLUSTERS),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
