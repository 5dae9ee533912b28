"""The command `check`: its exit status, and how long it waits."""

import pytest
from msgspec.structs import replace

from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import Monitor

TIMEOUT = failed(Cause.TIMEOUT)
REFUSED_LOGIN = failed(Cause.LOGIN_REFUSED)
DEGRADED = listed(partition(idle=1, down=7))
KEY_IN_BASE64 = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
OUT_OF_REACH = (
    "dns",
    "refused",
    "unreachable",
    "timeout",
    "dropped",
    "jump-host",
    "shell-hangs",
    "scheduler-down",
    "scheduler-timeout",
)
SET_UP = (
    "host-key",
    "incompatible-ssh",
    "login-refused",
    "login-hangs",
    "shell-fails",
    "sinfo-failed",
    "unparsable",
    "no-such-partition",
)
# the exit status


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (ONLINE, "online"),
        (listed(partition(idle=1, down=7)), "degraded"),
        (listed(partition(maintenance=8)), "maintenance"),
        (listed(partition(down=8)), "offline"),
    ],
    ids=["online", "degraded", "maintenance", "offline"],
)
def test_a_check_with_a_known_status_does_not_fail(
    result: ProbeResult, status: str, monitor: Monitor
) -> None:
    run = monitor.check(result)
    assert (run.outputs["status"], run.exit_status) == (status, ExitStatus.OK)


@pytest.mark.parametrize("cause", OUT_OF_REACH)
def test_a_check_does_not_fail_while_the_cluster_or_the_network_cannot_be_reached(
    cause: str, monitor: Monitor
) -> None:
    run = monitor.check(failed(Cause(cause)))
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", cause)
    assert run.exit_status is ExitStatus.OK


@pytest.mark.parametrize("cause", SET_UP)
def test_a_check_fails_if_the_user_has_to_change_something(cause: str, monitor: Monitor) -> None:
    run = monitor.check(failed(Cause(cause)))
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", cause)
    assert run.exit_status is ExitStatus.UNKNOWN


def test_a_server_that_a_check_has_reached_can_be_offline(monitor: Monitor) -> None:
    run = monitor.check(replace(failed(Cause.DROPPED), reached=True))
    assert (run.outputs["status"], run.exit_status) == ("offline", ExitStatus.OK)


def test_a_check_neither_reads_nor_changes_the_history(monitor: Monitor) -> None:
    monitor.poll(ONLINE)
    kept, loads = monitor.store.content, monitor.store.loads
    run = monitor.check(failed(Cause.NO_SCHEDULER))  # after the poll it would be degraded
    assert {name: run.outputs[name] for name in ("status", "previous-status", "changed", "since")} == {
        "status": "online",
        "previous-status": "",
        "changed": "false",
        "since": "",
    }
    assert run.outputs["history-path"] == ""
    assert (monitor.store.content, monitor.store.loads) == (kept, loads)
    assert len(monitor.notifier.messages) == 1


def test_a_check_warns_that_it_offered_a_credential_to_a_server_that_was_not_verified(
    monitor: Monitor,
) -> None:
    monitor.pinned = False
    run = monitor.check(ONLINE)
    assert (run.outputs["status"], run.probe.offers) == ("online", 1)
    (warning,) = run.runner.of(Level.WARNING)
    assert warning.startswith("The check offered a credential to a server that was not verified: ")
    assert warning.endswith(f"head.example.org ssh-ed25519 {KEY_IN_BASE64}")


def test_a_check_that_offered_no_credential_only_shows_the_line_to_pin(monitor: Monitor) -> None:
    monitor.pinned = False
    run = monitor.check(replace(ONLINE, outcome=ProbeFailure(Cause.LOGIN_HANGS), credential_offered=False))
    (warning,) = run.runner.of(Level.WARNING)
    assert "is not pinned. Verify the key, then set " in warning


def test_a_check_of_several_clusters_fails_if_one_status_is_unknown(monitor: Monitor) -> None:
    run = monitor.check_all({"alpha": [ONLINE], "beta": [failed(Cause.SINFO_FAILED)]})
    assert run.exit_status is ExitStatus.UNKNOWN
    assert [run.clusters[name]["status"] for name in ("alpha", "beta")] == ["online", "unknown"]


