"""The runs that a prune deletes and keeps, with a GitHub that counts requests."""

from datetime import timedelta

import pytest

from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from tests.fakes.github import Broken, Failed, Fault, RateLimited, Reset, SecondaryRateLimited
from tests.fakes.pruner import HISTORY, Pruner


@pytest.fixture
def pruner() -> Pruner:
    return Pruner()


# which runs are kept


def test_all_completed_runs_except_the_newest_are_deleted_the_oldest_first(pruner: Pruner) -> None:
    pruner.poll(15)
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == list(range(6, 16))
    deleted = [request.path for request in pruner.github.requests if request.method == "DELETE"]
    assert [int(path.rpartition("/")[2]) % 1000 for path in deleted] == [1, 2, 3, 4, 5]


def test_failed_and_cancelled_runs_count_as_completed(pruner: Pruner) -> None:
    for run, conclusion in zip(pruner.poll(4), ("success", "failure", "cancelled", "success"), strict=True):
        run.finish(conclusion)
    pruner.prune(keep=3)
    assert pruner.numbers == [2, 3, 4]


def test_a_run_in_progress_is_protected_and_does_not_count(pruner: Pruner) -> None:
    in_progress = pruner.github.start_run()
    pruner.poll(3, "no history")
    pruner.prune(keep=2)
    assert pruner.numbers == [in_progress.number, 3, 4]
    assert (pruner.result.kept, pruner.result.protected, pruner.result.deleted) == (2, 1, 1)


def test_the_run_that_prunes_is_protected_even_if_it_is_listed_as_completed(pruner: Pruner) -> None:
    runs = pruner.poll(4, "no history")
    pruner.prune(keep=1, current_run=runs[0].id)
    assert pruner.numbers == [1, 4]


def test_runs_of_other_workflows_are_not_deleted(pruner: Pruner) -> None:
    others = pruner.poll(3, "coverage", workflow="ci.yml")
    pruner.poll(3)
    pruner.prune(keep=1)
    assert {run.id for run in pruner.github.runs} >= {run.id for run in others}


def test_each_workflow_keeps_its_newest_runs(pruner: Pruner) -> None:
    for _ in range(3):
        pruner.poll()
        pruner.poll(workflow="other.yml")
    pruner.prune(keep=2, workflows=("poll.yml", "other.yml"))
    assert [(run.workflow, run.number) for run in pruner.github.runs] == [
        ("poll.yml", 2),
        ("other.yml", 2),
        ("poll.yml", 3),
        ("other.yml", 3),
    ]


@pytest.mark.parametrize("newest_first", [True, False], ids=["sorted", "unsorted"])
def test_the_runs_with_the_newest_history_of_each_cluster_and_branch_are_protected(
    *, newest_first: bool
) -> None:
    pruner = Pruner(newest_first=newest_first)
    [of_another_cluster] = pruner.poll(1, "cluster-status-another")
    [of_a_branch] = pruner.poll(branch="try")
    [saved_twice] = pruner.poll(1, "cluster-status-third", "cluster-status-third.2")
    pruner.poll(4)
    [expired] = pruner.poll(1, "coverage")
    pruner.add_artifact(expired, "cluster-status-fourth", expired=True)
    pruner.poll(8)
    pruner.prune(keep=1)
    assert {run.id for run in pruner.github.runs[:3]} == {
        of_another_cluster.id,
        of_a_branch.id,
        saved_twice.id,
    }
    # a poll tries the newest three artifacts
    assert pruner.numbers[3:] == [14, 15, 16]
    assert (pruner.result.kept, pruner.result.protected, pruner.result.deleted) == (1, 5, 10)


def test_a_history_from_a_fork_protects_no_run(pruner: Pruner) -> None:
    forged = pruner.github.plant("cluster-status-forged", b"", from_fork=True)
    pruner.poll(2)
    pruner.prune(keep=1)
    assert forged.run.id not in {run.id for run in pruner.github.runs}


def test_each_run_is_asked_for_its_artifacts_if_the_list_of_all_is_too_long(pruner: Pruner) -> None:
    [protected] = pruner.poll(1, "cluster-status-protected")
    pruner.poll(4)
    add_many_artifacts(pruner)
    pruner.poll(3)
    assert pruner.prune(keep=2) is ExitStatus.OK
    assert pruner.wire.count("list-of-run") == 6
    assert protected.id in {run.id for run in pruner.github.runs}
    assert (pruner.result.protected, pruner.result.deleted, pruner.result.left) == (2, 4, 0)


