"""A notification is saved before it is sent, and leaves the outbox only after the channel accepted it."""

import signal
import threading
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.app import outbox
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.outbox import PENDING_KEPT, DeliveryFailure
from cluster_status.domain.run_failure import RunFailure
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import Cancelled, ChannelRefusedError, DeliveryError, ExitStatus
from tests.fakes.notifier import GONE
from tests.fakes.probe import ONLINE, failed
from tests.unit.app.cancellation import CANCELLED, cancelled_by
from tests.unit.app.monitor import Monitor
from tests.unit.app.overlap import before_the_load, parallel_run

REFUSED, DEGRADED = failed(Cause.REFUSED), failed(Cause.SCHEDULER_DOWN)
FAILED = DeliveryError("Discord was not reached.", cause="no answer", remedy="It stays pending.")
OTHER_FAILURE = DeliveryError("Discord did not accept it.", cause="http 500")
SAVES_OF_THE_FIRST_POLL = 2

# headlines
IS_OFFLINE = "mscluster is offline"
IS_BACK = "mscluster is back online"
IS_PARTLY_BACK = "mscluster is partially back: degraded"


@pytest.fixture
def online(monitor: Monitor) -> Monitor:
    """Return a monitor of a cluster that was online at the first poll; its checks take no time."""
    monitor.set_retries(attempts=1)
    monitor.poll(ONLINE)
    return monitor


def do_nothing() -> None:
    """Let a send succeed."""


def pending(monitor: Monitor) -> list[str]:
    """Return the events that a later run would find pending for the first channel."""
    return [one.event.value for one in monitor.store.history.outbox.channel("discord").pending]


def polled_statuses(monitor: Monitor) -> list[str]:
    return [poll.status.value for poll in monitor.store.history.record.polls]


# save, send, save


def test_a_notification_is_saved_as_pending_before_it_is_sent(online: Monitor) -> None:
    saved: list[str] = []
    online.notifier.during_next(lambda: saved.extend(pending(online)))
    online.poll(REFUSED)
    assert saved == ["outage"]


def test_a_delivered_notification_is_not_pending(online: Monitor) -> None:
    online.poll(REFUSED)
    assert pending(online) == []


def test_a_poll_without_a_notification_saves_once_and_sends_nothing(online: Monitor) -> None:
    saves, sends = online.store.saves, online.notifier.sends
    online.poll(ONLINE)
    assert (online.store.saves, online.notifier.sends) == (saves + 1, sends)


def test_a_change_that_was_not_saved_is_reported_by_the_next_run(online: Monitor) -> None:
    online.store.fail_save()
    runs = [online.poll(REFUSED), online.poll(REFUSED), online.poll(REFUSED)]
    assert [run.outputs["changed"] for run in runs] == ["false", "true", "false"]


def test_if_the_second_save_fails_the_run_fails_and_the_message_is_sent_again(online: Monitor) -> None:
    online.store.fail_save(2)
    runs = [online.poll(REFUSED) for _ in range(4)]
    assert [run.exit_status for run in runs] == [ExitStatus.HISTORY, *[ExitStatus.OK] * 3]
    assert [run.headlines for run in runs] == [[IS_OFFLINE], [], [IS_OFFLINE], []]


def test_if_the_second_save_fails_the_change_is_reported_once(online: Monitor) -> None:
    online.store.fail_save(2)
    runs = [online.poll(REFUSED), online.poll(REFUSED)]
    assert [run.outputs["changed"] for run in runs] == ["true", "false"]


def test_a_failed_delivery_and_a_failed_second_save_are_both_reported(online: Monitor) -> None:
    online.notifier.fail_next(FAILED)
    online.store.fail_save(2)
    run = online.poll(REFUSED)
    assert run.exit_status is ExitStatus.HISTORY
    assert sorted(run.errors) == [
        "Discord was not reached. It stays pending.",
        "The quota is used up. The next run may send delivered messages again.",
    ]


