"""Which runs may go: nothing that is in doubt."""

from datetime import UTC, datetime, timedelta

from cluster_status.domain.actions.artifact import TRIED_AT_MOST, Artifact, ArtifactRun
from cluster_status.domain.actions.retention import ArtifactIndex, WorkflowRun, excess_runs

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def run(number: int, *, completed: bool = True) -> WorkflowRun:
    return WorkflowRun(number, number, BEGIN + timedelta(hours=number), completed)


def artifact(number: int, name: str = "cluster-status-a") -> Artifact:
    created_at = BEGIN + timedelta(hours=number)
    uploader = ArtifactRun(number, "main", 1, 1)
    return Artifact(number, expired=False, name=name, created_at=created_at, workflow_run=uploader)


def test_the_newest_completed_ones_stay_in_whatever_order_they_are_listed() -> None:
    listed = [run(3), run(9), run(1), run(8, completed=False), run(5), run(3)]
    assert [each.number for each in excess_runs(listed, 2)] == [1, 3]
    assert excess_runs(listed, 4) == excess_runs(listed, 9) == []
    assert [each.number for each in excess_runs(listed, 0)] == [1, 3, 5, 9]


def test_nothing_is_known_of_artifacts_that_were_not_read() -> None:
    assert not ArtifactIndex().covers(run(1))


def test_a_page_tells_of_the_runs_since_its_end_and_an_hour() -> None:
    index = ArtifactIndex()
    index.read([artifact(9), artifact(7)], total=9, is_last=False)
    assert [number for number in range(6, 10) if index.covers(run(number))] == [8, 9]
    index.read([artifact(5)], total=9, is_last=True)
    assert index.covers(run(1))


def test_a_page_out_of_order_tells_nothing_until_the_last_one() -> None:
    index = ArtifactIndex()
    index.read([artifact(7), artifact(9)], total=9, is_last=False)
    index.read([artifact(6), artifact(5)], total=9, is_last=False)
    assert not index.covers(run(9))
    index.read([artifact(1)], total=9, is_last=True)
    assert index.covers(run(1))


def test_where_artifacts_vanish_while_they_are_listed_only_runs_that_were_asked_are_known() -> None:
    index = ArtifactIndex()
    index.read([artifact(9), artifact(7)], total=9, is_last=False)
    index.read([artifact(5)], total=8, is_last=True)
    assert not index.covers(run(9))
    index.ask(3, [artifact(3)])
    assert index.covers(run(3))


def test_the_newest_copies_of_each_history_are_held_and_others_are_none() -> None:
    index = ArtifactIndex()
    copies = [artifact(number) for number in range(20, 10, -1)]
    others = [
        artifact(9, "cluster-status-a.2"),
        artifact(8, "cluster-status-b"),
        artifact(7, "coverage"),
    ]
    index.read(copies + others, total=13, is_last=True)
    assert index.runs_with_history() == {*range(20, 20 - TRIED_AT_MOST, -1), 8}


def test_a_copy_that_is_listed_twice_counts_once() -> None:
    index = ArtifactIndex()
    index.read([artifact(5), artifact(4)], total=5, is_last=False)
    index.read([artifact(4), artifact(3), artifact(2)], total=5, is_last=True)
    assert index.runs_with_history() == {5, 4, 3}
