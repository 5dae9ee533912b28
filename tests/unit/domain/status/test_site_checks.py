"""Site checks over several polls: when a failure counts, is confirmed, ends, and what is notified."""

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.site_checks.result import CheckResult, CheckResults
from tests.unit.domain.build import (
    POLICY,
    Setup,
    events,
    failed,
    listed,
    noon_plus,
    partition,
    pending,
    polled,
)

UP = listed(idle=4)
UNKNOWN = failed(Cause.SINFO_FAILED)
PATH, OTHER = "/scratch", "/project"


def path(name: str = PATH, cause: Cause | None = None) -> CheckResult:
    return CheckResult(name, is_path=True, cause=cause)


def command(name: str = "quota", *, fails: bool = False, not_run: str = "") -> CheckResult:
    return CheckResult(name, is_path=False, cause=Cause.CHECK_FAILED if fails else None, not_run=not_run)


def found(*results: CheckResult, probed: ProbeResult = UP) -> ProbeResult:
    return replace(probed, site_checks=CheckResults(results))


WELL, HANGS = found(path()), found(path(cause=Cause.PATH_HANGS))


def messages(history: History) -> list[Message]:
    return [compose(one, "hpc", POLICY, None) for one in pending(history)]


def sentences(history: History) -> list[str]:
    return [one.sentence for one in messages(history)]


def test_a_failure_is_confirmed_by_the_second_poll_and_dates_from_the_first() -> None:
    history = polled(History(), WELL, HANGS)
    assert (history.tracker.status, len(pending(history))) == (Status.ONLINE, 1)
    history = polled(history, HANGS, start=noon_plus(10))
    assert history.tracker.status is Status.DEGRADED
    assert history.tracker.confirmed is not None
    assert history.tracker.confirmed.since == noon_plus(5)
    assert events(pending(history)) == [Event.INITIAL, Event.DEGRADED]
    assert sentences(history)[-1] == "Path /scratch does not respond."


def test_a_failure_ends_with_the_first_poll_in_which_the_check_passes() -> None:
    history = polled(History(), WELL, HANGS, HANGS, WELL)
    assert history.tracker.status is Status.ONLINE
    assert events(pending(history))[-1] is Event.RECOVERY
    assert messages(history)[-1].headline == "hpc is back online"
    assert sentences(history)[-1] == "Path /scratch is usable again."


def test_a_failure_of_a_single_poll_is_not_notified() -> None:
    history = polled(History(), WELL, HANGS, WELL, HANGS, WELL)
    assert events(pending(history)) == [Event.INITIAL]


@pytest.mark.parametrize("confirm_after", [1, 5])
def test_two_polls_confirm_a_failure_at_any_value_of_confirm_after(confirm_after: int) -> None:
    setup = Setup(confirm_after=confirm_after)
    assert polled(History(), WELL, HANGS, setup=setup).tracker.status is Status.ONLINE
    assert polled(History(), WELL, HANGS, HANGS, setup=setup).tracker.status is Status.DEGRADED


def test_a_path_that_never_passed_may_be_misspelled() -> None:
    missing = found(path("/scrtch", Cause.PATH_MISSING))
    history = polled(History(), missing, missing)
    assert events(pending(history)) == [Event.INITIAL]
    assert sentences(history)[-1].startswith(
        "Path /scrtch does not exist and has never passed: check its spelling."
    )


def test_unknown_polls_neither_begin_nor_end_a_failure() -> None:
    history = polled(History(), WELL, HANGS, found(path(cause=Cause.PATH_HANGS), probed=UNKNOWN))
    assert history.tracker.status is Status.ONLINE
    history = polled(history, HANGS, start=noon_plus(15))
    assert history.tracker.status is Status.DEGRADED
    history = polled(history, found(path(), probed=UNKNOWN), start=noon_plus(20))
    assert history.site_checks[PATH].is_confirmed
    assert events(pending(history)) == [Event.INITIAL, Event.DEGRADED]


def test_three_unknown_polls_clear_a_failure_that_is_not_confirmed() -> None:
    history = polled(History(), WELL, HANGS, UNKNOWN, UNKNOWN, UNKNOWN, HANGS)
    assert history.tracker.status is Status.ONLINE


