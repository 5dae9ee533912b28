"""What goes and what stays, run after run, over a GitHub that counts what it is asked."""

from datetime import timedelta

import pytest

from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from tests.fakes.github import Broken, Failed, Fault, RateLimited, Reset, SecondaryRateLimited
from tests.fakes.pruner import HISTORY, Pruner


@pytest.fixture
def pruner() -> Pruner:
    return Pruner()


# what stays


def test_the_newest_completed_runs_stay_and_the_others_go_the_oldest_first(pruner: Pruner) -> None:
    pruner.poll(15)
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == list(range(6, 16))
    deleted = [request.path for request in pruner.github.requests if request.method == "DELETE"]
    assert [int(path.rpartition("/")[2]) % 1000 for path in deleted] == [1, 2, 3, 4, 5]


def test_runs_that_failed_or_were_cancelled_count_too(pruner: Pruner) -> None:
    for run, conclusion in zip(pruner.poll(4), ("success", "failure", "cancelled", "success"), strict=True):
        run.finish(conclusion)
    pruner.prune(keep=3)
    assert pruner.numbers == [2, 3, 4]


def test_a_run_in_progress_stays_and_does_not_count(pruner: Pruner) -> None:
    waiting = pruner.github.start_run()
    pruner.poll(3, "no history")
    pruner.prune(keep=2)
    assert pruner.numbers == [waiting.number, 3, 4]
    assert (pruner.tally.kept, pruner.tally.protected, pruner.tally.deleted) == (2, 1, 1)


def test_the_run_that_prunes_stays_whatever_github_calls_it(pruner: Pruner) -> None:
    runs = pruner.poll(4, "no history")
    pruner.prune(keep=1, current_run=runs[0].id)
    assert pruner.numbers == [1, 4]


def test_other_workflows_are_left_alone(pruner: Pruner) -> None:
    others = pruner.poll(3, "coverage", workflow="ci.yml")
    pruner.poll(3)
    pruner.prune(keep=1)
    assert {run.id for run in pruner.github.runs} >= {run.id for run in others}


def test_each_workflow_keeps_its_own(pruner: Pruner) -> None:
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


@pytest.mark.parametrize("newest_first", [True, False], ids=["in order", "in no order"])
def test_the_newest_history_of_each_cluster_and_branch_stays_with_its_run(*, newest_first: bool) -> None:
    pruner = Pruner(newest_first=newest_first)
    [of_another_cluster] = pruner.poll(1, "cluster-status-another")
    [of_a_branch] = pruner.poll(branch="try")
    [told] = pruner.poll(1, "cluster-status-third", "cluster-status-third.2")
    pruner.poll(4)
    [expired] = pruner.poll(1, "coverage")
    pruner.hold(expired, "cluster-status-fourth", expired=True)
    pruner.poll(8)
    pruner.prune(keep=1)
    assert {run.id for run in pruner.github.runs[:3]} == {of_another_cluster.id, of_a_branch.id, told.id}
    # of its own history the newest three stay, as many as a poll tries
    assert pruner.numbers[3:] == [14, 15, 16]
    assert (pruner.tally.kept, pruner.tally.protected, pruner.tally.deleted) == (1, 5, 10)


def test_what_a_fork_calls_a_history_is_none(pruner: Pruner) -> None:
    forged = pruner.github.plant("cluster-status-forged", b"", from_fork=True)
    pruner.poll(2)
    pruner.prune(keep=1)
    assert forged.run.id not in {run.id for run in pruner.github.runs}


def test_where_the_list_of_artifacts_is_too_long_each_run_is_asked(pruner: Pruner) -> None:
    [lonely] = pruner.poll(1, "cluster-status-lonely")
    pruner.poll(4)
    bury(pruner)
    pruner.poll(3)
    assert pruner.prune(keep=2) is ExitStatus.OK
    assert pruner.wire.count("list-of-run") == 6
    assert lonely.id in {run.id for run in pruner.github.runs}
    assert (pruner.tally.protected, pruner.tally.deleted, pruner.tally.left) == (2, 4, 0)