def add_many_artifacts(pruner: Pruner) -> None:
    """Make the list of all artifacts too long to be read."""
    pruner.poll(5, *(f"part-{number}" for number in range(100)), workflow="ci.yml")


def test_runs_whose_artifacts_are_not_known_are_not_deleted() -> None:
    pruner = Pruner(rate_limit=320)
    for number in range(20):
        pruner.poll(1, f"cluster-status-protected-{number}")
    add_many_artifacts(pruner)
    pruner.prune(keep=2)
    assert pruner.wire.count("list-of-run") == 7
    assert pruner.wire.count("delete-run") == 0
    assert (pruner.result.protected, pruner.result.left) == (7, 11)


def test_repeated_prunes_delete_all_runs_that_are_asked_for_their_artifacts() -> None:
    pruner = Pruner(rate_limit=320)
    pruner.poll(20)
    add_many_artifacts(pruner)
    pruner.poll(3)
    pruner.prune(keep=2)
    assert pruner.wire.count("list-of-run") == 7
    assert (pruner.result.protected, pruner.result.deleted, pruner.result.left) == (1, 6, 14)
    for _ in range(3):
        pruner.clock.advance(timedelta(hours=1))
        pruner.prune()
    assert pruner.result.left == 0
    assert sum(run.workflow == "poll.yml" for run in pruner.github.runs) == 3  # those with the newest copies


