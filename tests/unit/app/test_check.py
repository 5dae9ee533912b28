"""Checks with retries."""

import threading
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.app.check import check_with_retries
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.errors import ExitStatus
from tests.fakes.probe import HOST_KEY, ONLINE, ScriptedProbe, failed, listed, partition
from tests.unit.app.monitor import Monitor

REFUSED = failed(Cause.REFUSED)
JUST_STARTED = listed(partition(idle=3, unknown=5))
KEY_IN_BASE64 = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

RETRIED = {
    "dns": failed(Cause.DNS),
    "refused": REFUSED,
    "unreachable": failed(Cause.UNREACHABLE),
    "timeout": failed(Cause.TIMEOUT),
    "dropped": failed(Cause.DROPPED),
    "scheduler-down": failed(Cause.SCHEDULER_DOWN),
    "scheduler-timeout": failed(Cause.SCHEDULER_TIMEOUT),
    "scheduler-starting": JUST_STARTED,
}
NOT_RETRIED = {
    "online": ONLINE,
    "no nodes listed": listed(),
    "host-key": failed(Cause.HOST_KEY),
    "incompatible-ssh": failed(Cause.INCOMPATIBLE_SSH),
    "login-refused": failed(Cause.LOGIN_REFUSED),
    "no-scheduler": failed(Cause.NO_SCHEDULER),
    "sinfo-failed": failed(Cause.SINFO_FAILED),
    "unparsable": failed(Cause.UNPARSABLE),
    "no-nodes-in-service": listed(partition(down=8)),
    "nodes-draining": listed(partition(draining=8)),
    "partition-down": listed(partition(availability="down", idle=8)),
    "nodes-down": listed(partition(idle=3, down=5)),
    "maintenance": listed(partition(maintenance=8)),
}


def login_unanswered(cause: Cause) -> ProbeResult:
    """Return the result of a probe that offered its credential and got no answer."""
    return ProbeResult(
        outcome=ProbeFailure(cause),
        reached=True,
        host_key=HOST_KEY,
        credential_offered=True,
        login_spent=True,
    )


# retries within one run


@pytest.mark.parametrize("result", RETRIED.values(), ids=RETRIED)
def test_a_cause_that_may_pass_is_retried_twice_15_seconds_apart(
    result: ProbeResult, monitor: Monitor
) -> None:
    run = monitor.check(result)
    assert run.probe.calls == 3
    assert monitor.clock.sleeps == [15, 15]


@pytest.mark.parametrize("result", NOT_RETRIED.values(), ids=NOT_RETRIED)
def test_a_result_that_a_retry_cannot_change_is_not_retried(result: ProbeResult, monitor: Monitor) -> None:
    run = monitor.check(result)
    assert run.probe.calls == 1
    assert monitor.clock.sleeps == []


def test_before_each_pause_the_log_names_the_cause_and_the_attempt(monitor: Monitor) -> None:
    refused = f"mscluster: {CAUSES[Cause.REFUSED].clause}"
    lines = [line for line in monitor.check(REFUSED).runner.lines if "attempt" in line]
    assert lines == [
        f"{refused}; attempt 2 of 3 follows in 15 s",
        f"{refused}; attempt 3 of 3 follows in 15 s",
    ]


def test_waiting_for_the_history_takes_no_time_from_the_attempts(alone: Monitor) -> None:
    def load_slowly() -> RememberedLogin:
        alone.clock.advance(timedelta(seconds=80))
        return RememberedLogin()

    probe = ScriptedProbe(alone.clock, failed(Cause.SCHEDULER_DOWN))
    [cluster] = alone.clusters({"mscluster": probe})
    check_with_retries(cluster, alone.tools(), load_slowly, alone.runner.log)
    assert probe.allowed == [90, 75, 60]


@pytest.mark.parametrize("cause", [Cause.DROPPED, Cause.TIMEOUT])
def test_a_credential_that_got_no_answer_is_not_offered_again(cause: Cause, monitor: Monitor) -> None:
    run = monitor.check(login_unanswered(cause), ONLINE)
    assert (run.probe.calls, run.probe.offers) == (1, 1)