def bury(pruner: Pruner) -> None:
    """Have so many other artifacts that the list of all is too long to be read back."""
    pruner.poll(5, *(f"part-{number}" for number in range(100)), workflow="ci.yml")


def test_runs_that_cannot_be_asked_this_time_are_not_deleted() -> None:
    pruner = Pruner(rate_limit=320)
    for number in range(20):
        pruner.poll(1, f"cluster-status-lonely-{number}")
    bury(pruner)
    pruner.prune(keep=2)
    assert pruner.wire.count("list-of-run") == 7
    assert pruner.wire.count("delete-run") == 0
    assert (pruner.tally.protected, pruner.tally.left) == (7, 11)


def test_where_runs_are_asked_as_many_are_deleted_until_none_is_left() -> None:
    pruner = Pruner(rate_limit=320)
    pruner.poll(20)
    bury(pruner)
    pruner.poll(3)
    pruner.prune(keep=2)
    assert pruner.wire.count("list-of-run") == 7
    assert (pruner.tally.protected, pruner.tally.deleted, pruner.tally.left) == (1, 6, 14)
    for _ in range(3):
        pruner.clock.advance(timedelta(hours=1))
        pruner.prune()
    assert pruner.tally.left == 0
    assert sum(run.workflow == "poll.yml" for run in pruner.github.runs) == 3  # the newest copies


