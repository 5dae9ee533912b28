"""Looking patiently, and the command that does nothing else."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.app.check import check_with_retries
from cluster_status.app.plan import Tools
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.errors import ExitStatus
from tests.fakes.probe import HOST_KEY, ONLINE, ScriptedProbe, listed, met, partition
from tests.fakes.runner import RecordingRunner
from tests.unit.app.monitor import Monitor

JUST_STARTED = listed(partition(idle=3, unknown=5))

LOOKED_AT_AGAIN = {
    "dns": met(Cause.DNS),
    "refused": met(Cause.REFUSED),
    "unreachable": met(Cause.UNREACHABLE),
    "timeout": met(Cause.TIMEOUT),
    "dropped": met(Cause.DROPPED),
    "scheduler-down": met(Cause.SCHEDULER_DOWN),
    "scheduler-timeout": met(Cause.SCHEDULER_TIMEOUT),
    "scheduler-starting": JUST_STARTED,
}
LOOKED_AT_ONCE = {
    "online": ONLINE,
    "no nodes listed": listed(),
    "host-key": met(Cause.HOST_KEY),
    "incompatible-ssh": met(Cause.INCOMPATIBLE_SSH),
    "login-refused": met(Cause.LOGIN_REFUSED),
    "no-scheduler": met(Cause.NO_SCHEDULER),
    "sinfo-failed": met(Cause.SINFO_FAILED),
    "unparsable": met(Cause.UNPARSABLE),
    "no-nodes-in-service": listed(partition(down=8)),
    "nodes-draining": listed(partition(draining=8)),
    "partition-down": listed(partition(availability="down", idle=8)),
    "nodes-down": listed(partition(idle=3, down=5)),
    "maintenance": listed(partition(maintenance=8)),
}


def login_cut_short(cause: Cause) -> ProbeResult:
    """Return the sighting of a look that offered its credential and heard no verdict on it."""
    seen = ProbeFailure(cause)
    return ProbeResult(outcome=seen, reached=True, host_key=HOST_KEY, credential_offered=True)


# patience within one run


@pytest.mark.parametrize("result", LOOKED_AT_AGAIN.values(), ids=LOOKED_AT_AGAIN)
def test_what_a_moment_may_change_is_looked_at_three_times_with_15_seconds_between(
    result: ProbeResult, monitor: Monitor
) -> None:
    run = monitor.probe(result)
    assert run.probe.checks == 3
    assert monitor.clock.sleeps == [15, 15]


def test_before_each_wait_it_says_what_it_waits_for(monitor: Monitor) -> None:
    assert monitor.probe(met(Cause.REFUSED)).runner.lines == [
        "mscluster: it refuses SSH connections; look 2 of 3 follows in 15 s",
        "mscluster: it refuses SSH connections; look 3 of 3 follows in 15 s",
    ]


def test_to_wait_for_what_is_remembered_takes_no_look_away(monitor: Monitor) -> None:
    def load_remembered() -> RememberedLogin:
        monitor.clock.advance(timedelta(seconds=80))
        return RememberedLogin()

    probe = ScriptedProbe(monitor.clock, met(Cause.SCHEDULER_DOWN))
    check_with_retries(
        Tools(probe, monitor.clock, lambda: True, RecordingRunner()), monitor.plan, load_remembered
    )
    assert probe.allowed == [90, 75, 60]


@pytest.mark.parametrize("result", LOOKED_AT_ONCE.values(), ids=LOOKED_AT_ONCE)
def test_what_no_moment_changes_is_looked_at_once(result: ProbeResult, monitor: Monitor) -> None:
    run = monitor.probe(result)
    assert run.probe.checks == 1
    assert monitor.clock.sleeps == []


@pytest.mark.parametrize("cause", [Cause.DROPPED, Cause.TIMEOUT])
def test_after_a_login_that_was_cut_short_the_credential_is_not_offered_again(
    cause: Cause, monitor: Monitor
) -> None:
    run = monitor.probe(login_cut_short(cause), ONLINE)
    assert (run.probe.checks, run.probe.offers) == (1, 1)


def test_a_login_refused_at_the_second_look_ends_the_patience(monitor: Monitor) -> None:
    run = monitor.probe(met(Cause.REFUSED), met(Cause.LOGIN_REFUSED), ONLINE)
    assert (run.probe.checks, run.probe.offers) == (2, 1)
    assert run.outputs["cause"] == "login-refused"


def test_a_silent_scheduler_is_asked_again_without_another_login(monitor: Monitor) -> None:
    run = monitor.probe(met(Cause.SCHEDULER_DOWN))
    assert (run.probe.checks, run.probe.offers) == (3, 1)


def test_patience_ends_with_the_first_good_look(monitor: Monitor) -> None:
    run = monitor.probe(met(Cause.REFUSED), ONLINE, met(Cause.REFUSED))
    assert run.probe.checks == 2
    assert run.outputs["status"] == "online"


def test_the_last_look_is_the_one_that_counts(monitor: Monitor) -> None:
    run = monitor.probe(met(Cause.REFUSED), JUST_STARTED, met(Cause.SCHEDULER_DOWN))
    assert (run.outputs["status"], run.outputs["cause"]) == ("degraded", "scheduler-down")


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_there_are_as_many_looks_as_attempts(attempts: int, monitor: Monitor) -> None:
    monitor.set_patience(attempts=attempts)
    assert monitor.probe(met(Cause.REFUSED)).probe.checks == attempts


def test_all_looks_together_keep_within_90_seconds(monitor: Monitor) -> None:
    monitor.set_patience(attempts=10)
    monitor.probe_seconds = 30.0
    began = monitor.clock.monotonic()
    run = monitor.probe(met(Cause.TIMEOUT))
    assert run.probe.allowed == [90, 45]
    assert monitor.clock.monotonic() - began <= 90


def test_a_look_that_takes_all_the_time_there_is_stays_the_only_one(monitor: Monitor) -> None:
    monitor.probe_seconds = 300.0
    assert monitor.probe(met(Cause.TIMEOUT)).probe.allowed == [90]


def test_with_no_delay_the_looks_follow_each_other_at_once(monitor: Monitor) -> None:
    monitor.set_patience(delay_seconds=0.0)
    began = monitor.clock.monotonic()
    assert monitor.probe(met(Cause.REFUSED)).probe.checks == 3
    assert monitor.clock.monotonic() == began


# whether anything else is reached


def test_whether_the_run_reaches_anything_is_asked_once_after_the_last_look(monitor: Monitor) -> None:
    monitor.probe(met(Cause.REFUSED))
    assert monitor.asked_for_network == 1


def test_a_run_that_reached_the_cluster_needs_no_other_proof_of_its_network(monitor: Monitor) -> None:
    for script in (
        [ONLINE],
        [met(Cause.REFUSED), ONLINE],
        [met(Cause.SCHEDULER_DOWN)],
        [met(Cause.HOST_KEY)],
    ):
        monitor.probe(*script)
    assert monitor.asked_for_network == 0


def test_a_run_without_a_network_blames_itself(monitor: Monitor) -> None:
    monitor.network = False
    run = monitor.probe(replace(met(Cause.DROPPED), reached=True))
    assert (run.outputs["status"], run.exit_status) == ("unknown", ExitStatus.UNKNOWN)
    assert "could not reach anything else either" in run.errors[0]


# the command


@pytest.mark.parametrize(
    ("result", "status", "exit_status"),
    [
        (ONLINE, "online", 0),
        (met(Cause.SCHEDULER_DOWN), "degraded", 0),
        (listed(partition(maintenance=8)), "maintenance", 0),
        (listed(partition(down=8)), "offline", 0),
        (met(Cause.SINFO_FAILED), "unknown", 3),
    ],
    ids=["online", "degraded", "maintenance", "offline", "unknown"],
)
def test_a_look_fails_only_where_it_cannot_tell(
    result: ProbeResult, status: str, exit_status: int, monitor: Monitor
) -> None:
    run = monitor.probe(result)
    assert (run.outputs["status"], run.exit_status) == (status, exit_status)


@pytest.mark.parametrize("cause", ["dns", "refused", "unreachable", "timeout", "dropped"])
def test_with_nothing_to_remember_a_server_that_is_not_reached_may_be_a_typing_error(
    cause: str, monitor: Monitor
) -> None:
    run = monitor.probe(met(Cause(cause)))
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", cause)
    assert run.exit_status is ExitStatus.UNKNOWN


def test_a_server_whose_banner_this_very_look_has_read_can_be_called_offline(monitor: Monitor) -> None:
    run = monitor.probe(replace(met(Cause.DROPPED), reached=True))
    assert (run.outputs["status"], run.exit_status) == ("offline", ExitStatus.OK)


def test_a_look_knows_nothing_of_a_history(monitor: Monitor) -> None:
    monitor.poll(ONLINE)
    kept = monitor.store.content
    run = monitor.probe(met(Cause.NO_SCHEDULER))  # never seen there, as far as a look knows
    assert {name: run.outputs[name] for name in ("status", "previous-status", "changed", "since")} == {
        "status": "online",
        "previous-status": "",
        "changed": "false",
        "since": "",
    }
    assert run.outputs["history-path"] == ""
    assert (monitor.store.content, len(monitor.notifier.messages)) == (kept, 1)


def test_a_look_at_an_unpinned_server_trusts_it_and_shows_the_line_to_pin(monitor: Monitor) -> None:
    monitor.pinned = False
    run = monitor.probe(ONLINE)
    assert (run.outputs["status"], run.probe.offers) == ("online", 1)
    assert run.runner.annotations[0].text.endswith("head.example.org ssh-ed25519 " + KEY_IN_BASE64)


KEY_IN_BASE64 = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
