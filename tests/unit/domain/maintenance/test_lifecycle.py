"""The table of the life of a maintenance window."""

from collections.abc import Iterator
from itertools import product

import pytest

from cluster_status.domain.maintenance.lifecycle import LIFECYCLE, Found, Phase, Stage, Step, WindowEvent

BEFORE = (Phase.FAR, Phase.EARLY, Phase.DAY)
NOT_BEGUN = (Stage.ANNOUNCED, Stage.REMINDED)


def cells() -> Iterator[tuple[Stage, Phase, Found, Step]]:
    for stage, phases in LIFECYCLE.items():
        for phase, row in phases.items():
            for found, step in row.items():
                yield stage, phase, found, step


def test_the_table_of_the_life_of_a_window_is_total() -> None:
    assert [cell[:3] for cell in cells()] == [*product(Stage, Phase, Found)]


def test_nothing_is_sent_while_the_reservations_are_not_read() -> None:
    assert {step.event for _, _, found, step in cells() if found is Found.UNREAD} == {None}


def test_a_window_that_was_not_announced_is_only_announced() -> None:
    assert {step.event for stage, _, _, step in cells() if stage is Stage.LISTED} == {
        None,
        WindowEvent.SCHEDULED,
    }


@pytest.mark.parametrize(("stage", "phase"), [*product(NOT_BEGUN, [*BEFORE, Phase.INSIDE])])
def test_an_announced_window_that_is_gone_before_its_begin_was_notified_is_cancelled(
    stage: Stage, phase: Phase
) -> None:
    assert LIFECYCLE[stage][phase][Found.GONE] == Step(None, WindowEvent.CANCELLED)


@pytest.mark.parametrize(("stage", "phase"), [*product([*NOT_BEGUN, Stage.RUNNING, Stage.OVER], BEFORE)])
def test_a_window_that_is_moved_to_a_later_time_is_changed(stage: Stage, phase: Phase) -> None:
    assert LIFECYCLE[stage][phase][Found.CHANGED].event is WindowEvent.CHANGED


def test_a_window_is_announced_twice_at_most_unless_it_changes() -> None:
    announcing = {(stage, phase) for stage, phase, _, step in cells() if step.event is WindowEvent.SCHEDULED}
    assert announcing == {
        (Stage.LISTED, Phase.EARLY),
        (Stage.LISTED, Phase.DAY),
        (Stage.ANNOUNCED, Phase.DAY),
    }
    for stage, phase, _, step in cells():
        if step.event is WindowEvent.SCHEDULED:
            assert step.stage is (Stage.REMINDED if phase is Phase.DAY else Stage.ANNOUNCED), (stage, phase)


def test_a_begin_and_an_end_are_sent_only_when_the_stage_changes_with_them() -> None:
    for stage, phase, found, step in cells():
        if step.event is WindowEvent.STARTED:
            assert (stage in NOT_BEGUN, phase, step.stage) == (True, Phase.INSIDE, Stage.RUNNING), found
        if step.event is WindowEvent.ENDED:
            assert stage is Stage.RUNNING
            assert step.stage in {None, Stage.OVER}


def test_a_window_is_forgotten_only_when_it_is_gone() -> None:
    assert {found for _, _, found, step in cells() if step.stage is None} == {Found.GONE}