def test_a_dry_run_tells_what_would_go_and_deletes_nothing(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.prune(dry_run=True)
    assert pruner.wire.count("delete-run") == 0
    assert (pruner.tally.deleted, len(pruner.github.runs)) == (5, 15)
    assert pruner.runner.pruned
    assert pruner.runner.pruned.dry_run


def test_with_nothing_to_delete_one_request_is_enough(pruner: Pruner) -> None:
    pruner.poll(10)
    pruner.prune()
    assert pruner.wire.statuses == {("list-runs", 200): 1}
    assert pruner.runner.annotations == []


# what GitHub allows


def test_three_hundred_requests_of_the_hour_are_left_to_others() -> None:
    pruner = Pruner(rate_limit=350)
    pruner.poll(90)
    assert pruner.prune() is ExitStatus.OK
    assert pruner.wire.statuses.total() == 50
    assert (pruner.tally.deleted, pruner.tally.left) == (48, 32)
    [notice] = pruner.runner.of(Level.NOTICE)
    assert notice == (
        "Of GitHub's requests in an hour the last 300 are left to others. "
        "Runs left: 32. The next run goes on."
    )


def test_the_time_for_pruning_ends_and_the_next_run_goes_on(pruner: Pruner) -> None:
    pruner.poll(60)
    pruner.budget_seconds = 10.0
    begin = pruner.clock.monotonic()
    assert pruner.prune() is ExitStatus.OK
    assert pruner.clock.monotonic() - begin <= 10
    assert 25 < pruner.tally.deleted <= 28
    assert pruner.tally.left == 50 - pruner.tally.deleted
    pruner.prune()
    assert len(pruner.github.runs) == 10


def test_after_a_run_that_was_killed_the_next_one_ends_with_the_same(pruner: Pruner) -> None:
    pruner.poll(60)
    pruner.wire.broken_after = 25
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
def test_a_pause_that_github_wants_is_kept(
    fault: SecondaryRateLimited, seconds: float, pruner: Pruner
) -> None:
    pruner.poll(15)
    pruner.github.fail_next(fault, on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert max(pruner.clock.sleeps) == seconds
    assert len(pruner.github.runs) == 10


def test_where_github_names_no_time_each_pause_is_twice_the_last(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(*[SecondaryRateLimited(None)] * 2, on="delete-run")
    pruner.prune()
    assert [seconds for seconds in pruner.clock.sleeps if seconds > 1] == [60, 120]


def test_of_a_second_workflow_no_more_is_listed_than_can_be_deleted_yet() -> None:
    pruner = Pruner(rate_limit=450)
    pruner.poll(150, workflow="first.yml")
    pruner.poll(150)
    pruner.prune(workflows=("first.yml", "poll.yml"))
    assert pruner.wire.count("list-runs") == 3


def test_a_pause_that_is_too_long_is_for_the_next_run(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(SecondaryRateLimited(900), on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert sum(pruner.clock.sleeps) < 5
    assert "wants a pause" in pruner.runner.of(Level.NOTICE)[0]


def test_an_hour_that_is_used_up_ends_it_at_once_whatever_githubs_clock_says(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(RateLimited(-30), on="list-runs")
    assert pruner.prune() is ExitStatus.OK
    assert (pruner.wire.statuses.total(), pruner.clock.sleeps) == (1, [0.0])
    pruner.clock.advance(timedelta(hours=1))
    pruner.prune()
    assert len(pruner.github.runs) == 10


# what GitHub refuses


def test_a_workflow_that_is_not_there_is_named_and_the_others_are_pruned(pruner: Pruner) -> None:
    pruner.poll(12)
    assert pruner.prune(workflows=("pol.yml", "poll.yml")) is ExitStatus.GITHUB
    [error] = pruner.errors
    assert "'pol.yml'" in error
    assert "prune-workflows" in error
    assert len(pruner.github.runs) == 10


def test_a_token_that_may_not_delete_is_told_the_permission_and_asked_no_more(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.new_wire("read")
    assert pruner.prune() is ExitStatus.GITHUB
    assert "`permissions: {actions: write}`" in pruner.errors[0]
    assert pruner.wire.count("delete-run") == 1


def test_a_run_that_is_run_again_meanwhile_is_counted_and_left(pruner: Pruner) -> None:
    runs = pruner.poll(15)
    pruner.github.fail_next(Failed(409, "Conflict"), on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == [runs[0].number, *range(6, 16)]
    assert (pruner.tally.deleted, pruner.tally.left) == (4, 1)
    assert pruner.runner.of(Level.WARNING) == [
        "poll.yml: runs that could not be deleted and were left: 1. The next run tries again."
    ]


def test_a_run_that_somebody_else_has_deleted_is_gone_all_the_same(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(Failed(404, "Not Found"), on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert (pruner.tally.deleted, pruner.tally.left) == (5, 0)


@pytest.mark.parametrize("fault", [Broken(502), Reset(), Reset(after_accepting=True)], ids=str)
def test_what_fails_is_tried_again(fault: Fault, pruner: Pruner) -> None:
    pruner.poll(15)
    for operation in ("list-runs", "list", "delete-run"):
        pruner.github.fail_next(fault, fault, on=operation)
    assert pruner.prune() is ExitStatus.OK
    assert len(pruner.github.runs) == 10


def test_a_run_that_github_fails_at_each_time_holds_up_no_others(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(*[Broken(500)] * 3, on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == [1, *range(6, 16)]


def test_runs_that_github_fails_at_may_be_many_if_not_in_a_row(pruner: Pruner) -> None:
    pruner.poll(15)
    gone = Failed(404, "Not Found", after_accepting=True)
    pruner.github.fail_next(*[Broken(500)] * 6, gone, *[Broken(500)] * 3, on="delete-run")
    assert pruner.prune() is ExitStatus.OK
    assert pruner.numbers == [1, 2, 4, *range(6, 16)]


def test_where_github_fails_at_three_runs_in_a_row_it_ends(pruner: Pruner) -> None:
    pruner.poll(15)
    pruner.github.fail_next(*[Broken(500)] * 9, on="delete-run")
    assert pruner.prune() is ExitStatus.GITHUB
    [error] = pruner.errors
    assert error.startswith("GitHub does not answer as it should (http 500). ")
    assert pruner.wire.count("delete-run") == 9


def test_what_is_deleted_is_logged_on_the_way(pruner: Pruner) -> None:
    pruner.poll(120)
    pruner.prune()
    assert pruner.runner.lines == [
        "poll.yml: 120 runs, of which 110 are to go now",
        "poll.yml: 100 of 110 runs deleted",
    ]


def test_a_history_under_its_second_name_is_the_same_history(pruner: Pruner) -> None:
    pruner.poll(3, HISTORY, f"{HISTORY}.2")
    pruner.prune(keep=0)
    assert pruner.numbers == [2, 3]  # the newest three copies
