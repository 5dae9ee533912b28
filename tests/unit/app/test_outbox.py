"""What is to be told is saved before it is sent, and leaves only once it was told."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.app import outbox
from cluster_status.app.plan import Channel
from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.history import advance
from cluster_status.domain.notification.message import Fact
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import KnownServer, Verdict, judge
from cluster_status.errors import Cancelled, DeliveryError, ExitStatus, WebhookGoneError
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.probe import ONLINE, met
from tests.unit.app.monitor import Monitor

REFUSED, DEGRADED = met(Cause.REFUSED), met(Cause.SCHEDULER_DOWN)
FAILED = DeliveryError("Discord was not reached.", cause="no answer", remedy="It stays pending.")
OTHERWISE = DeliveryError("Discord did not take it.", cause="http 500")
CANCELLED = Cancelled(signal.SIGTERM)
SAVES_OF_THE_FIRST_POLL = 2


@pytest.fixture
def watching(monitor: Monitor) -> Monitor:
    """Have a monitor that has told of a cluster that is online; its looks take no time."""
    monitor.set_patience(attempts=1)
    monitor.poll(ONLINE)
    return monitor


@contextmanager
def cancelled_by(number: signal.Signals) -> Iterator[Callable[[], None]]:
    """Yield what cancels the main thread, from another one, and returns once it is cancelled."""
    is_cancelled = threading.Event()

    def handle(*_: object) -> None:
        is_cancelled.set()
        raise CANCELLED

    def cancel() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, number)
        assert is_cancelled.wait(5)

    before = signal.signal(number, handle)
    try:
        yield cancel
    finally:
        signal.signal(number, before)


def judged(result: ProbeResult) -> Verdict:
    return judge(result, KnownServer(reached=True), degraded_below=50)


def do_nothing() -> None:
    """Let a message pass."""


def _ignore(_: object) -> None:
    """Make an interlude of what returns something."""


def pending(monitor: Monitor) -> list[str]:
    """Return what a later run would find still to be told."""
    return [notification.event.value for notification in monitor.store.history.pending]


# the order of things


def test_what_is_sent_was_saved_before_as_pending(watching: Monitor) -> None:
    saved: list[str] = []
    watching.notifier.during_next(lambda: saved.extend(pending(watching)))
    watching.poll(REFUSED)
    assert saved == ["outage"]


def test_what_was_told_is_pending_no_more(watching: Monitor) -> None:
    watching.poll(REFUSED)
    assert pending(watching) == []


def test_a_poll_with_nothing_to_tell_saves_once_and_asks_nobody(watching: Monitor) -> None:
    saves, asked = watching.store.saves, watching.notifier.asked
    watching.poll(ONLINE)
    assert (watching.store.saves, watching.notifier.asked) == (saves + 1, asked)


def test_if_the_first_save_fails_nothing_is_sent(watching: Monitor) -> None:
    kept = watching.store.content
    watching.store.fail_save()
    run = watching.poll(REFUSED)
    assert run.messages == []
    assert (run.exit_status, run.errors) == (ExitStatus.HISTORY, ["The quota is used up. Tidy up."])
    assert watching.store.content == kept


def test_a_full_store_repeats_no_message_however_long_it_stays_full(watching: Monitor) -> None:
    for nth in range(1, 6):
        watching.store.fail_save(nth)
    runs = [watching.poll(REFUSED) for _ in range(5)]
    assert [run.messages for run in runs] == [[]] * 5
    assert [run.exit_status for run in runs] == [ExitStatus.HISTORY] * 5
    assert watching.poll(REFUSED).headlines == ["mscluster is offline"]


def test_a_change_that_could_not_be_saved_is_confirmed_by_the_run_that_can(watching: Monitor) -> None:
    watching.store.fail_save()
    runs = [watching.poll(REFUSED), watching.poll(REFUSED), watching.poll(REFUSED)]
    assert [run.outputs["changed"] for run in runs] == ["false", "true", "false"]


def test_if_the_save_after_the_telling_fails_the_run_fails_and_the_message_comes_again(
    watching: Monitor,
) -> None:
    watching.store.fail_save(2)
    runs = [watching.poll(REFUSED) for _ in range(4)]
    assert [run.exit_status for run in runs] == [
        ExitStatus.HISTORY,
        ExitStatus.OK,
        ExitStatus.OK,
        ExitStatus.OK,
    ]
    assert [run.headlines for run in runs] == [["mscluster is offline"], [], ["mscluster is offline"], []]


def test_a_change_that_was_saved_is_reported_by_its_run_though_the_save_after_the_telling_fails(
    watching: Monitor,
) -> None:
    watching.store.fail_save(2)
    runs = [watching.poll(REFUSED), watching.poll(REFUSED)]
    assert [run.outputs["changed"] for run in runs] == ["true", "false"]


def test_a_failed_delivery_shows_its_error_though_the_save_after_it_fails_as_well(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED)
    watching.store.fail_save(2)
    run = watching.poll(REFUSED)
    assert run.exit_status is ExitStatus.HISTORY
    assert sorted(run.errors) == [
        "Discord was not reached. It stays pending.",
        "The quota is used up. What was told may be told again by the next run.",
    ]


# what is not delivered


def test_what_is_not_delivered_stays_pending_and_fails_the_run(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED)
    run = watching.poll(REFUSED)
    assert pending(watching) == ["outage"]
    assert (run.exit_status, run.errors) == (
        ExitStatus.UNDELIVERED,
        ["Discord was not reached. It stays pending."],
    )


def test_a_change_is_reported_by_the_run_that_confirms_it_not_by_the_one_that_delivers_it(
    watching: Monitor,
) -> None:
    watching.notifier.fail_next(FAILED)
    runs = [watching.poll(REFUSED), watching.poll(REFUSED)]
    assert [run.outputs["changed"] for run in runs] == ["true", "false"]
    assert [run.headlines for run in runs] == [[], ["mscluster is offline"]]


def test_late_messages_are_delivered_in_the_order_they_came_about(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED, FAILED)
    watching.poll(REFUSED)
    watching.poll(DEGRADED)
    assert pending(watching) == ["outage", "partial-recovery"]
    assert watching.poll(ONLINE).headlines == [
        "mscluster is offline",
        "mscluster is back, but degraded",
        "mscluster is back online",
    ]


def test_a_late_message_bears_the_time_it_came_about(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED)
    watching.poll(REFUSED)
    failed_at = watching.clock.now()
    (late,) = watching.poll(REFUSED).messages
    assert late.at == failed_at
    assert late.facts[0] == Fact("Since", failed_at)


def test_behind_a_message_that_fails_no_other_is_sent(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED, FAILED)
    watching.poll(REFUSED)
    asked = watching.notifier.asked
    watching.poll(ONLINE)
    assert watching.notifier.asked == asked + 1
    assert pending(watching) == ["outage", "recovery"]


def test_of_several_messages_those_delivered_are_not_sent_again(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED, None, FAILED)
    runs = [watching.poll(REFUSED), watching.poll(ONLINE), watching.poll(ONLINE)]
    assert [run.headlines for run in runs] == [[], ["mscluster is offline"], ["mscluster is back online"]]


def test_a_failing_delivery_fails_the_run_when_it_begins_when_its_cause_changes_and_once_a_day(
    watching: Monitor,
) -> None:
    watching.notifier.fail_next(*[FAILED] * 3, *[OTHERWISE] * 8)
    runs = [watching.poll(REFUSED) for _ in range(3)]
    runs += [watching.poll(REFUSED, later=timedelta(hours=6)) for _ in range(8)]
    assert [run.exit_status for run in runs] == [6, 0, 0, 6, 0, 0, 0, 6, 0, 0, 0]
    assert [len(run.errors) for run in runs] == [1] * 11


def test_a_delivery_that_fails_again_after_one_that_did_not_is_a_new_beginning(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED, None, FAILED)
    runs = [watching.poll(result) for result in (REFUSED, REFUSED, ONLINE)]
    assert [run.exit_status for run in runs] == [
        ExitStatus.UNDELIVERED,
        ExitStatus.OK,
        ExitStatus.UNDELIVERED,
    ]


def test_beyond_twenty_the_oldest_messages_are_summed_up_in_the_next(watching: Monitor) -> None:
    watching.notifier.fail_next(*[FAILED] * 30)
    for number in range(30):
        watching.poll(ONLINE if number % 2 else REFUSED)
    assert len(pending(watching)) == 20
    messages = watching.poll(ONLINE).messages
    assert len(messages) == 20
    summed_up = Fact("Older messages that could not be delivered", "10")
    assert [summed_up in message.facts for message in messages] == [True, *[False] * 19]


def test_a_repeat_that_was_not_delivered_is_overtaken_by_the_next(watching: Monitor) -> None:
    watching.set_terms(notify_always=True)
    watching.notifier.fail_next(FAILED, FAILED)
    runs = [watching.poll(ONLINE) for _ in range(3)]
    assert [run.headlines for run in runs] == [[], [], ["mscluster is still online"]]


# a webhook that is gone


@pytest.fixture
def deserted(watching: Monitor) -> Monitor:
    """Have a monitor whose webhook said, with an outage to tell, that it is gone."""
    watching.notifier.fail_next(WebhookGoneError())
    assert watching.poll(REFUSED).exit_status is ExitStatus.UNDELIVERED
    return watching


def test_a_webhook_that_is_gone_is_not_asked_again(deserted: Monitor) -> None:
    asked = deserted.notifier.asked
    for result in (REFUSED, ONLINE, REFUSED):
        deserted.poll(result)
    assert deserted.notifier.asked == asked
    assert pending(deserted) == ["outage", "recovery", "outage"]


def test_a_webhook_that_is_gone_fails_the_run_once_a_day_and_shows_an_error_always(deserted: Monitor) -> None:
    runs = [deserted.poll(REFUSED, later=timedelta(hours=6)) for _ in range(8)]
    assert [run.exit_status for run in runs] == [0, 0, 0, 6, 0, 0, 0, 6]
    assert all("webhook is gone" in error for run in runs for error in run.errors)
    assert [len(run.errors) for run in runs] == [1] * 8


def test_a_new_webhook_is_given_all_that_is_pending(deserted: Monitor) -> None:
    deserted.poll(ONLINE)
    deserted.keyed_digests(webhook="a new webhook")
    assert deserted.poll(ONLINE).headlines == ["mscluster is offline", "mscluster is back online"]
    assert deserted.poll(REFUSED).headlines == ["mscluster is offline"]


def test_two_webhooks_that_are_gone_are_told_apart(deserted: Monitor) -> None:
    deserted.keyed_digests(webhook="a new webhook")
    deserted.notifier.fail_next(WebhookGoneError())
    deserted.poll(REFUSED)
    asked = deserted.notifier.asked
    deserted.poll(REFUSED)
    assert deserted.notifier.asked == asked


def test_the_history_does_not_hold_the_webhook_it_remembers_as_gone(deserted: Monitor) -> None:
    assert deserted.store.content
    assert b"a webhook" not in deserted.store.content
    assert deserted.store.history.failing_channels["discord"].gone


def test_in_a_shell_without_a_webhook_none_can_be_gone(watching: Monitor) -> None:
    watching.set_terms(identity=Digests())
    assert watching.poll(REFUSED).headlines == ["mscluster is offline"]


# two runs at once


def beside_it(watching: Monitor) -> Monitor:
    """Return the monitor of another run at the same time, on the same history and channel."""
    other = Monitor()
    other.set_patience(attempts=1)
    other.store = watching.store.of_another_run()
    other.notifier, other.clock = watching.notifier, watching.clock
    return other


def test_what_one_run_is_telling_another_one_leaves_to_it(watching: Monitor) -> None:
    other = beside_it(watching)
    watching.notifier.during_next(lambda: _ignore(other.poll(REFUSED, later=timedelta(seconds=5))))
    assert watching.poll(REFUSED).headlines == ["mscluster is offline"]
    assert watching.notifier.asked == 2
    assert pending(watching) == []


def test_what_another_run_saves_while_this_one_tells_is_kept(watching: Monitor) -> None:
    other = beside_it(watching)
    watching.notifier.during_next(lambda: _ignore(other.poll(DEGRADED, later=timedelta(seconds=5))))
    watching.poll(REFUSED)
    statuses = [poll.status.value for poll in watching.store.history.polls]
    assert statuses == ["online", "offline", "degraded"]
    assert pending(watching) == ["partial-recovery"]
    assert watching.poll(DEGRADED).headlines == ["mscluster is back, but degraded"]


def test_what_a_killed_run_has_not_told_is_told_ten_minutes_later(watching: Monitor) -> None:
    begun: list[bytes | None] = []
    watching.notifier.during_next(lambda: begun.append(watching.store.content))
    watching.poll(REFUSED)
    watching.store.content = begun[0]  # as if it had been killed there
    runs = [watching.poll(REFUSED, later=timedelta(seconds=seconds)) for seconds in (300, 299, 1)]
    assert [run.headlines for run in runs] == [[], [], ["mscluster is offline"]]
    assert [run.exit_status for run in runs] == [0, 0, 0]


def test_though_the_store_does_not_say_whether_there_is_a_newer_one_what_was_told_is_noted(
    watching: Monitor,
) -> None:
    watching.notifier.during_next(watching.store.be_out_of_reach)
    watching.poll(REFUSED)
    assert pending(watching) == []


def test_a_poll_that_another_one_has_overtaken_is_recorded_and_moves_nothing(watching: Monitor) -> None:
    other = beside_it(watching)
    slow = watching.store.of_another_run()
    before = slow.load()
    other.poll(DEGRADED)  # it looked later, and saved first
    assert before
    late = watching.clock.now() - timedelta(minutes=2)
    latest = advance(watching.store.history, REFUSED, judged(REFUSED), watching.plan.terms, late)
    assert [poll.status.value for poll in latest.polls] == ["online", "offline", "degraded"]
    assert latest == replace(watching.store.history, polls=latest.polls)


def test_a_run_that_looked_before_it_had_loaded_is_passed_over_if_another_one_has_looked_since(
    watching: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, has_checked = beside_it(watching), threading.Event()
    tell_the_time, load = watching.clock.now, watching.store.load

    def tell_the_time_of_the_look() -> datetime:
        now = tell_the_time()
        has_checked.set()
        return now

    def load_late() -> object:
        if not has_checked.is_set():
            assert has_checked.wait(5)
            other.poll(DEGRADED, later=timedelta(seconds=20))
        return load()

    monkeypatch.setattr(watching.clock, "now", tell_the_time_of_the_look)
    monkeypatch.setattr(watching.store, "load", load_late)
    watching.poll(REFUSED)
    assert [poll.status.value for poll in watching.store.history.polls] == ["online", "offline", "degraded"]
    assert watching.store.history.tracker.confirmed == other.store.history.tracker.confirmed


def test_what_a_slow_run_begins_to_tell_is_its_own_from_then_on(
    watching: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = beside_it(watching)
    ask = watching.store.newer

    def ask_for_long() -> object:
        watching.clock.advance(timedelta(minutes=11))
        return ask()

    monkeypatch.setattr(watching.store, "newer", ask_for_long)
    watching.notifier.during_next(lambda: _ignore(other.poll(REFUSED, later=timedelta(seconds=5))))
    watching.poll(REFUSED)
    assert watching.notifier.asked == 2


def test_a_run_whose_save_took_minutes_leaves_the_telling_to_the_next(watching: Monitor) -> None:
    watching.store.during_save(1, lambda: watching.clock.advance(timedelta(minutes=5)))
    runs = [watching.poll(REFUSED), watching.poll(REFUSED)]
    assert [run.headlines for run in runs] == [[], ["mscluster is offline"]]


def test_what_cannot_be_told_within_half_a_minute_is_left_to_the_next_run(watching: Monitor) -> None:
    watching.notifier.fail_next(*[FAILED] * 3)
    for sight in (REFUSED, ONLINE, REFUSED):
        watching.poll(sight)
    watching.notifier.during_next(*[lambda: watching.clock.advance(timedelta(seconds=16))] * 4)
    runs = [watching.poll(ONLINE), watching.poll(ONLINE)]
    assert [len(run.messages) for run in runs] == [2, 2]


def test_what_was_told_before_a_fault_of_our_own_is_noted(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED)
    watching.poll(REFUSED)
    watching.notifier.during_next(do_nothing, lambda: _ignore(dict[str, str]()["a fault"]))
    with pytest.raises(KeyError):
        watching.poll(ONLINE)
    assert pending(watching) == ["recovery"]


def test_a_history_that_is_not_ours_to_overwrite_is_not_overwritten_by_the_note(watching: Monitor) -> None:
    def put_a_newer_schema() -> None:
        watching.store.content = b'{"schema": 99}'

    watching.notifier.during_next(put_a_newer_schema)
    run = watching.poll(REFUSED)
    assert run.exit_status is ExitStatus.HISTORY
    assert "schema 99" in run.errors[0]
    assert watching.store.content == b'{"schema": 99}'


# cancelled


def test_a_message_that_arrives_after_the_cancellation_is_remembered_as_told(watching: Monitor) -> None:
    with cancelled_by(signal.SIGUSR1) as cancel:
        watching.notifier.during_next(cancel)
        with pytest.raises(Cancelled):
            watching.poll(REFUSED)
    assert len(watching.notifier.messages) == 2
    assert pending(watching) == []


def test_nothing_more_is_told_after_a_cancellation(watching: Monitor) -> None:
    watching.notifier.fail_next(FAILED)
    watching.poll(REFUSED)
    with cancelled_by(signal.SIGUSR1) as cancel:
        watching.notifier.during_next(cancel)
        with pytest.raises(Cancelled):
            watching.poll(ONLINE)
    assert pending(watching) == ["recovery"]
    assert watching.poll(ONLINE).headlines == ["mscluster is back online"]


def test_a_message_whose_fate_is_open_stays_pending_and_those_before_it_do_not(
    watching: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_GRACE_SECONDS", 0.05)
    watching.notifier.fail_next(FAILED)
    watching.poll(REFUSED)
    is_over = threading.Event()
    with cancelled_by(signal.SIGUSR1) as cancel:

        def cancel_and_hang() -> None:
            cancel()
            is_over.wait(10)

        watching.notifier.during_next(do_nothing, cancel_and_hang)
        with pytest.raises(Cancelled):
            watching.poll(ONLINE)
    assert [message.headline for message in watching.notifier.messages[1:]] == ["mscluster is offline"]
    assert pending(watching) == ["recovery"]
    is_over.set()


def test_a_message_told_is_remembered_though_the_cancellation_comes_while_that_is_saved(
    watching: Monitor,
) -> None:
    with cancelled_by(signal.SIGUSR1) as cancel:
        watching.store.during_save(2, cancel)
        with pytest.raises(Cancelled):
            watching.poll(REFUSED)
    assert pending(watching) == []
    assert watching.store.saves == SAVES_OF_THE_FIRST_POLL + 2


def test_a_cancellation_stays_one_though_what_was_told_cannot_be_saved(watching: Monitor) -> None:
    watching.store.fail_save(2)
    with cancelled_by(signal.SIGUSR1) as cancel:
        watching.notifier.during_next(cancel)
        with pytest.raises(Cancelled):
            watching.poll(REFUSED)
    assert pending(watching) == ["outage"]


def test_a_run_cancelled_before_its_first_save_tells_nothing(watching: Monitor) -> None:
    kept = watching.store.content
    watching.store.fail_save(1, CANCELLED)
    with pytest.raises(Cancelled):
        watching.poll(REFUSED)
    assert (watching.store.content, len(watching.notifier.messages)) == (kept, 1)


# several channels


@pytest.fixture
def second(watching: Monitor) -> RecordingNotifier:
    """Have a second channel, which was told of nothing yet."""
    notifier = RecordingNotifier()
    watching.others = [Channel("second", notifier)]
    return notifier


def headlines(notifier: RecordingNotifier) -> list[str]:
    return [message.headline for message in notifier.messages]


def test_each_channel_is_told_once_whatever_becomes_of_the_other(
    watching: Monitor, second: RecordingNotifier
) -> None:
    watching.notifier.fail_next(FAILED, FAILED)
    runs = [watching.poll(REFUSED), watching.poll(ONLINE), watching.poll(ONLINE)]
    changes = ["mscluster is offline", "mscluster is back online"]
    assert headlines(second) == changes
    assert [run.headlines for run in runs] == [[], [], changes]
    assert pending(watching) == []


def test_a_channel_that_takes_what_it_is_told_does_not_hide_that_another_one_fails(
    watching: Monitor, second: RecordingNotifier
) -> None:
    second.fail_next(*[FAILED] * 4)
    runs = [watching.poll(REFUSED) for _ in range(3)]
    assert [run.exit_status for run in runs] == [ExitStatus.UNDELIVERED, ExitStatus.OK, ExitStatus.OK]
    assert watching.poll(ONLINE).headlines == ["mscluster is back online"]
    assert list(watching.store.history.failing_channels) == ["second"]


def test_a_channel_that_is_gone_keeps_no_other_one_from_being_told(
    watching: Monitor, second: RecordingNotifier
) -> None:
    watching.notifier.fail_next(WebhookGoneError())
    for result in (REFUSED, ONLINE):
        watching.poll(result)
    assert headlines(second) == ["mscluster is offline", "mscluster is back online"]
    assert pending(watching) == ["outage", "recovery"]


def test_what_was_due_only_to_a_channel_that_was_removed_is_pending_no_more(
    watching: Monitor, second: RecordingNotifier
) -> None:
    second.fail_next(FAILED)
    watching.poll(REFUSED)
    assert pending(watching) == ["outage"]
    watching.others = []
    assert watching.poll(REFUSED).headlines == []
    assert pending(watching) == []


# the heartbeat


def test_the_watchdog_hears_of_every_poll_whether_it_worked(watching: Monitor) -> None:
    watching.notifier.fail_next(None, FAILED)
    for result in (REFUSED, REFUSED, ONLINE, met(Cause.HOST_KEY), met(Cause.HOST_KEY)):
        watching.poll(result)
    watching.store.fail_save()
    watching.poll(ONLINE)
    assert watching.heartbeat.beats == [True, True, True, False, False, False, False]