# failed deliveries


def test_a_notification_that_is_not_delivered_stays_pending_and_fails_the_run(online: Monitor) -> None:
    online.notifier.fail_next(FAILED)
    run = online.poll(REFUSED)
    assert pending(online) == ["outage"]
    assert (run.exit_status, run.errors) == (
        ExitStatus.UNDELIVERED,
        ["Discord was not reached. It stays pending."],
    )


def test_a_change_is_reported_by_the_run_that_confirms_it_not_by_the_delivery(online: Monitor) -> None:
    online.notifier.fail_next(FAILED)
    runs = [online.poll(REFUSED), online.poll(REFUSED)]
    assert [run.outputs["changed"] for run in runs] == ["true", "false"]
    assert [run.headlines for run in runs] == [[], [IS_OFFLINE]]


def test_late_messages_are_delivered_in_order(online: Monitor) -> None:
    online.notifier.fail_next(FAILED, FAILED)
    online.poll(REFUSED)
    online.poll(DEGRADED)
    assert pending(online) == ["outage", "partial-recovery"]
    assert online.poll(ONLINE).headlines == [IS_OFFLINE, IS_PARTLY_BACK, IS_BACK]


def test_after_a_clock_was_set_back_late_messages_are_delivered_in_order(online: Monitor) -> None:
    online.notifier.fail_next(FAILED)
    online.poll(REFUSED)
    assert online.poll(ONLINE, later=-timedelta(hours=2)).headlines == [IS_OFFLINE, IS_BACK]


def test_a_late_message_has_the_time_of_its_event(online: Monitor) -> None:
    online.notifier.fail_next(FAILED)
    online.poll(REFUSED)
    failed_at = online.clock.now()
    (late,) = online.poll(REFUSED).messages
    assert late.at == failed_at


def test_after_a_message_that_fails_no_other_is_sent(online: Monitor) -> None:
    online.notifier.fail_next(FAILED, FAILED)
    online.poll(REFUSED)
    sends = online.notifier.sends
    online.poll(ONLINE)
    assert online.notifier.sends == sends + 1
    assert pending(online) == ["outage", "recovery"]


def test_a_message_that_was_delivered_before_another_failed_is_not_sent_again(online: Monitor) -> None:
    online.notifier.fail_next(FAILED, None, FAILED)
    runs = [online.poll(REFUSED), online.poll(ONLINE), online.poll(ONLINE)]
    assert [run.headlines for run in runs] == [[], [IS_OFFLINE], [IS_BACK]]


def test_a_failing_delivery_fails_the_run_when_it_begins_or_changes_and_daily(online: Monitor) -> None:
    online.notifier.fail_next(*[FAILED] * 3, *[OTHER_FAILURE] * 8)
    runs = [online.poll(REFUSED) for _ in range(3)]
    runs += [online.poll(REFUSED, later=timedelta(hours=6)) for _ in range(8)]
    assert [run.exit_status for run in runs] == [6, 0, 0, 6, 0, 0, 0, 6, 0, 0, 0]
    assert [len(run.errors) for run in runs] == [1] * 11


def test_a_delivery_that_fails_again_after_a_success_fails_the_run_again(online: Monitor) -> None:
    online.notifier.fail_next(FAILED, None, FAILED)
    assert [online.poll(result).exit_status for result in (REFUSED, REFUSED, ONLINE)] == [6, 0, 6]


def test_beyond_twenty_pending_messages_the_oldest_are_dropped_and_counted(online: Monitor) -> None:
    online.notifier.fail_next(*[FAILED] * 30)
    for number in range(30):
        online.poll(ONLINE if number % 2 else REFUSED, later=timedelta(hours=1))
    assert len(pending(online)) == PENDING_KEPT == 20
    messages = online.poll(ONLINE).messages
    dropped = Fact("Older messages not delivered", "10")
    assert [dropped in message.facts for message in messages] == [True, *[False] * 19]


