"""Runs are deleted only if their artifacts are known."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.actions.artifact import RESTORE_ATTEMPTS, Artifact, ArtifactRun
from cluster_status.domain.actions.retention import PAST_NAMED_FOR, ArtifactIndex, WorkflowRun, excess_runs

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


def index_of(*pages: list[Artifact], total: int, per_page: int = 2) -> ArtifactIndex:
    index = ArtifactIndex(per_page)
    for page in pages:
        index.add_page(page, total)
    return index


def reached(index: ArtifactIndex) -> list[int]:
    return [number for number in range(1, 10) if index.reaches(run(number))]


def test_an_empty_index_reaches_no_run() -> None:
    assert reached(ArtifactIndex()) == []


def test_a_page_reaches_the_runs_from_an_hour_after_its_last_artifact() -> None:
    index = index_of([artifact(9), artifact(7)], total=3)
    assert reached(index) == [8, 9]
    index.add_page([artifact(5)], total=3)
    assert reached(index) == [*range(1, 10)]


def test_unsorted_pages_reach_no_run_before_the_last_page() -> None:
    index = index_of([artifact(7), artifact(9)], [artifact(6), artifact(5)], total=5)
    assert reached(index) == []
    index.add_page([artifact(1)], total=5)
    assert reached(index) == [*range(1, 10)]


@pytest.mark.parametrize(
    ("pages", "totals"),
    [
        ([[9, 7], [5]], [4, 3]),  # it gets shorter: one may have moved to the page before
        ([[9, 7], []], [4, 4]),
        ([[9, 7], [9, 7]], [4, 4]),
        ([[9], [5, 4]], [4, 4]),
        ([[9, 7, 6]], [0]),
        ([[9, 7], [5, 4]], [4, 9]),
        ([[5, 4], [9, 7]], [6, 6]),
        ([[]], [3]),
    ],
    ids=str,
)
def test_pages_that_contradict_each_other_reach_no_run_with_missing_artifacts(
    pages: list[list[int]], totals: list[int]
) -> None:
    index = ArtifactIndex(2)
    for page, total in zip(pages, totals, strict=True):
        index.add_page([artifact(number) for number in page], total)
    assert not index.reaches(run(3))
    assert index.runs_to_ask([run(3)]) == [run(3)]


def test_a_run_is_asked_unless_a_list_that_reaches_it_shows_its_history() -> None:
    index = index_of([artifact(9), artifact(5, "coverage")], [artifact(2)], total=3)
    assert index.runs_to_ask([run(9), run(5), run(3), run(2)]) == [run(5), run(3)]
    index.add_run(5, [])
    assert index.runs_to_ask([run(9), run(5), run(3)]) == [run(3)]


def test_runs_with_the_newest_copies_of_a_history_are_found() -> None:
    copies = [artifact(number) for number in range(20, 10, -1)]
    others = [
        artifact(8, "cluster-status-b"),
        artifact(7, "coverage"),
    ]
    index = index_of(copies + others, total=12, per_page=100)
    assert index.runs_with_history() == {*range(20, 20 - RESTORE_ATTEMPTS, -1), 8}


def test_runs_are_found_that_may_hold_the_past_of_one_of_the_newest_copies() -> None:
    hours = int(PAST_NAMED_FOR / timedelta(hours=1))
    copies = [
        *(artifact(number) for number in (503, 502, 501)),
        artifact(500, "cluster-status-a.2"),
        replace(artifact(499, "cluster-status-a.2"), workflow_run=artifact(498).run),  # a second save
        artifact(498),
        artifact(501 - hours, "cluster-status-a.2"),
        artifact(500 - hours, "cluster-status-a.2"),
        replace(artifact(2, "cluster-status-a.2"), created_at=None),
    ]
    index = index_of(copies, total=len(copies), per_page=100)
    assert index.runs_with_history() == {503, 502, 501, 500, 501 - hours, 2}


def test_an_artifact_that_is_listed_twice_counts_once() -> None:
    index = index_of([artifact(5), artifact(4)], [artifact(4), artifact(3)], total=5)
    index.add_page([artifact(2)], 5)
    assert index.runs_with_history() == {5, 4, 3}


def test_a_list_that_does_not_show_the_run_of_a_history_is_not_believed() -> None:
    of_unknown_run = replace(artifact(9), workflow_run=None)
    assert index_of([artifact(9), replace(of_unknown_run, id=5, name="coverage")], total=2).is_believed
    assert not index_of([artifact(9), replace(of_unknown_run, id=5)], total=2).is_believed


@pytest.mark.parametrize("unknown", ["id", "head_branch", "head_repository_id", "repository_id"])
def test_a_copy_of_unknown_origin_protects_its_run_and_is_no_newer_copy(unknown: str) -> None:
    copies = [artifact(number) for number in range(9, 4, -1)]
    for number in (9, 8):
        copies[9 - number] = replace(
            copies[9 - number], workflow_run=replace(copies[9 - number].run, **{unknown: None})
        )
    index = ArtifactIndex()
    for one, number in zip(copies, range(9, 4, -1), strict=True):
        index.add_run(number, [one])
    assert index.runs_with_history() == {9, 8, 7, 6, 5}
