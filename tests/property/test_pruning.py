"""Ten thousand runs, pruned hour by hour on a virtual clock by a GitHub that keeps to its limits."""

import tracemalloc
from datetime import timedelta

import pytest

from cluster_status.errors import ExitStatus
from tests.fakes.pruner import Pruner

KEPT = 10


def prune_to_the_end(pruner: Pruner) -> int:
    """Prune each hour, as a scheduled workflow would; return how many runs that took."""
    for count in range(1, 50):
        begin = pruner.clock.monotonic()
        assert pruner.prune() is ExitStatus.OK
        assert pruner.clock.monotonic() - begin <= pruner.budget_seconds
        if not pruner.tally.left:
            return count
        pruner.clock.advance(timedelta(hours=1))
    raise AssertionError("it does not end")


def prove_no_haste(pruner: Pruner) -> None:
    """Hold that each request was answered as wanted: none was one too many for GitHub."""
    assert {status for _, status in pruner.wire.statuses} <= {200, 204}


def test_ten_thousand_runs_go_in_fifteen_runs_and_no_request_is_one_too_many() -> None:
    pruner = Pruner()
    pruner.poll(10_000)
    newest = [run.number for run in pruner.github.runs[-KEPT:]]
    assert prune_to_the_end(pruner) == 15
    prove_no_haste(pruner)
    assert pruner.numbers == newest
    assert pruner.wire.count("delete-run") == 9_990
    # a list for each hundred runs, and of a kept ten in each of the fifteen runs: 101.4 pages at the least
    assert pruner.wire.count("list-runs") <= 103
    assert pruner.wire.count("list") <= 120


def test_in_one_go_a_list_is_enough_for_each_hundred_runs() -> None:
    pruner = Pruner(rate_limit=15_000)  # as of an enterprise
    pruner.budget_seconds = 3600.0
    pruner.poll(3_000)
    assert prune_to_the_end(pruner) == 1
    prove_no_haste(pruner)
    assert (pruner.wire.count("delete-run"), pruner.wire.count("list-runs")) == (2_990, 30)


@pytest.mark.parametrize("requests", [3, 50, 333])
def test_killed_wherever_it_may_be_it_ends_with_the_same(requests: int) -> None:
    pruner = Pruner()
    pruner.poll(400)
    pruner.wire.broken_after = requests
    with pytest.raises(KeyboardInterrupt):
        prune_to_the_end(pruner)
    pruner.new_wire()
    pruner.clock.advance(timedelta(hours=1))
    prune_to_the_end(pruner)
    prove_no_haste(pruner)
    assert pruner.numbers == list(range(391, 401))


def test_a_list_in_no_order_only_makes_it_take_longer() -> None:
    pruner = Pruner(newest_first=False)
    pruner.poll(800)
    prune_to_the_end(pruner)
    prove_no_haste(pruner)
    assert pruner.numbers == list(range(791, 801))


def test_however_many_runs_there_are_it_takes_no_more_memory() -> None:
    peaks = []
    for count in (400, 4_000):
        pruner = Pruner(rate_limit=600)
        pruner.poll(count)
        tracemalloc.start()
        pruner.prune()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
