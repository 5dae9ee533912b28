"""The table of docs/prune-faults.md holds."""

from pathlib import Path

import pytest

from tests.contract.prune_faults import FAULTS, Fault, outcome

DOCUMENT = (Path(__file__).parents[2] / "docs" / "prune-faults.md").read_text()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.words)
def test_a_fault_shows_as_documented_and_no_run_is_lost_that_was_to_stay(fault: Fault) -> None:
    struck = outcome(fault)
    assert struck.left == tuple(range(6, 16))
    assert struck.row in DOCUMENT.splitlines()


def test_the_document_has_no_other_rows() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("|")]
    assert len(rows) == len(FAULTS) + 2
