"""Runs are deleted only if their artifacts are known."""

from datetime import UTC, datetime, timedelta

from cluster_status.domain.actions.artifact import RESTORE_ATTEMPTS, Artifact, ArtifactRun
from cluster_status.domain.actions.retention import ArtifactIndex, WorkflowRun, excess_runs

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def run(number: int, *, completed: bool = True) -> WorkflowRun:
    return WorkflowRun(number, number, BEGIN + timedelta(hours=number), completed)


def artifact(number: int, name: str = "cluster-status-a") -> Artifact:
    created_at = BEGIN + timedelta(hours=number)
    uploader = ArtifactRun(number, "main", 1, 1)
    return Artifact(number, expired=False, name=name, created_at=created_at, workflow_run=uploader)


def test_the_newest_completed_runs_are_kept_in_any_order_of_the_list() -> None:
    listed = [run(3), run(9), run(1), run(8, completed=False), run(5), run(3)]
    assert [each.number for each in excess_runs(listed, 2)] == [1, 3]
    assert excess_runs(listed, 4) == excess_runs(listed, 9) == []
    assert [each.number for each in excess_runs(listed, 0)] == [1, 3, 5, 9]


def test_an_empty_index_covers_no_run() -> None:
    assert not ArtifactIndex().covers(run(1))


def test_a_page_covers_the_runs_from_an_hour_after_its_last_artifact() -> None:
    index = ArtifactIndex()
    index.add_page([artifact(9), artifact(7)], total=9, is_last=False)
    assert [number for number in range(6, 10) if index.covers(run(number))] == [8, 9]
    index.add_page([artifact(5)], total=9, is_last=True)
    assert index.covers(run(1))


def test_unsorted_pages_cover_no_run_before_the_last_page() -> None:
    index = ArtifactIndex()
    index.add_page([artifact(7), artifact(9)], total=9, is_last=False)
    index.add_page([artifact(6), artifact(5)], total=9, is_last=False)
    assert not index.covers(run(9))
    index.add_page([artifact(1)], total=9, is_last=True)
    assert index.covers(run(1))


def test_a_list_that_gets_shorter_covers_only_runs_that_were_asked_for() -> None:
    index = ArtifactIndex()
    index.add_page([artifact(9), artifact(7)], total=9, is_last=False)
    index.add_page([artifact(5)], total=8, is_last=True)
    assert not index.covers(run(9))
    index.add_run(3, [artifact(3)])
    assert index.covers(run(3))


def test_runs_with_the_newest_copies_of_a_history_are_found() -> None:
    index = ArtifactIndex()
    copies = [artifact(number) for number in range(20, 10, -1)]
    others = [
        artifact(9, "cluster-status-a.2"),
        artifact(8, "cluster-status-b"),
        artifact(7, "coverage"),
    ]
    index.add_page(copies + others, total=13, is_last=True)
    assert index.runs_with_history() == {*range(20, 20 - RESTORE_ATTEMPTS, -1), 8}


def test_an_artifact_that_is_listed_twice_counts_once() -> None:
    index = ArtifactIndex()
    index.add_page([artifact(5), artifact(4)], total=5, is_last=False)
    index.add_page([artifact(4), artifact(3), artifact(2)], total=5, is_last=True)
    assert index.runs_with_history() == {5, 4, 3}
