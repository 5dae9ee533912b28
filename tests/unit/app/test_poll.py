"""Polls of one cluster: the notifications, and the content of the history."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.digests import keyed_digests
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import DeliveryError
from tests.fakes.probe import HOST_KEY, ONLINE, failed, listed, partition
from tests.unit.app.monitor import SERVER, Monitor

DEGRADED = failed(Cause.SCHEDULER_DOWN)
MAINTENANCE = listed(partition(maintenance=8))
REFUSED, TIMEOUT = failed(Cause.REFUSED), failed(Cause.TIMEOUT)
LOGIN_REFUSED = failed(Cause.LOGIN_REFUSED)
UNKNOWN = failed(Cause.SINFO_FAILED)
ANOTHER_KEY = HostKey("ssh-ed25519", HOST_KEY.blob[:-1] + b"\1")

# headlines
IS_ONLINE = "mscluster is online"
IS_DEGRADED = "mscluster is degraded"
IS_OFFLINE = "mscluster is offline"
IS_BACK = "mscluster is back online"
IS_PARTLY_BACK = "mscluster is partially back: degraded"
MONITOR_LOST = "mscluster: status unknown"
LOGIN_LOST = "Login to mscluster no longer works"
MONITOR_RESTORED = "Monitoring of mscluster restored: still online"


@pytest.fixture
def online(monitor: Monitor) -> Monitor:
    """Return a monitor of a cluster that was online at the first poll."""
    assert monitor.poll(ONLINE).headlines == [IS_ONLINE]
    return monitor


def headlines(monitor: Monitor, *results: ProbeResult) -> list[list[str]]:
    """Poll once for each result, and return the headlines of each poll."""
    return [monitor.poll(result).headlines for result in results]


# changes


FIRST_STATUS = {
    "online": (ONLINE, IS_ONLINE),
    "degraded": (listed(partition(draining=8)), IS_DEGRADED),
    "maintenance": (MAINTENANCE, "mscluster is in maintenance"),
    "offline": (listed(partition(down=8)), IS_OFFLINE),
    "no nodes listed": (listed(), IS_ONLINE),
    "no scheduler": (failed(Cause.NO_SCHEDULER), IS_ONLINE),
}


@pytest.mark.parametrize(("result", "headline"), FIRST_STATUS.values(), ids=FIRST_STATUS)
def test_the_first_status_is_notified_once(result: ProbeResult, headline: str, monitor: Monitor) -> None:
    assert headlines(monitor, result, result, result) == [[headline], [], []]


@pytest.mark.parametrize("cause", [Cause.DNS, Cause.REFUSED])
def test_an_outage_that_needs_no_confirmation_is_notified_at_once(cause: Cause, online: Monitor) -> None:
    assert headlines(online, failed(cause), failed(cause)) == [[IS_OFFLINE], []]


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DROPPED])
def test_an_outage_that_may_depend_on_the_runner_is_notified_at_the_second_poll(
    cause: Cause, online: Monitor
) -> None:
    assert headlines(online, failed(cause), failed(cause), failed(cause)) == [[], [IS_OFFLINE], []]


@pytest.mark.parametrize("confirm_after", [1, 2, 4])
def test_the_number_of_polls_that_confirm_an_outage_can_be_set(confirm_after: int, online: Monitor) -> None:
    online.set_thresholds(confirm_after=confirm_after)
    assert headlines(online, *[TIMEOUT] * 5).index([IS_OFFLINE]) == confirm_after - 1


def test_a_good_poll_between_two_time_outs_prevents_the_confirmation(online: Monitor) -> None:
    assert headlines(online, TIMEOUT, ONLINE, TIMEOUT, ONLINE) == [[], [], [], []]


def test_a_refusal_after_a_time_out_is_notified_at_once(online: Monitor) -> None:
    assert headlines(online, TIMEOUT, REFUSED) == [[], [IS_OFFLINE]]


def test_another_status_discards_an_outage_that_is_not_confirmed(online: Monitor) -> None:
    notified = headlines(online, TIMEOUT, DEGRADED, TIMEOUT, TIMEOUT)
    assert notified == [[], [IS_DEGRADED], [], [IS_OFFLINE]]


def test_an_outage_and_its_end_are_notified(online: Monitor) -> None:
    assert headlines(online, REFUSED, ONLINE, ONLINE) == [[IS_OFFLINE], [IS_BACK], []]


def test_a_partial_recovery_is_notified(online: Monitor) -> None:
    assert headlines(online, REFUSED, DEGRADED, ONLINE) == [[IS_OFFLINE], [IS_PARTLY_BACK], [IS_BACK]]


def test_a_new_cause_of_an_outage_is_not_notified_but_named_in_the_recovery(online: Monitor) -> None:
    notified = headlines(online, REFUSED, failed(Cause.DNS), listed(partition(down=8)))
    (recovery,) = online.poll(ONLINE).messages
    assert notified == [[IS_OFFLINE], [], []]
    causes = "SSH connections refused; then host name does not resolve; then no nodes in service"
    assert Fact("Cause", causes) in recovery.facts


def test_a_message_shows_the_partitions_of_its_own_poll_and_a_late_one_shows_none(monitor: Monitor) -> None:
    monitor.notifier.fail_next(DeliveryError("no", cause="no"))
    monitor.poll(ONLINE)
    late, fresh = monitor.poll(listed(partition(idle=1, maintenance=7))).messages
    assert late.partitions == ()
    assert fresh.partitions == (partition(idle=1, maintenance=7),)


def test_a_missing_sinfo_degrades_only_a_cluster_that_had_one(monitor: Monitor) -> None:
    missing = failed(Cause.NO_SCHEDULER)
    assert [monitor.poll(result).outputs["status"] for result in (missing, ONLINE, missing)] == [
        "online",
        "online",
        "degraded",
    ]


# an unknown status


@pytest.mark.parametrize(
    ("cause", "headline"),
    [
        (Cause.SINFO_FAILED, MONITOR_LOST),
        (Cause.HOST_KEY, MONITOR_LOST),
        (Cause.LOGIN_REFUSED, LOGIN_LOST),
    ],
)
def test_an_unknown_status_is_notified_once_at_the_third_poll_and_its_end_once(
    cause: Cause, headline: str, online: Monitor
) -> None:
    script = [*[failed(cause)] * 5, ONLINE, ONLINE]
    an_hour = timedelta(hours=1)  # a refused credential is held back for as long
    assert [online.poll(result, later=an_hour).headlines for result in script] == [
        [],
        [],
        [headline],
        [],
        [],
        [MONITOR_RESTORED],
        [],
    ]


def test_three_causes_in_a_row_are_one_unknown_period(online: Monitor) -> None:
    notified = headlines(online, UNKNOWN, failed(Cause.HOST_KEY), failed(Cause.UNPARSABLE))
    assert notified == [[], [], [MONITOR_LOST]]


def test_an_unknown_period_of_two_polls_is_not_notified(online: Monitor) -> None:
    assert headlines(online, UNKNOWN, UNKNOWN, ONLINE, UNKNOWN, UNKNOWN, ONLINE) == [[]] * 6


def test_an_unknown_status_is_no_outage(online: Monitor) -> None:
    runs = [online.poll(UNKNOWN) for _ in range(3)]
    (message,) = runs[2].messages
    assert message.status is Status.UNKNOWN
    assert [run.outputs["changed"] for run in runs] == ["false"] * 3
    assert online.store.history.tracker.status is Status.ONLINE


def test_a_change_during_an_unknown_period_is_notified_in_place_of_its_end(online: Monitor) -> None:
    assert headlines(online, UNKNOWN, UNKNOWN, UNKNOWN, REFUSED, ONLINE)[3:] == [[IS_OFFLINE], [IS_BACK]]


def test_a_status_that_is_not_confirmed_does_not_end_an_unknown_period(online: Monitor) -> None:
    notified = headlines(online, UNKNOWN, UNKNOWN, UNKNOWN, TIMEOUT, ONLINE)
    assert notified[3:] == [[], [MONITOR_RESTORED]]


def test_the_message_about_a_refused_login_has_the_last_successful_login(online: Monitor) -> None:
    worked_at = online.clock.now()
    *_, run = [online.poll(LOGIN_REFUSED) for _ in range(3)]
    (message,) = run.messages
    assert message.sentence == "Login refused."
    assert Fact("Last successful login", worked_at) in message.facts


NO_LOGIN = {
    "login refused": LOGIN_REFUSED,
    "another key": failed(Cause.HOST_KEY),
    "never reached": REFUSED,
    "offline": replace(failed(Cause.DROPPED), reached=True),
}


@pytest.mark.parametrize("result", NO_LOGIN.values(), ids=NO_LOGIN)
def test_until_a_login_has_worked_nothing_is_notified(result: ProbeResult, monitor: Monitor) -> None:
    assert headlines(monitor, *[result] * 5) == [[]] * 5


def test_a_server_that_was_never_reached_is_unknown(monitor: Monitor) -> None:
    assert monitor.poll(REFUSED).outputs["status"] == "unknown"


def test_a_server_that_was_reached_once_can_be_offline(monitor: Monitor) -> None:
    monitor.poll(LOGIN_REFUSED)
    assert monitor.poll(REFUSED).outputs["status"] == "offline"


def test_another_server_counts_as_never_reached(online: Monitor) -> None:
    online.digests = keyed_digests(key="a webhook", server="another", login="a login")
    assert online.poll(REFUSED).outputs["status"] == "unknown"


def test_with_a_new_webhook_the_server_still_counts_as_reached(online: Monitor) -> None:
    online.set_credentials(webhook="another webhook")
    assert online.poll(REFUSED).outputs["status"] == "offline"


def test_a_run_that_reaches_no_host_notifies_no_outage(online: Monitor) -> None:
    online.network = False
    run = online.poll(REFUSED)
    assert (run.outputs["status"], run.outputs["cause"], run.messages) == ("unknown", "refused", [])


# reminders


@pytest.fixture
def always(monitor: Monitor) -> Monitor:
    """Return a monitor whose channel wants a message at every poll."""
    monitor.set_policy(always=True)
    return monitor


def test_a_channel_that_wants_reminders_gets_one_at_every_poll_with_a_known_status(always: Monitor) -> None:
    assert headlines(always, ONLINE, ONLINE, UNKNOWN, REFUSED, REFUSED) == [
        [IS_ONLINE],
        ["mscluster is still online"],
        [],
        [IS_OFFLINE],
        ["mscluster is still offline"],
    ]


def test_a_reminder_is_no_change(always: Monitor) -> None:
    always.poll(ONLINE)
    assert always.poll(ONLINE).outputs["changed"] == "false"


def test_until_a_login_has_worked_there_are_no_reminders(always: Monitor) -> None:
    assert headlines(always, LOGIN_REFUSED, REFUSED) == [[], []]


# credentials and host keys


def offers(monitor: Monitor, *results: ProbeResult) -> list[int]:
    """Poll once for each result, and return how often each poll offered the credential."""
    return [monitor.poll(result).probe.offers for result in results]


def test_a_refused_credential_is_held_back_for_an_hour(monitor: Monitor) -> None:
    assert offers(monitor, *[LOGIN_REFUSED] * 14) == [1, *[0] * 11, 1, 0]


def test_while_a_credential_is_held_back_the_cause_stays_the_same(monitor: Monitor) -> None:
    runs = [monitor.poll(LOGIN_REFUSED) for _ in range(3)]
    assert [run.outputs["cause"] for run in runs] == ["login-refused"] * 3


def test_a_changed_credential_is_tried_at_once(monitor: Monitor) -> None:
    monitor.poll(LOGIN_REFUSED)
    monitor.set_credentials(login="another login")
    assert offers(monitor, ONLINE) == [1]


@pytest.mark.usefixtures("cheap_digests")
def test_without_a_key_for_digests_a_changed_credential_is_held_back_as_well(monitor: Monitor) -> None:
    monitor.digests = keyed_digests(key="", server=SERVER, login="a login")
    monitor.poll(LOGIN_REFUSED)
    assert monitor.store.history.ssh.login.refused is None
    monitor.digests = keyed_digests(key="", server=SERVER, login="another login")
    assert offers(monitor, *[ONLINE] * 12) == [*[0] * 11, 1]


def test_a_credential_that_works_is_offered_once_in_every_run(online: Monitor) -> None:
    assert offers(online, ONLINE, DEGRADED, ONLINE) == [1, 1, 1]


def test_without_a_pin_only_the_first_host_key_gets_the_credential(monitor: Monitor) -> None:
    monitor.pinned = False
    assert offers(monitor, ONLINE) == [1]
    run = monitor.poll(replace(ONLINE, host_key=ANOTHER_KEY))
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "host-key")
    assert run.probe.offers == 0
    assert offers(monitor, ONLINE) == [1]


def test_the_host_key_of_a_server_that_refused_the_login_is_not_remembered(monitor: Monitor) -> None:
    monitor.pinned = False
    monitor.poll(replace(LOGIN_REFUSED, host_key=ANOTHER_KEY))
    monitor.set_credentials(login="another login")
    assert monitor.poll(ONLINE).outputs["status"] == "online"


# the content of the history


def test_the_history_has_no_fingerprint_of_a_pinned_key(online: Monitor) -> None:
    assert online.store.content
    assert HOST_KEY.fingerprint.encode() not in online.store.content


def test_the_history_has_no_secret_and_no_text_of_the_cluster(monitor: Monitor) -> None:
    monitor.poll(listed(partition("gpu-in-cellar", idle=1, unknown=2), unknown_states=("quantum",)))
    monitor.poll(failed(Cause.SINFO_FAILED, "slurmctld on vault17 says no"))
    monitor.poll(replace(REFUSED, line_to_pin="head.example.org ssh-ed25519 AAAA"))
    assert monitor.store.content
    content = monitor.store.content.decode()
    for text in ("cellar", "quantum", "vault17", "head.example.org", "a webhook", "a login"):
        assert text not in content


def test_the_history_has_the_time_the_status_and_the_cause_of_each_poll(monitor: Monitor) -> None:
    monitor.set_retries(attempts=1)
    headlines(monitor, ONLINE, REFUSED)
    assert monitor.store.content
    assert json.loads(monitor.store.content)["clusters"]["mscluster"]["record"]["polls"] == [
        {"at": "2026-03-01T12:05:00Z", "status": "online"},
        {"at": "2026-03-01T12:10:00Z", "status": "offline", "cause": "refused"},
    ]


# time


def test_a_gap_is_a_warning_in_the_run_that_ends_it_and_in_the_next_message(online: Monitor) -> None:
    headlines(online, *[ONLINE] * 3)
    ends_it, after = online.poll(ONLINE, later=timedelta(hours=2)), online.poll(ONLINE)
    assert (ends_it.messages, ends_it.exit_status) == ([], 0)
    [warning] = ends_it.warnings
    assert warning.startswith("No poll for 2 h since 2026-03-01 12:20:00 UTC, missed polls: 23.")
    assert after.warnings == []
    messages = [message for result in (REFUSED, ONLINE) for message in online.poll(result).messages]
    missed = Fact("Missed polls", "23")
    assert [missed in message.facts for message in messages] == [True, False]


def test_a_clock_that_was_set_back_hides_no_change(online: Monitor) -> None:
    online.clock.advance(timedelta(minutes=-8))
    assert headlines(online, REFUSED, ONLINE) == [[IS_OFFLINE], [IS_BACK]]


def test_after_a_clock_was_set_back_a_message_has_no_duration(online: Monitor) -> None:
    [message] = online.poll(REFUSED, later=timedelta(hours=-3)).messages
    assert message.facts == ()


# the history of the original script


def test_a_run_of_one_cluster_continues_the_history_of_the_original_script(alone: Monitor) -> None:
    polls = [{"poll_time": f"2026-03-01 {time}", "online": True} for time in ("11:55", "12:00")]
    alone.store.content = json.dumps(polls).encode()
    run = alone.poll(ONLINE)
    assert (run.headlines, run.outputs["previous-status"]) == ([], "online")
    assert list(alone.store.histories.clusters) == ["mscluster"]
    assert len(alone.store.history.record.polls) == 3
    assert headlines(alone, REFUSED) == [[IS_OFFLINE]]


# What is usual for a cluster


EMPTY, POWERED_DOWN = listed(), listed(partition(powered_down=8))


def test_no_nodes_after_some_are_unknown_and_never_a_recovery(online: Monitor) -> None:
    results = [listed(partition(down=8)), *4 * [EMPTY], ONLINE]
    assert headlines(online, *results) == [[IS_OFFLINE], [], [], [MONITOR_LOST], [], [IS_BACK]]


def test_the_fourth_time_without_nodes_is_usual(online: Monitor) -> None:
    statuses = [online.poll(result).outputs["status"] for result in 4 * (EMPTY, ONLINE)]
    assert statuses == [*3 * ["unknown", "online"], "online", "online"]


def test_a_cluster_that_scales_to_zero_is_online(monitor: Monitor) -> None:
    assert headlines(monitor, POWERED_DOWN, EMPTY, EMPTY, POWERED_DOWN) == [[IS_ONLINE], [], [], []]


def test_a_scheduler_that_has_never_worked_is_not_notified_and_one_that_did_is(monitor: Monitor) -> None:
    assert headlines(monitor, DEGRADED, DEGRADED, ONLINE, DEGRADED) == [[], [], [IS_ONLINE], [IS_DEGRADED]]


def test_a_login_shell_that_hangs_is_notified_at_the_second_poll(online: Monitor) -> None:
    hanging = failed(Cause.SHELL_HANGS)
    assert headlines(online, hanging, hanging, ONLINE) == [[], [IS_DEGRADED], [IS_BACK]]


def test_the_first_message_shows_that_only_the_login_is_checked(monitor: Monitor) -> None:
    [message] = monitor.poll(failed(Cause.NO_SCHEDULER)).messages
    assert message.sentence == "Slurm is not checked. Monitoring started."
    assert "Nodes" not in {fact.label for fact in message.facts}


def test_until_it_is_accepted_each_run_warns_that_only_the_login_is_checked(monitor: Monitor) -> None:
    for _ in range(2):
        [warning] = monitor.poll(failed(Cause.NO_SCHEDULER)).warnings
        assert "sinfo not found, so Slurm is not checked" in warning
        assert "set scheduler to none" in warning
    accepted = replace(failed(Cause.NO_SCHEDULER), outcome=ClusterState(login_only=True))
    assert monitor.poll(accepted).warnings == []
