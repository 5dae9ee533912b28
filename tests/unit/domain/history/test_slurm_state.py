import pytest
from msgspec.structs import replace

from cluster_status.domain.history.slurm_state import MOST_PARTITIONS, SlurmState, remember_answer
from cluster_status.domain.slurm.cluster_state import ClusterState
from tests.unit.domain.build import cluster_state

NODES, NO_NODES = cluster_state(idle=4), cluster_state()


def remembered(*answers: ClusterState) -> SlurmState:
    state = SlurmState()
    for answer in answers:
        state = remember_answer(state, answer, login_shell=False)
    return state


@pytest.mark.parametrize("login_shell", [False, True])
def test_the_kind_of_shell_that_worked_last_is_remembered(*, login_shell: bool) -> None:
    before = remember_answer(SlurmState(), NODES, login_shell=not login_shell)
    assert remember_answer(before, NODES, login_shell=login_shell).login_shell is login_shell


def test_nodes_stay_seen_when_none_is_listed_any_more() -> None:
    assert not remembered(NO_NODES).nodes_seen
    assert remembered(NODES, NO_NODES).nodes_seen


def test_an_empty_answer_is_usual_after_three_separate_periods() -> None:
    period = [NO_NODES, NO_NODES, NODES]
    assert not remembered(NODES, *period, *period, NO_NODES).empty_is_usual
    assert not remembered(NODES, *10 * [NO_NODES]).empty_is_usual
    assert remembered(NODES, *3 * period, NO_NODES).empty_is_usual


def test_an_empty_answer_is_usual_after_nodes_that_were_powered_down() -> None:
    powered_down = cluster_state(idle=1, powered_down=3)
    assert remembered(powered_down, NO_NODES, NO_NODES).empty_is_usual
    assert not remembered(powered_down, NODES, NO_NODES).empty_is_usual


def test_the_number_of_periods_stays_small() -> None:
    assert remembered(*100 * [NO_NODES, NODES]).empty_periods == 3


def chosen(*patterns: str, unmatched: tuple[str, ...] = ()) -> ClusterState:
    return replace(NODES, patterns=patterns, unmatched_patterns=unmatched)


def test_partitions_of_the_input_stay_seen_as_long_as_the_input_has_them() -> None:
    before = remembered(chosen("gpu", "fat*", "typo", unmatched=("typo",)))
    assert before.partitions == ("gpu", "fat*")
    after = remember_answer(before, chosen("gpu", "fat*", unmatched=("gpu", "fat*")), login_shell=False)
    assert after.partitions == ("gpu", "fat*")
    assert remember_answer(after, chosen("gpu"), login_shell=False).partitions == ("gpu",)


def test_long_names_and_more_than_fifty_are_not_remembered() -> None:
    assert remembered(chosen("x" * 64, "x" * 65, "ü" * 33)).partitions == ("x" * 64,)
    names = [f"p{number}" for number in range(100)]
    assert remembered(chosen(*names)).partitions == tuple(names[:MOST_PARTITIONS])
