import pytest

from cluster_status.domain.slurm.out_of_service import parse
from tests.unit.domain.build import NOON, noon_plus


def test_nodes_are_counted_by_the_time_since_when_they_are_out_longest_first() -> None:
    lines = ["1|2026-01-31T12:01:00|down*", "2|2026-01-31T12:00:00|drained", "3|2026-01-31T12:01:00|drained"]
    assert parse(lines) == ((NOON, 2), (noon_plus(1), 4))


@pytest.mark.parametrize("state", ["draining", "maint", "drained$", "idle", "no such state"])
def test_nodes_in_other_states_are_left_out(state: str) -> None:
    assert parse([f"2|2026-01-31T12:00:00|{state}", "1|2026-01-31T12:00:00|down"]) == ((NOON, 1),)


def test_nodes_without_a_time_are_left_out() -> None:
    assert parse(["2|Unknown|down", "1|2026-01-31T12:00:00|down"]) == ((NOON, 1),)


@pytest.mark.parametrize("line", ["", "8|idle", "debug*|up|1:00|8|down", "x|2026-01-31T12:00:00|down", "|||"])
def test_a_line_of_another_format_leaves_nothing(line: str) -> None:
    assert parse([line, "1|2026-01-31T12:00:00|down"]) == ()