def test_a_refused_login_ends_the_retries(monitor: Monitor) -> None:
    run = monitor.check(REFUSED, failed(Cause.LOGIN_REFUSED), ONLINE)
    assert (run.probe.calls, run.probe.offers) == (2, 1)
    assert run.outputs["cause"] == "login-refused"


def test_a_silent_scheduler_is_retried_without_another_login(monitor: Monitor) -> None:
    run = monitor.check(failed(Cause.SCHEDULER_DOWN))
    assert (run.probe.calls, run.probe.offers) == (3, 1)


def test_a_good_result_ends_the_retries(monitor: Monitor) -> None:
    run = monitor.check(REFUSED, ONLINE, REFUSED)
    assert run.probe.calls == 2
    assert run.outputs["status"] == "online"


def test_the_last_attempt_decides(monitor: Monitor) -> None:
    run = monitor.check(REFUSED, JUST_STARTED, failed(Cause.SCHEDULER_DOWN))
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "scheduler-down")


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_the_number_of_attempts_can_be_set(attempts: int, monitor: Monitor) -> None:
    monitor.set_retries(attempts=attempts)
    assert monitor.check(REFUSED).probe.calls == attempts


def test_without_a_delay_the_retries_follow_at_once(monitor: Monitor) -> None:
    monitor.set_retries(delay_seconds=0.0)
    begin = monitor.clock.monotonic()
    assert monitor.check(REFUSED).probe.calls == 3
    assert monitor.clock.monotonic() == begin


def test_all_attempts_together_end_within_90_seconds(monitor: Monitor) -> None:
    monitor.set_retries(attempts=10)
    monitor.probe_seconds = 30.0
    begin = monitor.clock.monotonic()
    run = monitor.check(failed(Cause.TIMEOUT))
    assert run.probe.allowed == [90, 45]
    assert monitor.clock.monotonic() - begin <= 90


def test_an_attempt_that_takes_all_the_time_is_not_retried(monitor: Monitor) -> None:
    monitor.probe_seconds = 300.0
    assert monitor.check(failed(Cause.TIMEOUT)).probe.allowed == [90]


# the connectivity check


def test_the_connectivity_is_checked_once_after_the_last_attempt(monitor: Monitor) -> None:
    monitor.on_connectivity_check = lambda: monitor.clock.sleep(0)
    monitor.check(REFUSED)
    assert monitor.clock.sleeps == [15, 15, 0]
    assert monitor.connectivity_checks == 1


def test_many_unreachable_clusters_share_one_connectivity_check(monitor: Monitor) -> None:
    monitor.network = False
    monitor.set_retries(attempts=1)
    names = [f"cluster{number}" for number in range(20)]
    monitor.during_probe = threading.Barrier(len(names), timeout=5).wait
    run = monitor.check_all({name: [replace(failed(Cause.DROPPED), reached=True)] for name in names})
    assert monitor.connectivity_checks == 1
    assert [run.clusters[name]["status"] for name in names] == ["unknown"] * len(names)


def test_each_run_checks_the_connectivity_again(monitor: Monitor) -> None:
    dropped = replace(failed(Cause.DROPPED), reached=True)
    monitor.network = False
    assert monitor.check(dropped).outputs["status"] == "unknown"
    monitor.network = True
    assert monitor.check(dropped).outputs["status"] == "offline"


@pytest.mark.parametrize(
    "script",
    [[ONLINE], [REFUSED, ONLINE], [failed(Cause.SCHEDULER_DOWN)], [failed(Cause.HOST_KEY)]],
    ids=["online", "online at the second attempt", "scheduler-down", "host-key"],
)
def test_a_run_that_reached_the_cluster_checks_no_connectivity(
    script: list[ProbeResult], monitor: Monitor
) -> None:
    monitor.check(*script)
    assert monitor.connectivity_checks == 0


def test_without_a_network_the_status_is_unknown_and_the_error_says_why(monitor: Monitor) -> None:
    monitor.network = False
    run = monitor.check(replace(failed(Cause.DROPPED), reached=True))
    assert (run.outputs["status"], run.exit_status) == ("unknown", ExitStatus.OK)
    assert "could not reach any other host either" in run.errors[0]
