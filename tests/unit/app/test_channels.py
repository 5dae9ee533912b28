"""Several channels: each has its own policy, outbox and live message, and does not affect others."""

import json
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import pytest

from cluster_status.app import outbox
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.outbox import ChannelOutbox
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import Cancelled, ChannelRefusedError, DeliveryError, ExitStatus
from cluster_status.ports import Level
from tests.fakes.notifier import GONE, RecordingNotifier
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.cancellation import cancelled_by
from tests.unit.app.monitor import Monitor
from tests.unit.app.overlap import parallel_run

REFUSED = failed(Cause.REFUSED)
ALLOCATED = listed(partition(idle=3, allocated=5))
FAILED = DeliveryError("Discord was not reached.", cause="no answer", remedy="It stays pending.")

IS_ONLINE = "mscluster is online"
IS_OFFLINE = "mscluster is offline"
IS_BACK = "mscluster is back online"


@pytest.fixture
def online(monitor: Monitor) -> Monitor:
    """Return a monitor of a cluster that was online at the first poll; its checks take no time."""
    monitor.set_retries(attempts=1)
    monitor.poll(ONLINE)
    return monitor


@pytest.fixture
def second(online: Monitor) -> RecordingNotifier:
    """Return a second channel that was added after the first poll."""
    return online.add_channel("second")


def channel(monitor: Monitor, channel_id: str) -> ChannelOutbox:
    return monitor.store.history.outbox.channel(channel_id)


def pending(monitor: Monitor, channel_id: str) -> list[str]:
    return [one.event.value for one in channel(monitor, channel_id).pending]


# a channel that fails


def test_a_message_that_fails_in_one_channel_is_sent_once_in_the_other(
    online: Monitor, second: RecordingNotifier
) -> None:
    online.notifier.fail_next(FAILED, FAILED)
    runs = [online.poll(REFUSED), online.poll(ONLINE), online.poll(ONLINE)]
    assert second.headlines == [IS_OFFLINE, IS_BACK]
    assert [run.headlines for run in runs] == [[], [], [IS_OFFLINE, IS_BACK]]
    assert (pending(online, "discord"), pending(online, "second")) == ([], [])


def test_a_channel_that_works_does_not_hide_one_that_fails(
    online: Monitor, second: RecordingNotifier
) -> None:
    second.fail_from_now_on(FAILED)
    runs = [online.poll(REFUSED) for _ in range(3)]
    assert [run.exit_status for run in runs] == [ExitStatus.UNDELIVERED, ExitStatus.OK, ExitStatus.OK]
    assert online.poll(ONLINE).headlines == [IS_BACK]
    assert channel(online, "discord").failure is None
    assert channel(online, "second").failure


def test_an_error_names_the_channel_that_failed(online: Monitor, second: RecordingNotifier) -> None:
    second.fail_next(FAILED)
    assert online.poll(REFUSED).errors == ["Channel second: Discord was not reached. It stays pending."]


def test_the_log_says_how_many_messages_each_of_several_channels_got(
    online: Monitor, second: RecordingNotifier
) -> None:
    second.fail_next(FAILED)
    assert "Channel discord: 1 message delivered" in online.poll(REFUSED).runner.lines
    assert online.poll(ONLINE).runner.lines[-2:] == [
        "Channel discord: 1 message delivered",
        "Channel second: 2 messages delivered",
    ]


def test_two_channels_that_fail_are_two_errors(online: Monitor, second: RecordingNotifier) -> None:
    online.notifier.fail_next(FAILED)
    second.fail_next(FAILED)
    run = online.poll(REFUSED)
    assert sorted(error.partition(":")[0] for error in run.errors) == ["Channel discord", "Channel second"]
    assert run.exit_status is ExitStatus.UNDELIVERED


def test_an_error_of_one_channel_is_reported_once_for_all_clusters(monitor: Monitor) -> None:
    monitor.set_retries(attempts=1)
    monitor.set_policy(live=True)
    clusters = ("alpha", "beta", "gamma")
    monitor.poll_all({name: [ONLINE] for name in clusters})
    edit_error, send_error = (DeliveryError("Not reached.", cause="", remedy="Wait.") for _ in range(2))
    monitor.notifier.fail_next(edit_error, send_error)
    run = monitor.poll_all({"alpha": [ALLOCATED], "beta": [ALLOCATED], "gamma": [REFUSED]})
    assert run.errors == ["Not reached. Wait."]


def test_a_deleted_webhook_does_not_affect_another_channel(
    online: Monitor, second: RecordingNotifier
) -> None:
    online.notifier.fail_next(ChannelRefusedError(GONE))
    for result in (REFUSED, ONLINE):
        online.poll(result)
    assert second.headlines == [IS_OFFLINE, IS_BACK]
    assert pending(online, "discord") == ["outage", "recovery"]