def test_a_dry_run_reports_the_runs_to_delete_and_deletes_none(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.prune(dry_run=True)
    assert pruner.wire.count("delete-run") == 0
    assert (pruner.result.deleted, len(pruner.github.runs)) == (5, 15)
    assert pruner.runner.sections[0].startswith("Runs to delete: 5\n")


def test_one_request_is_enough_if_there_is_nothing_to_delete(pruner: Pruner) -> None:
    pruner.poll(10)
    pruner.prune()
    assert pruner.wire.statuses == {("list-runs", 200): 1}
    assert pruner.runner.annotations == []


# limits


def test_three_hundred_requests_of_an_hour_are_kept_in_reserve() -> None:
    pruner = Pruner(rate_limit=350)
    pruner.poll(90)
    assert pruner.prune() is ExitStatus.OK
    assert pruner.wire.statuses.total() == 50
    assert (pruner.result.deleted, pruner.result.left) == (48, 32)
    [notice] = pruner.runner.of(Level.NOTICE)
    assert notice == (
        "GitHub's hourly limit is reached: 300 requests are kept for other workflows. "
        "Runs left: 32. The next prune continues."
    )


def test_a_prune_ends_with_its_time_budget_and_the_next_one_continues(pruner: Pruner) -> None:
    pruner.poll(60)
    pruner.budget_seconds = 10.0
    begin = pruner.clock.monotonic()
    assert pruner.prune() is ExitStatus.OK
    assert pruner.clock.monotonic() - begin <= 10
    assert 25 < pruner.result.deleted <= 28
    assert pruner.result.left == 50 - pruner.result.deleted
    pruner.prune()
    assert len(pruner.github.runs) == 10


def test_the_prune_after_a_killed_one_deletes_the_other_runs(pruner: Pruner) -> None:
    pruner.poll(60)
    pruner.wire.killed_after = 25
    with pytest.raises(KeyboardInterrupt):
        pruner.prune()
    assert 10 < len(pruner.github.runs) < 60
    pruner.new_wire()
    pruner.prune()
    assert pruner.numbers == list(range(51, 61))


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (SecondaryRateLimited(90), 90),
        (SecondaryRateLimited(None), 60),
        (SecondaryRateLimited(0), 60),
        (SecondaryRateLimited(None, status=429), 60),
    ],
)
def test_a_pause_that_github_requests_is_respected(
    fault: SecondaryRateLimited, seconds: float, pruner: Pruner
) -> None:
    pruner.poll(15)
    pruner.github.fail_next(fault, on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert max(pruner.clock.sleeps) == seconds
    assert len(pruner.github.runs) == 10


def test_a_pause_without_a_time_doubles_each_time(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(*[SecondaryRateLimited(None)] * 2, on="delete-run")
    pruner.prune()
    assert [seconds for seconds in pruner.clock.sleeps if seconds > 1] == [60, 120]


def test_a_second_workflow_is_listed_only_as_far_as_deletions_are_affordable() -> None:
    pruner = Pruner(rate_limit=450)
    pruner.poll(150, workflow="first.yml")
    pruner.poll(150)
    pruner.prune(workflows=("first.yml", "poll.yml"))
    assert pruner.wire.count("list-runs") == 3


def test_a_retry_does_not_sleep_beyond_the_time_budget(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.budget_seconds = 10.0
    pruner.github.fail_next(Failed(503, headers={"Retry-After": "20"}), on="list-runs")
    assert pruner.prune() is ExitStatus.OK
    assert sum(pruner.clock.sleeps) <= 10
    assert "time limit for pruning is reached" in pruner.runner.of(Level.NOTICE)[0]


def test_a_pause_longer_than_the_time_budget_ends_the_prune(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(SecondaryRateLimited(900), on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert sum(pruner.clock.sleeps) < 5
    assert "requests a pause" in pruner.runner.of(Level.NOTICE)[0]


def test_a_used_up_hourly_limit_ends_the_prune_even_if_the_clocks_differ(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(RateLimited(-30), on="list-runs")
    assert pruner.prune() is ExitStatus.OK
    assert (pruner.wire.statuses.total(), pruner.clock.sleeps) == (1, [0.0])
    pruner.clock.advance(timedelta(hours=1))
    pruner.prune()
    assert len(pruner.github.runs) == 10


# errors


def test_an_unknown_workflow_is_an_error_and_the_others_are_pruned(pruner: Pruner) -> None:
    pruner.poll(12)
    assert pruner.prune(workflows=("pol.yml", "poll.yml")) is ExitStatus.GITHUB
    [error] = pruner.errors
    assert "'pol.yml'" in error
    assert "prune-workflows" in error
    assert len(pruner.github.runs) == 10


def test_a_missing_permission_ends_the_prune_and_is_named(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.new_wire("read")
    assert pruner.prune() is ExitStatus.GITHUB
    assert "`permissions: {actions: write}`" in pruner.errors[0]
    assert pruner.wire.count("delete-run") == 1


def test_a_run_that_is_in_progress_again_is_counted_and_kept(pruner: Pruner) -> None:
    runs = pruner.poll(15)
    pruner.github.fail_next(Failed(409, "Conflict"), on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == [runs[0].number, *range(6, 16)]
    assert (pruner.result.deleted, pruner.result.left) == (4, 1)
    assert pruner.runner.of(Level.WARNING) == [
        "poll.yml: runs that could not be deleted: 1. The next prune tries again."
    ]


def test_a_run_that_does_not_exist_any_more_counts_as_deleted(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(Failed(404, "Not Found"), on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert (pruner.result.deleted, pruner.result.left) == (5, 0)


@pytest.mark.parametrize("fault", [Broken(502), Reset(), Reset(after_accepting=True)], ids=str)
def test_temporary_failures_are_retried(fault: Fault, pruner: Pruner) -> None:
    pruner.poll(15)
    for operation in ("list-runs", "list", "delete-run"):
        pruner.github.fail_next(fault, fault, on=operation)
    assert pruner.prune() is ExitStatus.OK
    assert len(pruner.github.runs) == 10


def test_a_run_that_cannot_be_deleted_does_not_end_the_prune(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(*[Broken(500)] * 3, on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == [1, *range(6, 16)]


def test_failures_that_are_not_consecutive_do_not_end_the_prune(pruner: Pruner) -> None:
    pruner.poll(15)
    gone = Failed(404, "Not Found", after_accepting=True)
    pruner.github.fail_next(*[Broken(500)] * 6, gone, *[Broken(500)] * 3, on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == [1, 2, 4, *range(6, 16)]


def test_three_consecutive_failures_end_the_prune(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(*[Broken(500)] * 9, on="delete-run")
    assert pruner.prune() is ExitStatus.GITHUB
    [error] = pruner.errors
    assert error == "GitHub returned HTTP 500. The next run tries again."
    assert pruner.wire.count("delete-run") == 9


def test_progress_is_logged(pruner: Pruner) -> None:
    pruner.poll(120)
    pruner.prune()
    assert pruner.runner.lines == [
        "poll.yml: 120 runs, 110 to delete now",
        "poll.yml: 100 of 110 runs deleted",
    ]


def test_a_second_save_is_a_copy_of_the_same_history(pruner: Pruner) -> None:
    pruner.poll(3, HISTORY, f"{HISTORY}.2")
    pruner.prune(keep=0)
    assert pruner.numbers == [2, 3]  # the newest three copies