def test_a_reminder_that_was_not_delivered_is_replaced_by_the_next(online: Monitor) -> None:
    online.set_policy(always=True)
    online.notifier.fail_next(FAILED, FAILED)
    runs = [online.poll(ONLINE) for _ in range(3)]
    assert [run.headlines for run in runs] == [[], [], ["mscluster is still online"]]


# a channel that refuses every message

REFUSED_BY_CHANNEL = ChannelRefusedError(GONE)


@pytest.fixture
def refusing(online: Monitor) -> Monitor:
    """Return a monitor whose channel refuses every message, while an outage is pending."""
    online.notifier.fail_from_now_on(REFUSED_BY_CHANNEL)
    assert online.poll(REFUSED).exit_status is ExitStatus.UNDELIVERED
    return online


def test_a_channel_that_refuses_messages_gets_no_further_request(refusing: Monitor) -> None:
    sends = refusing.notifier.sends
    for result in (REFUSED, ONLINE, REFUSED):
        refusing.poll(result)
    assert refusing.notifier.sends == sends
    assert pending(refusing) == ["outage", "recovery", "outage"]


def test_a_channel_that_refuses_messages_is_tried_again_once_a_day(refusing: Monitor) -> None:
    sends = refusing.notifier.sends
    runs = [refusing.poll(REFUSED, later=timedelta(hours=6)) for _ in range(8)]
    assert refusing.notifier.sends == sends + 2
    assert [run.exit_status for run in runs] == [0, 0, 0, 6, 0, 0, 0, 6]
    assert [run.errors for run in runs] == [["The webhook is gone. Create a new one."]] * 8


def test_a_refusal_that_ends_by_itself_delays_messages_by_a_day(refusing: Monitor) -> None:
    refusing.notifier.fail_from_now_on(None)
    runs = [refusing.poll(REFUSED, later=timedelta(hours=8)) for _ in range(3)]
    assert [run.headlines for run in runs] == [[], [], [IS_OFFLINE]]
    assert refusing.poll(ONLINE).headlines == [IS_BACK]


def test_another_failure_at_the_daily_attempt_is_tried_again_by_the_next_poll(refusing: Monitor) -> None:
    refusing.notifier.fail_from_now_on(FAILED)
    refusing.poll(REFUSED, later=timedelta(days=1))
    refusing.notifier.fail_from_now_on(None)
    assert refusing.poll(REFUSED).headlines == [IS_OFFLINE]


def test_a_new_address_gets_all_that_is_pending_at_once(refusing: Monitor) -> None:
    refusing.poll(ONLINE)
    refusing.set_credentials(webhook="a new webhook")
    refusing.notifier.fail_from_now_on(None)
    assert refusing.poll(ONLINE).headlines == [IS_OFFLINE, IS_BACK]
    assert refusing.poll(REFUSED).headlines == [IS_OFFLINE]


def test_a_second_address_that_refuses_messages_gets_no_further_request_either(refusing: Monitor) -> None:
    refusing.set_credentials(webhook="a new webhook")
    refusing.poll(REFUSED)
    sends = refusing.notifier.sends
    refusing.poll(REFUSED)
    assert refusing.notifier.sends == sends


def test_a_refusal_of_a_later_version_is_reported_by_its_cause(refusing: Monitor) -> None:
    history = refusing.store.history
    failure = DeliveryFailure(RunFailure("sealed", refusing.clock.now()), refused_by=refusing.policy.digest)
    outbox = replace(
        history.outbox,
        channels={"discord": replace(history.outbox.channel("discord"), failure=failure)},
    )
    refusing.store.save(refusing.store.histories.with_entry("mscluster", replace(history, outbox=outbox)))
    assert refusing.poll(REFUSED).errors == ["The channel refuses messages (sealed)."]