def test_a_second_failing_channel_fails_the_run_again(online: Monitor, second: RecordingNotifier) -> None:
    online.notifier.fail_from_now_on(FAILED)
    assert [online.poll(REFUSED).exit_status for _ in range(2)] == [6, 0]
    second.fail_from_now_on(FAILED)
    assert [online.poll(ONLINE).exit_status for _ in range(2)] == [6, 0]


# channels that come and go


def test_a_channel_that_is_no_longer_configured_is_dropped(
    online: Monitor, second: RecordingNotifier
) -> None:
    second.fail_next(FAILED)
    online.poll(REFUSED)
    assert pending(online, "second") == ["outage"]
    online.other_channels.clear()
    assert online.poll(REFUSED).headlines == []
    assert list(online.store.history.outbox.channels) == ["discord"]


def test_a_channel_that_is_added_later_gets_only_new_messages(
    online: Monitor, second: RecordingNotifier
) -> None:
    online.poll(ONLINE)
    assert second.messages == []
    online.poll(REFUSED)
    assert second.headlines == [IS_OFFLINE]


def test_a_gap_is_counted_in_the_next_message_of_each_channel(monitor: Monitor) -> None:
    monitor.set_retries(attempts=1)
    reminded = monitor.add_channel(always=True)
    for _ in range(3):
        monitor.poll(ONLINE)
    monitor.poll(ONLINE, later=timedelta(hours=2))
    monitor.poll(REFUSED)
    missed = Fact("Missed polls", "23")
    assert [missed in message.facts for message in reminded.messages] == [False, False, False, True, False]
    assert [missed in message.facts for message in monitor.notifier.messages] == [False, True]


# policies


def test_only_the_channel_that_wants_reminders_gets_them(online: Monitor) -> None:
    reminded = online.add_channel(always=True)
    for result in (ONLINE, REFUSED, REFUSED):
        online.poll(result)
    assert online.notifier.headlines == [IS_ONLINE, IS_OFFLINE]
    assert reminded.headlines == ["mscluster is still online", IS_OFFLINE, "mscluster is still offline"]


def test_only_the_live_channel_has_its_message_edited(online: Monitor) -> None:
    live = online.add_channel(live=True)
    for result in (ONLINE, ALLOCATED, REFUSED):
        online.poll(result)
    assert online.notifier.headlines == [IS_ONLINE, IS_OFFLINE]
    assert online.notifier.edits == []
    assert live.headlines == ["mscluster is still online", IS_OFFLINE]
    assert [message.partitions for _, message in live.edits] == [(partition(idle=3, allocated=5),)]


def test_each_channel_has_its_own_mention_in_an_outage(monitor: Monitor) -> None:
    monitor.set_retries(attempts=1)
    monitor.set_policy(mention="<@&1>")
    second, third = monitor.add_channel(mention="<@2>"), monitor.add_channel("third")
    for result in (ONLINE, REFUSED, ONLINE):
        monitor.poll(result)
    for notifier, mention in ((monitor.notifier, "<@&1>"), (second, "<@2>"), (third, "")):
        assert [message.mention for message in notifier.messages] == ["", mention, ""]


SHOWN: dict[str, Callable[[Message], object]] = {
    "with_partitions": lambda message: message.partitions,
    "with_quotation": lambda message: message.quotation,
}


@pytest.mark.parametrize("option", SHOWN)
def test_each_channel_has_its_own_options_for_table_and_quotation(option: str, monitor: Monitor) -> None:
    monitor.set_policy(**{option: True})
    without = monitor.add_channel(**{option: False})
    monitor.poll(ONLINE)
    [first], [second] = monitor.notifier.messages, without.messages
    assert (bool(SHOWN[option](first)), bool(SHOWN[option](second))) == (True, False)
    assert first.headline == second.headline


def test_the_live_message_of_each_channel_is_edited(monitor: Monitor) -> None:
    monitor.set_policy(live=True)
    second = monitor.add_channel(live=True, with_partitions=False)
    monitor.poll(ONLINE)
    monitor.poll(ALLOCATED)
    assert [message.partitions for message in monitor.notifier.shown.values()] == [
        (partition(idle=3, allocated=5),)
    ]
    assert [message.partitions for message in second.shown.values()] == [()]
    assert channel(monitor, "discord").live != channel(monitor, "second").live


# a channel that is slow


def test_a_slow_channel_does_not_delay_messages_of_another(
    online: Monitor, second: RecordingNotifier
) -> None:
    arrived = threading.Event()
    online.notifier.during_next(lambda: arrived.wait(5))
    second.during_next(arrived.set)
    run = online.poll(REFUSED)
    assert arrived.is_set()
    assert (run.headlines, second.headlines) == ([IS_OFFLINE], [IS_OFFLINE])


