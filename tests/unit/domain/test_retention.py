"""Which runs may go: nothing that is in doubt."""

from datetime import UTC, datetime, timedelta

from cluster_status.domain.artifact import TRIED_AT_MOST, Listed, Uploader
from cluster_status.domain.retention import Survey, WorkflowRun, beyond

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def run(number: int, *, completed: bool = True) -> WorkflowRun:
    return WorkflowRun(number, number, BEGIN + timedelta(hours=number), completed)


def artifact(number: int, name: str = "cluster-status-a") -> Listed:
    created_at = BEGIN + timedelta(hours=number)
    uploader = Uploader(number, "main", 1, 1)
    return Listed(number, expired=False, name=name, created_at=created_at, workflow_run=uploader)


def test_the_newest_completed_ones_stay_in_whatever_order_they_are_listed() -> None:
    listed = [run(3), run(9), run(1), run(8, completed=False), run(5), run(3)]
    assert [each.number for each in beyond(listed, 2)] == [1, 3]
    assert beyond(listed, 4) == beyond(listed, 9) == []
    assert [each.number for each in beyond(listed, 0)] == [1, 3, 5, 9]


def test_nothing_is_known_of_artifacts_that_were_not_read() -> None:
    assert not Survey().covers(run(1))


def test_a_page_tells_of_the_runs_since_its_end_and_an_hour() -> None:
    survey = Survey()
    survey.read([artifact(9), artifact(7)], total=9, is_last=False)
    assert [number for number in range(6, 10) if survey.covers(run(number))] == [8, 9]
    survey.read([artifact(5)], total=9, is_last=True)
    assert survey.covers(run(1))


def test_a_page_out_of_order_tells_nothing_until_the_last_one() -> None:
    survey = Survey()
    survey.read([artifact(7), artifact(9)], total=9, is_last=False)
    survey.read([artifact(6), artifact(5)], total=9, is_last=False)
    assert not survey.covers(run(9))
    survey.read([artifact(1)], total=9, is_last=True)
    assert survey.covers(run(1))


def test_where_artifacts_vanish_while_they_are_listed_only_runs_that_were_asked_are_known() -> None:
    survey = Survey()
    survey.read([artifact(9), artifact(7)], total=9, is_last=False)
    survey.read([artifact(5)], total=8, is_last=True)
    assert not survey.covers(run(9))
    survey.ask(3, [artifact(3)])
    assert survey.covers(run(3))


def test_the_newest_copies_of_each_history_are_held_and_others_are_none() -> None:
    survey = Survey()
    copies = [artifact(number) for number in range(20, 10, -1)]
    others = [
        artifact(9, "cluster-status-a.2"),
        artifact(8, "cluster-status-b"),
        artifact(7, "coverage"),
    ]
    survey.read(copies + others, total=13, is_last=True)
    assert survey.holders() == {*range(20, 20 - TRIED_AT_MOST, -1), 8}


def test_a_copy_that_is_listed_twice_counts_once() -> None:
    survey = Survey()
    survey.read([artifact(5), artifact(4)], total=5, is_last=False)
    survey.read([artifact(4), artifact(3), artifact(2)], total=5, is_last=True)
    assert survey.holders() == {5, 4, 3}