def test_the_history_identifies_an_address_that_refuses_messages_by_a_digest(refusing: Monitor) -> None:
    assert refusing.store.content
    assert b"a webhook" not in refusing.store.content
    failure = refusing.store.history.outbox.channel("discord").failure
    assert failure
    assert failure.refused_by == refusing.policy.digest


def test_a_channel_without_an_address_is_tried_again(online: Monitor) -> None:
    online.set_policy(digest=None)
    online.notifier.fail_next(REFUSED_BY_CHANNEL)
    online.poll(REFUSED)
    assert online.poll(REFUSED).headlines == [IS_OFFLINE]


# runs that overlap


@pytest.fixture
def other(online: Monitor) -> Monitor:
    """Return the monitor of another run at the same time."""
    return parallel_run(online)


FIVE_SECONDS = timedelta(seconds=5)


def test_a_notification_that_one_run_is_sending_is_not_sent_by_another(
    online: Monitor, other: Monitor
) -> None:
    online.notifier.during_next(lambda: other.poll(REFUSED, later=FIVE_SECONDS))
    assert online.poll(REFUSED).headlines == [IS_OFFLINE]
    assert online.notifier.sends == 2
    assert pending(online) == []


def test_a_poll_that_another_run_saves_during_the_delivery_is_kept(online: Monitor, other: Monitor) -> None:
    online.notifier.during_next(lambda: other.poll(DEGRADED, later=FIVE_SECONDS))
    online.poll(REFUSED)
    assert polled_statuses(online) == ["online", "offline", "degraded"]
    assert pending(online) == ["partial-recovery"]
    assert online.poll(DEGRADED).headlines == [IS_PARTLY_BACK]


def test_the_notifications_of_a_killed_run_are_sent_ten_minutes_later(online: Monitor) -> None:
    at_the_send: list[bytes | None] = []
    online.notifier.during_next(lambda: at_the_send.append(online.store.content))
    online.poll(REFUSED)
    online.store.content = at_the_send[0]  # as if the run had been killed then
    runs = [online.poll(REFUSED, later=timedelta(seconds=seconds)) for seconds in (300, 299, 1)]
    assert [run.headlines for run in runs] == [[], [], [IS_OFFLINE]]
    assert [run.exit_status for run in runs] == [0, 0, 0]


def test_the_outcome_is_saved_even_if_the_store_cannot_be_read_after_the_delivery(online: Monitor) -> None:
    online.notifier.during_next(online.store.make_unreachable)
    online.poll(REFUSED)
    assert pending(online) == []


