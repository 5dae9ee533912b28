"""A year of simulated clusters: the messages, and the mistakes that an independent model finds in them.

Usage: python -m bench.fleet [DAYS]
"""

import statistics
import sys
from collections import Counter
from multiprocessing import get_context

from tests.property.fleet.fleet import Task, simulate

CLUSTERS, DAYS = 20, 365


def main() -> int:
    """Measure and print; return 1 if the judge finds a mistake."""
    days = int(sys.argv[1]) if sys.argv[1:] else DAYS
    mistakes, a_day, polls = Counter[str](), list[int](), 0
    with get_context("spawn").Pool(2) as pool:
        for outcome in pool.imap_unordered(simulate, [Task(number, days) for number in range(CLUSTERS)]):
            found = Counter(f"{one.kind.value}: {one.subject.value}" for one in outcome.mistakes)
            mistakes += found
            polls += outcome.polls
            a_day += outcome.messages_a_day
            print(
                f"cluster {outcome.task.cluster}: {outcome.polls} polls, {sum(found.values())} mistakes",
                flush=True,
            )
    print(f"{polls} polls of {CLUSTERS} clusters in {days} days")
    print(f"messages per cluster and day: median {statistics.median(a_day):g}, maximum {max(a_day)}")
    for name, number in mistakes.most_common():
        print(f"{number:6} {name}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
