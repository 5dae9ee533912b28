"""Whatever runs are listed, in whatever order: none goes that has not enough newer ones."""

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
def test_whatever_goes_has_enough_newer_completed_ones(listed: list[WorkflowRun], keep: int) -> None:
    going = excess_runs(listed, keep)
    completed = {each.number for each in listed if each.completed}
    assert [each.number for each in going] == sorted(completed)[: max(0, len(completed) - keep)]
    assert all(each.completed for each in going)
