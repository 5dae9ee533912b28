"""No run is deleted that has fewer newer runs than are kept, in any order of the list."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.actions.retention import WorkflowRun, excess_runs
from tests.property.steady import steady

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def run(number: int, *, completed: bool) -> WorkflowRun:
    return WorkflowRun(number, number, BEGIN + timedelta(hours=number), completed)


runs = st.lists(st.builds(run, st.integers(1, 30), completed=st.booleans()))


@steady
@given(runs, st.integers(0, 12))
def test_each_deleted_run_has_enough_newer_completed_runs(listed: list[WorkflowRun], keep: int) -> None:
    excess = excess_runs(listed, keep)
    completed = {each.number for each in listed if each.completed}
    assert [each.number for each in excess] == sorted(completed)[: max(0, len(completed) - keep)]
    assert all(each.completed for each in excess)
