"""A fault while runs are pruned is reported, and no run is lost that is to be kept."""

import pytest

from tests.contract.prune_faults import FAULTS, Fault, outcome


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.words)
def test_a_fault_is_reported_and_the_next_pruning_leaves_just_the_newest_runs(fault: Fault) -> None:
    struck = outcome(fault)
    assert (struck.exit_status, struck.deleted) == (fault.exit_status, fault.deleted)
    assert struck.deleted_next == 5 - fault.deleted
    assert struck.left == tuple(range(6, 16))
    assert fault.shows in struck.shown
    assert bool(struck.shown) == bool(fault.shows)
