"""When a probe asks which nodes count for the share in service, and since when nodes are down."""

from typing import Any

import pytest

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandResult, CommandTimeoutError, ConnectionLostError
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.commands import OUT_OF_SERVICE, TOTAL
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.probe_result import RememberedLogin
from tests.fakes.executor import ScriptedExecutor
from tests.unit.adapters.slurm.scripted_site import Output, site
from tests.unit.domain.build import NOON, counts, noon_plus

PARTITIONS_LISTED = "debug*|up|1:00|8|{}\nold|up|1:00|4|down\ngpu|up|1:00|2|idle"
TOTAL_LISTED = "8|{}\n4|down\n2|idle"


def shares(executor: ScriptedExecutor, *usual: str, **query: Any) -> ClusterState:
    """Return the state that a probe lists if these partitions are usual."""
    probe = SlurmProbe(executor, SlurmQuery(maintenance=False, **query), PLAIN)
    outcome = probe.probe(lambda: RememberedLogin(usual_partitions=usual), Deadline(60)).outcome
    assert isinstance(outcome, ClusterState), outcome
    return outcome


def listing(state: str, **outputs: Output) -> ScriptedExecutor:
    """Return a site with the partitions above, which answers TOTAL of some partitions with `counting`."""
    counting = outputs.pop("counting", f"8|{state}\n2|idle")
    listed = PARTITIONS_LISTED.format(state)
    script = site(partitions=listed, with_hidden=listed, total=TOTAL_LISTED.format(state), **outputs)
    return ScriptedExecutor(lambda command: counting if "'%D|%T' -p" in command else script(command))


def test_nodes_of_usual_partitions_do_not_count() -> None:
    executor = listing("idle")
    state = shares(executor, "old", "gone")
    assert (state.nodes.total, state.nodes.down) == (14, 4)
    assert state.counting == counts(idle=10)
    assert executor.commands[2:] == [TOTAL.of(["debug", "gpu"]).line("")]


def test_at_the_first_poll_nodes_of_partitions_that_are_out_of_service_do_not_count() -> None:
    probe = SlurmProbe(listing("idle"), SlurmQuery(maintenance=False), PLAIN)
    outcome = probe.probe(RememberedLogin, Deadline(60)).outcome
    assert isinstance(outcome, ClusterState)
    assert outcome.counting == counts(idle=10)
    assert outcome.counted
    assert "old" not in outcome.counted


@pytest.mark.parametrize("usual", [(), ("gone",), ("debug", "old", "gpu")])
def test_if_none_or_all_of_the_listed_partitions_are_usual_all_nodes_count(usual: tuple[str, ...]) -> None:
    executor = listing("idle")
    assert shares(executor, *usual).counting is None
    assert len(executor.lines) == 1


@pytest.mark.parametrize(
    "counting",
    [
        CommandResult(1, b"", b"slurm_load_partitions: error"),
        CommandTimeoutError(""),
        "",
        "0|n/a",
        "8",
        "8|idle|x",
    ],
)
def test_if_the_nodes_that_count_cannot_be_read_all_count(counting: Output) -> None:
    state = shares(listing("idle", counting=counting), "old")
    assert (state.nodes.total, state.counting) == (14, None)


def test_a_name_that_is_not_safe_in_a_shell_is_not_passed_to_sinfo() -> None:
    listed = "debug*|up|1:00|8|idle\nold|up|1:00|4|down\na'b|up|1:00|2|idle"
    executor = ScriptedExecutor(site(partitions=listed, total="10|idle\n4|down"))
    assert shares(executor, "old").counting is None
    assert len(executor.lines) == 1


def test_below_the_threshold_the_times_of_nodes_that_are_down_are_read() -> None:
    executor = listing("down", out_of_service="4|2026-01-31T12:00:00|down\n8|2026-01-31T12:01:00|drained")
    assert shares(executor).out_since == ((NOON, 4), (noon_plus(1), 8))
    assert executor.commands[2] == OUT_OF_SERVICE.line("")


@pytest.mark.parametrize(
    ("usual", "patterns", "names"),
    [((), ("*",), "debug,old,gpu"), (("old",), (), "debug,gpu"), (("old",), ("*",), "debug,gpu")],
)
def test_the_times_are_those_of_the_nodes_that_count(
    usual: tuple[str, ...], patterns: tuple[str, ...], names: str
) -> None:
    executor = listing("down")
    shares(executor, *usual, partitions=PartitionFilter(patterns))
    assert OUT_OF_SERVICE.of(names.split(",")).line("") in executor.commands


@pytest.mark.parametrize(("degraded_below", "asked"), [(10, False), (14, False), (15, True), (100, True)])
def test_the_times_are_read_only_below_the_threshold(degraded_below: int, *, asked: bool) -> None:
    executor = listing("down")  # 2 of 14 nodes are in service
    shares(executor, degraded_below=degraded_below)
    assert any("%H" in command for command in executor.commands) is asked


def test_the_threshold_applies_to_the_nodes_that_count() -> None:
    executor = listing("idle")
    shares(executor, "old", degraded_below=100)
    assert [command for command in executor.commands if "%H" in command] == []


@pytest.mark.parametrize("output", ["8|idle", CommandResult(1, b"", b"error"), ConnectionLostError("")])
def test_if_the_times_cannot_be_read_there_are_none(output: Output) -> None:
    assert shares(listing("down", out_of_service=output)).out_since == ()