def test_a_check_that_raises_leaves_the_other_clusters_their_outputs(monitor: Monitor) -> None:
    with pytest.raises(KeyError):
        monitor.check_all({"alpha": [KeyError("an internal error")], "beta": [ONLINE]})
    assert '"beta":{"status":"online"' in monitor.runner.outputs["clusters"]


# the wait


@pytest.fixture
def waiting(monitor: Monitor) -> Monitor:
    """Return a monitor whose checks wait for ten minutes, and probe once in each attempt."""
    monitor.wait_seconds = 600.0
    monitor.set_retries(attempts=1)
    return monitor


def test_a_check_waits_until_the_cluster_is_online(waiting: Monitor) -> None:
    run = waiting.check(TIMEOUT, listed(partition(down=8)), DEGRADED, ONLINE)
    assert (run.outputs["status"], run.exit_status) == ("online", ExitStatus.OK)
    assert (run.probe.calls, waiting.clock.sleeps) == (4, [60.0, 60.0, 60.0])


def test_a_check_of_an_online_cluster_does_not_wait(waiting: Monitor) -> None:
    waiting.check(ONLINE)
    assert waiting.clock.sleeps == []


def test_a_wait_ends_with_the_last_result(waiting: Monitor) -> None:
    run = waiting.check(*[TIMEOUT] * 9, DEGRADED)
    assert (run.outputs["status"], run.exit_status) == ("degraded", ExitStatus.OK)
    assert waiting.clock.sleeps == [60.0] * 10


def test_the_shortest_wait_checks_twice(waiting: Monitor) -> None:
    waiting.wait_seconds, waiting.probe_seconds = 60.0, 5.0
    assert waiting.check(TIMEOUT).probe.calls == 2


def test_slow_attempts_make_a_wait_longer_by_one_attempt_at_most(waiting: Monitor) -> None:
    waiting.probe_seconds = 90.0
    begin = waiting.clock.monotonic()
    assert waiting.check(TIMEOUT).probe.allowed == [90.0] * 5
    assert waiting.clock.monotonic() - begin <= 600 + 60 + 90


@pytest.mark.parametrize("cause", SET_UP)
def test_what_the_user_has_to_change_ends_a_wait_at_once(cause: str, waiting: Monitor) -> None:
    run = waiting.check(TIMEOUT, failed(Cause(cause)), ONLINE)
    assert (run.outputs["cause"], run.exit_status) == (cause, ExitStatus.UNKNOWN)
    assert run.probe.calls == 2


def test_a_password_without_a_response_is_not_offered_again(waiting: Monitor) -> None:
    unanswered = replace(failed(Cause.JUMP_HOST), credential_offered=True, unanswered_passwords=1)
    run = waiting.check(unanswered, ONLINE)
    assert (run.probe.calls, run.exit_status) == (1, ExitStatus.OK)


def test_while_it_waits_the_log_shows_the_status_and_only_the_last_attempt_is_annotated(
    waiting: Monitor,
) -> None:
    run = waiting.check(DEGRADED, TIMEOUT, REFUSED_LOGIN)
    progress = [line for line in run.runner.lines if "The next check follows in 60 s" in line]
    assert [line.partition(". ")[0] for line in progress] == [
        "mscluster is degraded: too few nodes in service (1 of 8 nodes in service)",
        "Status of mscluster is unknown: SSH connection timed out",
    ]
    assert [line.rpartition(". ")[2] for line in progress] == [
        "The wait ends in 10 min.",
        "The wait ends in 9 min.",
    ]
    assert [text.partition(":")[0] for text in run.errors] == ["Status of mscluster is unknown"]
    assert run.warnings == []


def test_a_check_of_several_clusters_waits_until_all_are_online_at_the_same_time(waiting: Monitor) -> None:
    run = waiting.check_all({"alpha": [ONLINE, TIMEOUT, ONLINE], "beta": [TIMEOUT, TIMEOUT, ONLINE]})
    assert run.outputs["status"] == "online"
    assert {name: probe.calls for name, probe in run.probes.items()} == {"alpha": 3, "beta": 3}
    assert any("Not online: 2 of 2 clusters." in line for line in run.runner.lines)


def test_an_internal_error_ends_a_wait(waiting: Monitor) -> None:
    with pytest.raises(KeyError):
        waiting.check_all({"alpha": [KeyError("an internal error")], "beta": [TIMEOUT]})
    assert waiting.clock.sleeps == []
