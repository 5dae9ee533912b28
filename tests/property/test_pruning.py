"""Ten thousand runs, pruned hour by hour on a virtual clock, with GitHub's limits."""

import tracemalloc
from datetime import timedelta

import pytest

from cluster_status.errors import ExitStatus
from tests.fakes.pruner import Pruner

KEPT = 10


def prune_to_the_end(pruner: Pruner) -> int:
    """Prune each hour, as a scheduled workflow does; return how many prunes that took."""
    for count in range(1, 50):
        begin = pruner.clock.monotonic()
        assert pruner.prune() is ExitStatus.OK
        assert pruner.clock.monotonic() - begin <= pruner.budget_seconds
        if not pruner.result.left:
            return count
        pruner.clock.advance(timedelta(hours=1))
    raise AssertionError("50 prunes are not enough")


def assert_no_limit_was_exceeded(pruner: Pruner) -> None:
    assert {status for _, status in pruner.wire.statuses} <= {200, 204}


def test_ten_thousand_runs_are_deleted_in_fifteen_prunes_within_the_limits() -> None:
    pruner = Pruner()
    pruner.poll(10_000)
    newest = [run.number for run in pruner.github.runs[-KEPT:]]
    assert prune_to_the_end(pruner) == 15
    assert_no_limit_was_exceeded(pruner)
    assert pruner.numbers == newest
    assert pruner.wire.count("delete-run") == 9_990
    # a page for each hundred runs; each of the fifteen prunes lists the ten that are kept: at least 101.4
    assert pruner.wire.count("list-runs") <= 103
    assert pruner.wire.count("list") <= 120


def test_a_prune_lists_one_page_for_each_hundred_runs() -> None:
    pruner = Pruner(rate_limit=15_000)  # of an enterprise
    pruner.budget_seconds = 3600.0
    pruner.poll(3_000)
    assert prune_to_the_end(pruner) == 1
    assert_no_limit_was_exceeded(pruner)
    assert (pruner.wire.count("delete-run"), pruner.wire.count("list-runs")) == (2_990, 30)


@pytest.mark.parametrize("requests", [3, 50, 333])
def test_a_prune_after_a_killed_one_ends_with_the_same_runs(requests: int) -> None:
    pruner = Pruner()
    pruner.poll(400)
    pruner.wire.killed_after = requests
    with pytest.raises(KeyboardInterrupt):
        prune_to_the_end(pruner)
    pruner.new_wire()
    pruner.clock.advance(timedelta(hours=1))
    prune_to_the_end(pruner)
    assert_no_limit_was_exceeded(pruner)
    assert pruner.numbers == list(range(391, 401))


def test_unsorted_lists_do_not_change_the_result() -> None:
    pruner = Pruner(newest_first=False)
    pruner.poll(800)
    prune_to_the_end(pruner)
    assert_no_limit_was_exceeded(pruner)
    assert pruner.numbers == list(range(791, 801))


def test_memory_does_not_grow_with_the_number_of_runs() -> None:
    peaks = []
    for count in (400, 4_000):
        pruner = Pruner(rate_limit=600)
        pruner.poll(count)
        tracemalloc.start()
        pruner.prune()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