def test_a_check_that_a_later_poll_has_overtaken_is_recorded_and_changes_no_status(
    online: Monitor, other: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_the_load(online, lambda: other.poll(DEGRADED, later=timedelta(seconds=20)), monkeypatch)
    online.poll(REFUSED)
    assert polled_statuses(online) == ["online", "offline", "degraded"]
    assert online.store.history.tracker == other.store.history.tracker
    assert online.store.history.tracker.status == "degraded"


def test_a_run_that_is_slow_before_its_delivery_does_not_count_as_killed(
    online: Monitor, other: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = online.store.newer

    def newer_slowly() -> Histories | None:
        online.clock.advance(timedelta(minutes=11))
        return newer()

    monkeypatch.setattr(online.store, "newer", newer_slowly)
    online.notifier.during_next(lambda: other.poll(REFUSED, later=FIVE_SECONDS))
    online.poll(REFUSED)
    assert online.notifier.sends == 2


def test_a_run_whose_first_save_took_minutes_leaves_the_delivery_to_the_next(online: Monitor) -> None:
    online.store.during_save(1, lambda: online.clock.advance(timedelta(minutes=5)))
    runs = [online.poll(REFUSED), online.poll(REFUSED)]
    assert [run.headlines for run in runs] == [[], [IS_OFFLINE]]


def test_messages_beyond_half_a_minute_are_left_to_the_next_run(online: Monitor) -> None:
    online.notifier.fail_next(*[FAILED] * 3)
    for result in (REFUSED, ONLINE, REFUSED):
        online.poll(result)
    online.notifier.during_next(*[lambda: online.clock.advance(timedelta(seconds=16))] * 4)
    runs = [online.poll(ONLINE), online.poll(ONLINE)]
    assert [len(run.messages) for run in runs] == [2, 2]


def test_a_message_that_was_delivered_before_a_crash_is_saved_as_delivered(online: Monitor) -> None:
    online.notifier.fail_next(FAILED)
    online.poll(REFUSED)
    online.notifier.during_next(do_nothing, lambda: dict[str, str]()["an internal error"])
    with pytest.raises(KeyError):
        online.poll(ONLINE)
    assert pending(online) == ["recovery"]


def test_the_second_save_does_not_overwrite_a_history_of_a_newer_schema(online: Monitor) -> None:
    newer = b'{"schema": 99}'

    def upgrade() -> None:
        online.store.content = newer

    online.notifier.during_next(upgrade)
    run = online.poll(REFUSED)
    assert run.exit_status is ExitStatus.HISTORY
    assert "schema 99" in run.errors[0]
    assert online.store.content == newer


# cancelled runs


def test_a_message_that_arrives_after_the_cancellation_is_saved_as_delivered(online: Monitor) -> None:
    with cancelled_by(signal.SIGUSR1) as cancel:
        online.notifier.during_next(cancel)
        with pytest.raises(Cancelled):
            online.poll(REFUSED)
    assert len(online.notifier.messages) == 2
    assert pending(online) == []


def test_after_a_cancellation_no_further_message_is_sent(online: Monitor) -> None:
    online.notifier.fail_next(FAILED)
    online.poll(REFUSED)
    with cancelled_by(signal.SIGUSR1) as cancel:
        online.notifier.during_next(cancel)
        with pytest.raises(Cancelled):
            online.poll(ONLINE)
    assert pending(online) == ["recovery"]
    assert online.poll(ONLINE).headlines == [IS_BACK]


def test_a_message_in_progress_at_the_end_of_the_grace_period_stays_pending(
    online: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_GRACE_SECONDS", 0.05)
    online.notifier.fail_next(FAILED)
    online.poll(REFUSED)
    is_over = threading.Event()
    with cancelled_by(signal.SIGUSR1) as cancel:

        def cancel_and_hang() -> None:
            cancel()
            is_over.wait(10)

        online.notifier.during_next(do_nothing, cancel_and_hang)
        with pytest.raises(Cancelled):
            online.poll(ONLINE)
    assert online.notifier.headlines[1:] == [IS_OFFLINE]
    assert pending(online) == ["recovery"]
    is_over.set()


def test_a_cancellation_during_the_second_save_does_not_repeat_it(online: Monitor) -> None:
    with cancelled_by(signal.SIGUSR1) as cancel:
        online.store.during_save(2, cancel)
        with pytest.raises(Cancelled):
            online.poll(REFUSED)
    assert pending(online) == []
    assert online.store.saves == SAVES_OF_THE_FIRST_POLL + 2


def test_a_cancelled_run_whose_second_save_fails_still_ends_as_cancelled(online: Monitor) -> None:
    online.store.fail_save(2)
    with cancelled_by(signal.SIGUSR1) as cancel:
        online.notifier.during_next(cancel)
        with pytest.raises(Cancelled):
            online.poll(REFUSED)
    assert pending(online) == ["outage"]


def test_a_run_that_is_cancelled_in_its_first_save_sends_nothing(online: Monitor) -> None:
    kept = online.store.content
    online.store.fail_save(1, CANCELLED)
    with pytest.raises(Cancelled):
        online.poll(REFUSED)
    assert (online.store.content, len(online.notifier.messages)) == (kept, 1)
