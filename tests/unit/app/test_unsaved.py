"""Runs that can load the history and cannot save it: which messages they send, and when."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ChannelRefusedError, DeliveryError, ExitStatus
from tests.fakes.notifier import GONE
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import FIVE_MINUTES, Monitor

REFUSED, TIMEOUT, UNKNOWN = failed(Cause.REFUSED), failed(Cause.TIMEOUT), failed(Cause.UNPARSABLE)
DEGRADED = listed(partition(draining=8))
MAINTENANCE = listed(partition(maintenance=8))
IS_OFFLINE, IS_BACK = "mscluster is offline", "mscluster is back online"
NOT_SAVED = "Monitoring of mscluster cannot save its history"
FAILED = DeliveryError("Discord was not reached.", cause="no answer")
HOUR = timedelta(hours=1)


@pytest.fixture
def online(monitor: Monitor) -> Monitor:
    """Return a monitor of a cluster that was online at two saved polls, and whose store is full now."""
    monitor.set_retries(attempts=1)
    monitor.poll(ONLINE)
    monitor.poll(ONLINE)
    monitor.store.is_full = True
    return monitor


def runs_with_messages(
    monitor: Monitor, results: Iterable[ProbeResult], *, later: timedelta = FIVE_MINUTES
) -> dict[int, list[str]]:
    """Poll once for each result; return the headlines of the runs that send messages. The first run is 1."""
    headlines = [monitor.poll(result, later=later).headlines for result in results]
    return {number: sent for number, sent in enumerate(headlines, 1) if sent}


def labels(message: Message) -> list[str]:
    return [fact.label for fact in message.facts]


def pending(monitor: Monitor) -> list[Notification]:
    return list(monitor.store.history.outbox.channel("discord").pending)


# the first run that cannot save


def test_the_first_run_that_cannot_save_notifies_a_change_and_says_that_it_may_repeat(
    online: Monitor,
) -> None:
    [message] = online.poll(REFUSED).messages
    assert (message.headline, message.status) == (IS_OFFLINE, Status.OFFLINE)
    assert message.sentence == (
        "SSH connections refused. The history cannot be saved, so this message may repeat."
    )
    assert labels(message) == ["Was online for"]


def test_a_run_that_cannot_save_fails_and_reports_no_change_of_the_history(online: Monitor) -> None:
    kept = online.store.content
    run = online.poll(REFUSED)
    assert (run.exit_status, run.errors) == (ExitStatus.HISTORY, ["The quota is used up. Delete old runs."])
    assert (run.outputs["status"], run.outputs["changed"]) == ("offline", "false")
    assert (online.store.content, online.heartbeat.beats[-1]) == (kept, False)


def test_a_run_that_cannot_save_tries_to_save_once(online: Monitor) -> None:
    saves = online.store.saves
    online.poll(REFUSED)
    assert online.store.saves == saves + 1


def test_the_message_has_the_table_of_its_poll(online: Monitor) -> None:
    [message] = online.poll(DEGRADED).messages
    assert [listed.name for listed in message.partitions] == ["debug"]


def test_a_recovery_is_a_change_too(online: Monitor) -> None:
    online.store.is_full = False
    online.poll(REFUSED)
    online.store.is_full = True
    assert online.poll(ONLINE).headlines == [IS_BACK]


def test_without_a_change_nothing_is_sent(online: Monitor) -> None:
    assert online.poll(ONLINE).messages == []


@pytest.mark.parametrize("policy", [{"always": True}, {"live": True}], ids=repr)
def test_a_reminder_is_not_sent(policy: dict[str, bool], monitor: Monitor) -> None:
    monitor.set_policy(**policy)
    monitor.poll(ONLINE)
    monitor.store.is_full = True
    assert monitor.poll(ONLINE).messages == []


def test_an_unknown_status_is_not_notified(online: Monitor) -> None:
    assert runs_with_messages(online, [UNKNOWN] * 13) == {3: [NOT_SAVED]}


def test_a_cluster_whose_status_was_never_confirmed_is_not_notified(monitor: Monitor) -> None:
    monitor.store.is_full = True
    assert runs_with_messages(monitor, [ONLINE] * 4) == {}
    assert monitor.workflow.requests == 0


def test_every_channel_is_notified_and_the_error_of_one_is_reported(online: Monitor) -> None:
    second = online.add_channel("second")
    online.notifier.fail_next(FAILED)
    run = online.poll(REFUSED)
    assert (run.headlines, second.headlines) == ([], [IS_OFFLINE])
    assert run.errors[-1] == "Channel discord: Discord was not reached."
    assert run.exit_status is ExitStatus.HISTORY


def test_a_channel_that_refuses_every_message_gets_no_request(online: Monitor) -> None:
    online.store.is_full = False
    online.notifier.fail_next(ChannelRefusedError(GONE))
    online.poll(DEGRADED)
    online.store.is_full = True
    sends = online.notifier.sends
    online.poll(REFUSED)
    assert online.notifier.sends == sends


def test_each_cluster_of_a_run_is_notified(monitor: Monitor) -> None:
    monitor.poll_all({"Alpha": [ONLINE], "Beta": [ONLINE], "Gamma": [ONLINE]})
    monitor.store.is_full = True
    run = monitor.poll_all({"Alpha": [REFUSED], "Beta": [ONLINE], "Gamma": [DEGRADED]})
    assert sorted(run.headlines) == ["Alpha is offline", "Gamma is degraded"]
    assert monitor.workflow.requests == 1


# later runs


def test_a_change_that_lasts_is_repeated_by_the_first_run_of_each_hour(online: Monitor) -> None:
    assert runs_with_messages(online, [REFUSED] * 37) == {
        1: [IS_OFFLINE],
        12: [IS_OFFLINE],
        24: [IS_OFFLINE],
        36: [IS_OFFLINE],
    }


def test_a_repeated_message_does_not_say_since_when(online: Monitor) -> None:
    runs_with_messages(online, [REFUSED] * 12)
    _, repeated = online.notifier.messages[1:]
    assert repeated.at == online.clock.now()
    assert labels(repeated) == []


def test_a_cluster_that_goes_down_comes_back_and_goes_down_again_is_notified_within_an_hour(
    online: Monitor,
) -> None:
    course = [*[REFUSED] * 8, *[ONLINE] * 12, *[REFUSED] * 15, *[DEGRADED] * 10]
    assert runs_with_messages(online, course) == {
        1: [IS_OFFLINE],
        24: [IS_OFFLINE],
        36: ["mscluster is degraded"],
    }
    online.store.is_full = False
    assert online.poll(REFUSED).headlines == [IS_OFFLINE]


def test_an_outage_that_begins_after_the_first_run_is_notified_by_the_first_run_of_the_next_hour(
    online: Monitor,
) -> None:
    assert runs_with_messages(online, [ONLINE, *[REFUSED] * 12]) == {12: [IS_OFFLINE]}


def test_polls_every_hour_repeat_a_change_each_time(online: Monitor) -> None:
    online.poll(ONLINE)
    assert runs_with_messages(online, [REFUSED] * 4, later=HOUR) == {n: [IS_OFFLINE] for n in range(1, 5)}


def test_the_first_run_after_a_save_is_a_first_run_again(online: Monitor) -> None:
    runs_with_messages(online, [ONLINE, ONLINE])
    online.store.is_full = False
    online.poll(ONLINE)
    online.store.is_full = True
    assert online.poll(REFUSED).headlines == [IS_OFFLINE]


def test_a_cancelled_run_does_not_count(online: Monitor) -> None:
    with pytest.raises(KeyboardInterrupt):
        online.poll(KeyboardInterrupt())
    assert online.poll(REFUSED).headlines == [IS_OFFLINE]


def test_a_saved_change_is_notified_as_usual_after_it_was_notified_unsaved(online: Monitor) -> None:
    online.poll(REFUSED)
    online.store.is_full = False
    [message] = online.poll(REFUSED).messages
    assert (message.headline, message.sentence) == (IS_OFFLINE, "SSH connections refused.")
    assert online.poll(REFUSED).messages == []


def test_an_outage_of_a_cluster_that_was_unstable_is_notified(online: Monitor) -> None:
    online.store.is_full = False
    runs_with_messages(online, [*[REFUSED, ONLINE] * 3])
    assert "unstable" in online.notifier.headlines[-1]
    online.store.is_full = True
    assert runs_with_messages(online, [REFUSED] * 13) == {1: [IS_OFFLINE], 12: [IS_OFFLINE]}


def test_an_outage_that_was_withheld_before_is_notified_by_the_first_run_of_an_hour(online: Monitor) -> None:
    online.store.is_full = False
    runs_with_messages(online, [*[REFUSED, ONLINE] * 3, REFUSED])
    online.store.is_full = True
    assert runs_with_messages(online, [REFUSED] * 13) == {3: [NOT_SAVED], 12: [IS_OFFLINE]}


# causes that need a confirmation


def test_the_earlier_runs_count_as_polls_that_confirm_a_status(online: Monitor) -> None:
    assert runs_with_messages(online, [TIMEOUT] * 13) == {2: [IS_OFFLINE], 12: [IS_OFFLINE]}
    assert online.notifier.messages[-1].sentence == (
        "SSH connection timed out. The history cannot be saved, so this message may repeat. "
        "No other poll could confirm it."
    )


def test_a_single_poll_confirms_no_status_in_the_first_run(online: Monitor) -> None:
    assert runs_with_messages(online, [TIMEOUT, ONLINE]) == {}


def test_a_saved_poll_and_the_first_run_confirm_a_status(online: Monitor) -> None:
    online.store.is_full = False
    online.poll(TIMEOUT)
    online.store.is_full = True
    [message] = online.poll(TIMEOUT).messages
    assert "confirm" not in message.sentence
    assert runs_with_messages(online, [TIMEOUT] * 9) == {}


def test_a_status_needs_as_many_runs_as_the_threshold_says(online: Monitor) -> None:
    online.set_thresholds(confirm_after=4)
    assert runs_with_messages(online, [TIMEOUT] * 13) == {
        3: [NOT_SAVED],
        4: [IS_OFFLINE],
        12: [IS_OFFLINE],
    }


def two_partitions(**gpu: Any) -> ProbeResult:
    return listed(partition("batch", idle=40), partition("gpu", default=False, **gpu))


def test_a_partition_that_is_lost_is_notified_by_name(monitor: Monitor) -> None:
    runs_with_messages(monitor, [two_partitions(idle=4)] * 3)
    monitor.store.is_full = True
    assert runs_with_messages(monitor, [two_partitions(down=4)] * 13) == {
        2: ["mscluster is degraded"],
        12: ["mscluster is degraded"],
    }
    assert monitor.notifier.messages[-1].sentence.startswith("No node of gpu is in service. ")


def test_a_partition_that_is_back_is_notified_by_name(monitor: Monitor) -> None:
    runs_with_messages(monitor, [*[two_partitions(idle=4)] * 3, *[two_partitions(down=4)] * 3])
    monitor.store.is_full = True
    assert runs_with_messages(monitor, [two_partitions(idle=4)] * 3) == {2: [IS_BACK]}
    assert monitor.notifier.messages[-1].sentence.startswith("Partition gpu is back in service. ")


def test_a_partition_that_is_lost_besides_another_one_is_a_change_too(monitor: Monitor) -> None:
    fat = partition("fat", default=False, idle=4)
    fat_is_down = partition("fat", default=False, down=4)
    gpu = partition("gpu", default=False, down=4)
    batch = partition("batch", idle=40)
    runs_with_messages(monitor, [listed(batch, fat, partition("gpu", default=False, idle=4))] * 3)
    runs_with_messages(monitor, [listed(batch, fat, gpu)] * 3)
    monitor.store.is_full = True
    assert runs_with_messages(monitor, [listed(batch, fat_is_down, gpu)] * 4) == {
        2: ["mscluster is still degraded: fat is lost, too"]
    }


# HISTORY_NOT_SAVED


def test_the_third_run_without_a_change_notifies_once_that_the_history_is_not_saved(online: Monitor) -> None:
    saved_at = online.clock.now()
    assert runs_with_messages(online, [ONLINE] * 26) == {3: [NOT_SAVED]}
    message = online.notifier.messages[-1]
    assert message.status is Status.UNKNOWN
    assert message.sentence == (
        "Delete old runs. Until the history is saved again, changes are notified once an hour, and messages "
        "may repeat."
    )
    assert [(fact.label, fact.value) for fact in message.facts] == [
        ("Last saved status", "online"),
        ("Last saved", saved_at),
    ]
    assert message.partitions == ()


def test_after_a_save_the_third_run_notifies_it_again(online: Monitor) -> None:
    runs_with_messages(online, [ONLINE] * 5)
    online.store.is_full = False
    online.poll(ONLINE)
    online.store.is_full = True
    assert runs_with_messages(online, [ONLINE] * 5) == {3: [NOT_SAVED]}


def test_the_third_run_of_a_change_notifies_nothing_else(online: Monitor) -> None:
    assert runs_with_messages(online, [REFUSED] * 5) == {1: [IS_OFFLINE]}


def test_a_channel_is_notified_of_it_only_if_it_has_chosen_the_monitor(online: Monitor) -> None:
    outages = online.add_channel("outages", kinds=frozenset({Kind.OUTAGE, Kind.RECOVERY}))
    monitor = online.add_channel("monitor", kinds=frozenset({Kind.MONITOR}))
    assert runs_with_messages(online, [ONLINE] * 5) == {3: [NOT_SAVED]}
    assert (outages.headlines, monitor.headlines) == ([], [NOT_SAVED])


# the first run that can save again


RESTORED = "Monitoring of mscluster restored: still online"


def save_again(monitor: Monitor, result: ProbeResult = ONLINE) -> list[str]:
    """Poll with a store that is not full; return the headlines."""
    monitor.store.is_full = False
    return monitor.poll(result).headlines


def test_after_three_runs_that_could_not_save_the_same_status_is_notified_once(online: Monitor) -> None:
    runs_with_messages(online, [REFUSED, *[ONLINE] * 2])
    assert save_again(online) == [RESTORED]
    assert runs_with_messages(online, [ONLINE] * 13) == {}


def test_the_same_status_is_notified_to_channels_with_recoveries_or_the_monitor(online: Monitor) -> None:
    kinds = [Kind.RECOVERY, Kind.MONITOR, Kind.MAINTENANCE]
    recoveries, monitor, maintenances = (online.add_channel(str(kind), kinds={kind}) for kind in kinds)
    runs_with_messages(online, [ONLINE] * 3)
    save_again(online)
    assert (recoveries.headlines, monitor.headlines[-1]) == ([RESTORED], RESTORED)
    assert maintenances.headlines == []


def test_after_two_runs_that_could_not_save_the_same_status_is_not_notified(online: Monitor) -> None:
    runs_with_messages(online, [ONLINE] * 2)
    assert save_again(online) == []


def test_after_runs_that_could_not_save_a_change_is_all_that_is_notified(online: Monitor) -> None:
    runs_with_messages(online, [REFUSED] * 4)
    assert save_again(online, REFUSED) == [IS_OFFLINE]


@pytest.mark.parametrize("result", [UNKNOWN, TIMEOUT])
def test_a_status_that_is_unknown_or_pending_is_not_notified_as_the_same(
    result: ProbeResult, online: Monitor
) -> None:
    runs_with_messages(online, [ONLINE] * 4)
    assert save_again(online, result) == []


def test_a_reminder_says_it_for_its_channel(online: Monitor) -> None:
    online.set_policy(always=True)
    second = online.add_channel("second")
    runs_with_messages(online, [ONLINE] * 4)
    assert save_again(online) == ["mscluster is still online"]
    assert second.headlines == [NOT_SAVED, RESTORED]


def test_polls_that_did_not_run_are_not_notified(online: Monitor) -> None:
    online.store.is_full = False
    assert online.poll(ONLINE, later=HOUR).messages == []
    assert online.workflow.requests == 1


def test_polls_at_the_usual_time_do_not_read_the_runs(online: Monitor) -> None:
    online.store.is_full = False
    runs_with_messages(online, [ONLINE, REFUSED, REFUSED, ONLINE])
    assert online.workflow.requests == 0


# messages that were pending


def test_the_first_run_sends_what_a_channel_did_not_accept_before(online: Monitor) -> None:
    online.store.is_full = False
    online.notifier.fail_next(FAILED, FAILED)
    online.poll(REFUSED)
    online.poll(DEGRADED)
    online.store.is_full = True
    run = online.poll(ONLINE)
    assert run.headlines == [IS_OFFLINE, "mscluster is partially back: degraded", IS_BACK]
    assert all("may repeat" in message.sentence for message in run.messages)
    assert labels(run.messages[0]) == ["Was online for"]


def test_later_runs_repeat_only_the_latest_message(online: Monitor) -> None:
    online.store.is_full = False
    online.notifier.fail_next(FAILED)
    online.poll(DEGRADED)
    online.poll(DEGRADED)
    online.notifier.fail_next(FAILED)
    online.poll(REFUSED)
    online.store.is_full = True
    assert runs_with_messages(online, [REFUSED] * 13) == {1: [IS_OFFLINE], 3: [NOT_SAVED], 12: [IS_OFFLINE]}


def test_a_delivery_that_could_not_be_saved_is_repeated_by_runs_that_cannot_save(online: Monitor) -> None:
    online.store.is_full = False
    online.notifier.during_next(lambda: setattr(online.store, "is_full", True))
    assert online.poll(REFUSED).headlines == [IS_OFFLINE]
    assert runs_with_messages(online, [REFUSED] * 12) == {1: [IS_OFFLINE], 3: [NOT_SAVED], 12: [IS_OFFLINE]}


# runs that cannot be read


@pytest.fixture
def alone(online: Monitor) -> Monitor:
    """Return a monitor that cannot read the runs of its workflow."""
    online.workflow.readable = False
    return online


def test_without_the_runs_their_number_follows_from_the_usual_interval(alone: Monitor) -> None:
    assert runs_with_messages(alone, [REFUSED] * 25) == {
        1: [IS_OFFLINE],
        13: [IS_OFFLINE],
        25: [IS_OFFLINE],
    }


def test_without_the_runs_the_third_by_the_usual_interval_notifies_that_nothing_is_saved(
    alone: Monitor,
) -> None:
    assert runs_with_messages(alone, [ONLINE] * 26) == {3: [NOT_SAVED]}


def test_without_the_runs_a_status_is_confirmed_by_the_second(alone: Monitor) -> None:
    assert runs_with_messages(alone, [TIMEOUT] * 11) == {2: [IS_OFFLINE]}


@pytest.mark.parametrize("minutes", [-2, -1, 1, 2])
def test_without_the_runs_a_run_at_another_minute_misses_no_hour(minutes: int, alone: Monitor) -> None:
    runs_with_messages(alone, [REFUSED] * 11)
    alone.clock.advance(timedelta(minutes=minutes))
    assert runs_with_messages(alone, [REFUSED] * 13) == {2: [IS_OFFLINE]}


def test_without_the_runs_and_a_usual_interval_each_change_is_notified(monitor: Monitor) -> None:
    monitor.workflow.readable = False
    monitor.poll(ONLINE)
    monitor.store.is_full = True
    assert runs_with_messages(monitor, [REFUSED] * 3) == {n: [IS_OFFLINE] for n in (1, 2, 3)}