def test_a_crash_in_one_channel_waits_for_the_delivery_of_another(
    online: Monitor, second: RecordingNotifier
) -> None:
    is_saved = threading.Event()
    online.store.during_save(2, is_saved.set)
    online.notifier.during_next(crash)
    saved_before: list[bool] = []
    second.during_next(lambda: saved_before.append(is_saved.wait(0.1)))
    with pytest.raises(KeyError):
        online.poll(REFUSED)
    assert saved_before == [False]
    assert (pending(online, "discord"), pending(online, "second")) == (["outage"], [])


def crash(*_: object) -> NoReturn:
    raise KeyError("an internal error")


def test_a_crash_in_one_channel_is_raised_after_the_outputs_are_published(
    online: Monitor, second: RecordingNotifier
) -> None:
    second.during_next(crash)
    with pytest.raises(KeyError):
        online.poll(REFUSED)
    assert online.runner.outputs["changed"] == "true"
    assert online.runner.of(Level.ERROR) == [
        "Channel second: The delivery failed with an unexpected KeyError."
    ]
    assert online.heartbeat.beats == [True]  # the caller reports the failure


def test_a_crash_in_the_edits_of_one_channel_leaves_the_others_their_messages(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor.set_retries(attempts=1)
    monitor.set_policy(live=True)
    second = monitor.add_channel(live=True)
    monitor.poll_all({"Alpha": [ONLINE], "Beta": [ONLINE]})
    monkeypatch.setattr(monitor.notifier, "edit", crash)
    with pytest.raises(KeyError):
        monitor.poll_all({"Alpha": [ALLOCATED], "Beta": [REFUSED]})
    assert second.headlines[2:] == monitor.notifier.headlines[2:] == ["Beta is offline"]
    assert len(second.edits) == 1
    assert monitor.store.histories.of("Beta").tracker.status == "offline"
    assert list(json.loads(monitor.runner.outputs["clusters"])) == ["Alpha", "Beta"]
    assert monitor.runner.of(Level.ERROR) == [
        "Channel discord: The delivery failed with an unexpected KeyError."
    ]


def test_a_slow_channel_does_not_delay_the_live_message_of_another(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor.set_policy(live=True)
    second = monitor.add_channel(live=True)
    monitor.poll(ONLINE)
    together = threading.Barrier(2, timeout=5)
    for notifier in (monitor.notifier, second):
        edit = notifier.edit
        monkeypatch.setattr(notifier, "edit", lambda *given, edit=edit: (together.wait(), edit(*given))[1])
    assert monitor.poll(ALLOCATED).errors == []
    assert [len(notifier.edits) for notifier in (monitor.notifier, second)] == [1, 1]


def test_a_cancellation_during_two_deliveries_saves_both_outcomes(
    online: Monitor, second: RecordingNotifier
) -> None:
    together = threading.Barrier(2, timeout=5)
    is_cancelled = threading.Event()
    with cancelled_by(signal.SIGUSR1) as cancel:

        def cancel_when_both_are_in_progress() -> None:
            together.wait()
            cancel()
            is_cancelled.set()

        def wait_for_the_cancellation() -> None:
            together.wait()
            assert is_cancelled.wait(5)

        online.notifier.during_next(cancel_when_both_are_in_progress)
        second.during_next(wait_for_the_cancellation)
        with pytest.raises(Cancelled):
            online.poll(REFUSED)
    assert (online.notifier.headlines, second.headlines) == ([IS_ONLINE, IS_OFFLINE], [IS_OFFLINE])
    assert (pending(online, "discord"), pending(online, "second")) == ([], [])


def test_a_delivery_that_outlasts_the_cancellation_does_not_affect_another(
    online: Monitor, second: RecordingNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_GRACE_SECONDS", 0.05)
    together = threading.Barrier(2, timeout=5)
    is_over = threading.Event()
    with cancelled_by(signal.SIGUSR1) as cancel:

        def cancel_and_hang() -> None:
            together.wait()
            cancel()
            is_over.wait(10)

        online.notifier.during_next(cancel_and_hang)
        second.during_next(together.wait)
        with pytest.raises(Cancelled):
            online.poll(REFUSED)
    assert (pending(online, "discord"), pending(online, "second")) == (["outage"], [])
    is_over.set()


def test_an_edit_during_a_delivery_does_not_let_another_run_repeat_it(online: Monitor) -> None:
    online.set_policy(live=True)
    second = online.add_channel("second")
    online.poll(ONLINE)  # the first channel gets its live message
    second.fail_next(FAILED)
    online.poll(REFUSED)
    other = parallel_run(online)
    second.during_next(lambda: other.poll(failed(Cause.DNS), later=timedelta(seconds=5)))
    online.poll(REFUSED)
    assert len(online.notifier.edits) == 1
    assert second.headlines == [IS_OFFLINE]