def test_a_gap_clears_a_failure_that_is_not_confirmed() -> None:
    history = polled(polled(History(), WELL, HANGS), HANGS, start=noon_plus(300))
    assert history.tracker.status is Status.ONLINE


def test_polls_without_checks_change_nothing_about_them() -> None:
    history = polled(History(), WELL, HANGS, HANGS)
    again = polled(history, failed(Cause.REFUSED), start=noon_plus(15))
    assert again.site_checks == history.site_checks


def test_a_check_that_could_not_run_keeps_its_result() -> None:
    fails, not_run = found(command(fails=True)), found(command(not_run="exit status 127"))
    assert polled(History(), UP, not_run, not_run, not_run).tracker.status is Status.ONLINE
    history = polled(History(), fails, fails, not_run)
    assert history.tracker.status is Status.DEGRADED
    assert events(pending(history)) == [Event.INITIAL]


def test_a_check_that_is_no_longer_configured_is_forgotten() -> None:
    history = polled(History(), WELL, HANGS, HANGS, found())
    assert (history.tracker.status, history.site_checks) == (Status.ONLINE, {})


def test_a_lost_partition_and_a_failing_path_are_one_message() -> None:
    lost = listed(partition(default=True, idle=4), partition("gpu", down=2), idle=4, down=2)
    up = listed(partition(default=True, idle=4), partition("gpu", idle=2), idle=6)
    both = found(path(cause=Cause.PATH_HANGS), probed=lost)
    history = polled(History(), found(path(), probed=up), both, both)
    assert events(pending(history)) == [Event.INITIAL, Event.DEGRADED]
    assert sentences(history)[-1] == "No node of gpu is in service. Path /scratch does not respond."
    history = polled(history, found(path(), probed=lost), start=noon_plus(15))
    assert messages(history)[-1].headline == "hpc is still degraded: a check passes again"
    assert sentences(history)[-1] == "No node of gpu is in service. Path /scratch is usable again."


def test_a_second_path_is_notified_while_the_first_one_fails() -> None:
    first = found(path(cause=Cause.PATH_HANGS), path(OTHER))
    both = found(path(cause=Cause.PATH_HANGS), path(OTHER, Cause.PATH_FULL))
    history = polled(History(), found(path(), path(OTHER)), first, first, both)
    assert events(pending(history)) == [Event.INITIAL, Event.DEGRADED]
    history = polled(history, both, start=noon_plus(20))
    assert messages(history)[-1].headline == "hpc is still degraded: a check fails, too"
    assert sentences(history)[-1] == "Path /scratch does not respond. The file system of /project is full."


def test_a_failing_path_gives_too_few_nodes_no_poll_of_credit() -> None:
    few = listed(idle=1, down=3)
    history = polled(History(), WELL, HANGS, found(path(), probed=few))
    assert history.tracker.status is Status.ONLINE


@pytest.mark.parametrize(
    ("result", "status"),
    [(listed(down=4), Status.OFFLINE), (listed(maintenance=4), Status.MAINTENANCE)],
    ids=["offline", "maintenance"],
)
def test_a_more_severe_status_stays(result: ProbeResult, status: Status) -> None:
    failing = found(path(cause=Cause.PATH_HANGS), probed=result)
    history = polled(History(), WELL, failing, failing, failing)
    assert history.tracker.status is status
    assert events(pending(history))[2:] == []
    history = polled(history, HANGS, start=noon_plus(25))
    assert sentences(history)[-1] == "Path /scratch does not respond."


def test_a_controller_that_fails_explains_the_status_and_the_path_is_named() -> None:
    down = found(path(cause=Cause.PATH_HANGS), probed=failed(Cause.SCHEDULER_DOWN))
    history = polled(History(), WELL, down)
    assert history.tracker.cause is Cause.SCHEDULER_DOWN
    history = polled(history, down, start=noon_plus(10))
    assert "Path /scratch does not respond." in sentences(history)[-1]


def test_many_failing_checks_are_counted() -> None:
    results = [command(f"c{number}", fails=True) for number in range(8)]
    history = polled(History(), found(*results), found(*results))
    assert sentences(history)[-1].startswith("Checks c0, c1, c2, c3, c4 and 3 more fail.")
