"""Pending jobs as squeue lists them."""

import pytest

from cluster_status.domain.slurm.cluster_state import Pending
from cluster_status.domain.slurm.pending import are_visible, parse
from tests.unit.domain.build import NOON, noon_plus

EARLY, LATE = "2026-01-31T12:00:00", "2026-01-31T12:05:00"


def test_jobs_are_counted_in_each_of_their_partitions() -> None:
    lines = [f"batch,gpu|4|N/A|{LATE}|Priority", f"batch|1|N/A|{EARLY}|Resources"]
    assert parse(lines, ["batch", "gpu", "fat"]) == {
        "batch": Pending(2, 5, NOON),
        "gpu": Pending(1, 4, noon_plus(5)),
        "fat": Pending(),
    }


@pytest.mark.parametrize(
    ("tasks", "count"),
    [("N/A", 1), ("7", 1), ("0-49999%50", 50_000), ("[1-3,8]", 4), ("0-10:5", 3), ("1,3,5-6%2", 4)],
)
def test_the_tasks_of_an_array_are_jobs(tasks: str, count: int) -> None:
    assert parse([f"batch|2|{tasks}|{EARLY}|None"], ["batch"]) == {"batch": Pending(count, 2 * count, NOON)}


@pytest.mark.parametrize("reason", ["JobHeldUser", "(Dependency)", "BeginTime", "JobArrayTaskLimit"])
def test_jobs_that_idle_nodes_would_not_start_do_not_count(reason: str) -> None:
    assert parse([f"batch|2|N/A|{EARLY}|{reason}"], ["batch"]) == {"batch": Pending()}


def test_large_numbers_can_have_a_unit() -> None:
    assert parse([f"batch|2K|N/A|{EARLY}|Priority"], ["batch"]) == {"batch": Pending(1, 2048, NOON)}


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "batch|1|N/A|N/A|Priority",
        "batch|x|N/A|2026-01-31T12:00:00|Priority",
        "batch|1|0-3,...|2026-01-31T12:00:00|Priority",
        "batch|1|5-3|2026-01-31T12:00:00|Priority",
        "batch|1|0-9:0|2026-01-31T12:00:00|Priority",
    ],
)
def test_a_line_of_another_format_leaves_nothing(line: str) -> None:
    assert parse([line], ["batch"]) == {}


@pytest.mark.parametrize(
    ("line", "visible"),
    [
        ("PrivateData             = none", True),
        ("PrivateData             = usage,users", True),
        ("PrivateData             = accounts,jobs,usage", False),
        ("PrivateData             = all", False),
        ("PriorityType = priority/basic", False),
    ],
)
def test_private_data_can_hide_jobs(line: str, visible: bool) -> None:  # noqa: FBT001
    assert are_visible(["Configuration data as of 2026-01-31T12:00:00", line]) is visible
