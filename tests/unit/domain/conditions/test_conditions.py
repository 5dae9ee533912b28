"""Conditions over several polls: when one is notified, and which polls say nothing."""

import pytest
from msgspec.structs import replace

from cluster_status.domain.conditions.grammar import parse
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, Gpus, Pending
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from tests.unit.domain.build import (
    POLICY,
    Setup,
    cluster_state,
    events,
    failed,
    listed,
    noon_plus,
    partition,
    pending,
    polled,
)

UNKNOWN, REFUSED = failed(Cause.SINFO_FAILED), failed(Cause.REFUSED)


def few(*idle: int) -> list[ProbeResult]:
    return [listed(idle=number, allocated=20 - number) for number in idle]


def met(condition: str, *results: ProbeResult) -> list[int]:
    """Return the numbers of the polls, from 1, that notify of the condition."""
    setup = Setup(conditions=parse(condition))
    notified, history = [], History()
    for number, result in enumerate(results, 1):
        before = len(_of_conditions(history))
        history = polled(history, result, start=noon_plus(5 * number), setup=setup)
        notified += [number] if len(_of_conditions(history)) > before else []
    return notified


def _of_conditions(history: History) -> list[Event]:
    return [event for event in events(pending(history)) if event is Event.CONDITION_MET]


SEQUENCES = {
    "it becomes true once": (few(0, 12, 12, 15), [2]),
    "it is true in the first poll": (few(12, 12), [1]),
    "it is false once in between": (few(12, 0, 12), [1]),
    "it is false in two polls that are not in a row": (few(12, 0, 12, 0, 12), [1]),
    "it is false in two polls": (few(12, 0, 0, 12), [1, 4]),
    "it is false for long": (few(12, 0, 0, 0, 0, 12, 0, 0, 12), [1, 6, 9]),
    "an unknown poll is no false one": ([*few(12), UNKNOWN, UNKNOWN, *few(12)], [1]),
    "an unknown poll between two false ones": ([*few(12, 0), UNKNOWN, *few(0, 12)], [1, 5]),
    "a poll that does not reach the cluster": ([*few(12), REFUSED, REFUSED, REFUSED, *few(12)], [1]),
    "an unknown poll before it becomes true": ([*few(0), UNKNOWN, *few(12)], [3]),
    "it is never true": (few(0, 9, 0), []),
}


@pytest.mark.parametrize(("results", "notified"), SEQUENCES.values(), ids=SEQUENCES)
def test_a_condition_is_notified_once_until_it_was_false_for_two_polls(
    results: list[ProbeResult], notified: list[int]
) -> None:
    assert met("idle >= 10", *results) == notified


def test_the_message_has_the_condition_and_the_number() -> None:
    one = polled(History(), *few(0, 12), setup=Setup(conditions=parse("idle >= 10")))
    message = compose(pending(one)[-1], "hpc", POLICY, None)
    assert (message.headline, message.sentence) == ("hpc: idle >= 10", "idle >= 10: 12 now.")


def test_several_conditions_are_one_message() -> None:
    both = polled(History(), *few(0, 12), setup=Setup(conditions=parse("idle >= 10, allocated < 9")))
    message = compose(pending(both)[-1], "hpc", POLICY, None)
    assert message.headline == "hpc: 2 conditions are met"
    assert message.sentence == "idle >= 10: 12 now. allocated < 9: 8 now."


def test_only_channels_that_want_conditions_get_them() -> None:
    wants = replace(POLICY, kinds=frozenset({Kind.CONDITION}))
    does_not = replace(POLICY, kinds=frozenset({Kind.OUTAGE}))
    conditions = parse("idle >= 10")
    for policy, expected in ((wants, 1), (does_not, 0)):
        setup = Setup(conditions=conditions, channels=(policy,))
        assert len(_of_conditions(polled(History(), *few(0, 12), setup=setup))) == expected


def value(condition: str, state: ClusterState) -> int | None:
    [one] = parse(condition)
    return one.value_in(state)


GPUS = {"gpu": (Gpus("a100", 8, 3), Gpus("h100", 4, 4)), "old": (Gpus("k80", 4, None),)}
DETAILS = Details(gpus=GPUS, pending={"gpu": Pending(7, 9)}, unreadable_gpus={"odd": 2})
SITE = replace(
    cluster_state(
        partition("gpu", idle=2, powered_down=3, down=1),
        partition("old", idle=1),
        partition("odd", idle=1),
        partition("closed", availability="drain", idle=5),
        idle=9,
        powered_down=3,
        down=1,
    ),
    details=DETAILS,
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("idle > 0", 12),
        ("idle > 0 in gpu", 5),
        ("down > 0 in gpu", 1),
        ("idle > 0 in closed", 0),
        ("idle > 0 in nowhere", None),
        ("gpu > 0 in gpu", 7),
        ("gpu:a100 > 0 in gpu", 3),
        ("gpu:v100 > 0 in gpu", 0),
        ("gpu > 0 in closed", 0),
        ("gpu > 0 in old", None),
        ("gpu > 0 in odd", None),
        ("pending > 0 in gpu", 7),
        ("pending > 0 in old", None),
    ],
)
def test_the_number_is_that_of_the_partition_or_not_known(condition: str, expected: int | None) -> None:
    assert value(condition, SITE) == expected


def test_without_details_or_with_nodes_that_are_not_known_there_is_no_number() -> None:
    assert value("gpu > 0 in gpu", replace(SITE, details=None)) is None
    assert value("idle > 0", cluster_state(idle=1, unknown=9)) is None
    assert value("idle > 0", ClusterState(login_only=True)) is None
