"""The sentences about partitions, as a message has them."""

import pytest

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.change import MOST_NAMED, changes
from cluster_status.domain.status.partitions.state import PartitionChange, PartitionState, Problem
from tests.unit.domain.build import POLICY, notification, period

DEGRADED = period(Status.DEGRADED, Cause.PARTITION_DOWN)


def sentence(*partitions: PartitionChange, event: Event = Event.DEGRADED) -> str:
    status = period(Status.ONLINE) if event is Event.RECOVERY else DEGRADED
    return compose(notification(event, status, partitions=partitions), "hpc", POLICY, None).sentence


def named(problem: Problem, *names: str, availability: str = "") -> tuple[PartitionChange, ...]:
    return tuple(PartitionChange(name, problem, availability) for name in names)


@pytest.mark.parametrize(
    ("problem", "one", "two"),
    [
        (Problem.NO_NODES, "No node of a is in service.", "No node of a and b is in service."),
        (
            Problem.DRAINING,
            "All nodes of a drain: no new jobs start in it.",
            "All nodes of a and b drain: no new jobs start in them.",
        ),
        (
            Problem.NOT_UP,
            "Partition a takes no new jobs (drain).",
            "Partitions a and b take no new jobs (drain).",
        ),
        (Problem.UNLISTED, "Partition a is no longer listed.", "Partitions a and b are no longer listed."),
        (Problem.MAINTENANCE, "Partition a is in maintenance.", "Partitions a and b are in maintenance."),
    ],
)
def test_each_problem_has_a_sentence_for_one_partition_and_for_several(
    problem: Problem, one: str, two: str
) -> None:
    word = "drain" if problem is Problem.NOT_UP else ""
    assert sentence(*named(problem, "a", availability=word)).endswith(one)
    assert sentence(*named(problem, "a", "b", availability=word)).endswith(two)


def test_a_problem_of_a_later_version_has_a_general_sentence() -> None:
    assert sentence(*named(Problem("no-licenses"), "a")) == "Partition a is out of service."


def test_each_problem_and_each_availability_has_a_sentence_of_its_own() -> None:
    partitions = (
        *named(Problem.NO_NODES, "a"),
        *named(Problem.NOT_UP, "b", availability="drain"),
        *named(Problem.NO_NODES, "c"),
        *named(Problem.NOT_UP, "d", availability="down"),
    )
    assert sentence(*partitions) == (
        "Partition d takes no new jobs (down). Partition b takes no new jobs (drain). "
        "No node of a and c is in service."
    )


@pytest.mark.parametrize(
    ("also", "shown"),
    [
        (("b",), "a (also b)"),
        (("b", "c", "d"), "a (also b, c, d)"),
        (("b", "c", "d", "e"), "a (also b, c, d, …)"),
    ],
)
def test_partitions_that_share_nodes_are_in_brackets(also: tuple[str, ...], shown: str) -> None:
    assert sentence(PartitionChange("a", Problem.NO_NODES, also=also)) == f"No node of {shown} is in service."


def test_a_return_has_a_sentence_for_those_in_maintenance_and_for_others() -> None:
    partitions = (PartitionChange("a"), PartitionChange("b"), PartitionChange("c", Problem.MAINTENANCE))
    assert sentence(*partitions, event=Event.RECOVERY) == (
        "Partitions a and b are back in service. Partition c is back from maintenance."
    )


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (MOST_NAMED, "p0, p1, p2, p3 and p4"),
        (MOST_NAMED + 1, "p0, p1, p2, p3, p4 and 1 more"),
        (2_000, "p0, p1, p2, p3, p4 and 1995 more"),
    ],
)
def test_names_beyond_the_first_five_are_counted(number: int, shown: str) -> None:
    names = [f"p{one}" for one in range(number)]
    states = dict.fromkeys(names, PartitionState(problem=Problem.NO_NODES))
    assert sentence(*changes(names, states, {})) == f"No node of {shown} is in service."


def test_a_name_that_cannot_be_stored_is_counted() -> None:
    names = ["a", "x" * 65, "b\x1b"]
    states = dict.fromkeys(names, PartitionState(problem=Problem.NO_NODES))
    assert sentence(*changes(names, states, {})) == "No node of a and 2 more is in service."
