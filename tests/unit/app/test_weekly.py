"""Runs with a weekly report."""

from datetime import UTC, datetime, time, timedelta

import pytest

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.notification.weekly.schedule import WeeklyTime
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import DeliveryError
from tests.fakes.probe import ONLINE, failed
from tests.unit.app.monitor import Monitor, Run
from tests.unit.app.overlap import parallel_run

REFUSED = failed(Cause.REFUSED)
FAILED = DeliveryError("no", cause="no")
MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def weekly(monitor: Monitor) -> Monitor:
    """Return a monitor that has polled the whole Sunday before a report."""
    monitor.report = WeeklyTime(0, time(8))
    monitor.clock.advance(MONDAY - timedelta(hours=30) - monitor.clock.now())
    for _ in range(29):
        monitor.poll(ONLINE, later=HOUR)
    return monitor


def reports(run: Run) -> list[str]:
    return [one.headline for one in run.messages if one.headline.startswith("Weekly report")]


def test_the_first_poll_at_its_time_sends_the_report_and_the_next_one_does_not(weekly: Monitor) -> None:
    early = weekly.poll(ONLINE, later=HOUR - timedelta(seconds=1))
    due = weekly.poll(ONLINE, later=timedelta(seconds=1))
    later = weekly.poll(ONLINE, later=timedelta(minutes=5))
    assert [reports(one) for one in (early, due, later)] == [[], ["Weekly report of mscluster: up 100 %"], []]
    [message] = due.messages
    assert message.sentence == (
        "2026-03-02 to 2026-03-08 (UTC). No outage. 100 % of nodes idle. 12 % of the week monitored."
    )


def test_a_run_without_polls_for_more_than_48_hours_sends_none(weekly: Monitor) -> None:
    assert reports(weekly.poll(ONLINE, later=timedelta(hours=50))) == []


def test_a_late_poll_sends_the_report(weekly: Monitor) -> None:
    assert len(reports(weekly.poll(ONLINE, later=timedelta(hours=40)))) == 1


def test_the_first_week_without_data_has_no_report(monitor: Monitor) -> None:
    monitor.report = WeeklyTime(0, time(8))
    monitor.clock.advance(MONDAY - HOUR - monitor.clock.now())
    monitor.poll(ONLINE)
    assert reports(monitor.poll(ONLINE, later=2 * HOUR)) == []


def test_without_the_input_there_is_no_report(weekly: Monitor) -> None:
    weekly.report = None
    assert reports(weekly.poll(ONLINE, later=2 * HOUR)) == []


def test_a_report_that_was_not_delivered_is_sent_by_the_next_run_once(weekly: Monitor) -> None:
    weekly.notifier.fail_next(FAILED)
    runs = [weekly.poll(ONLINE, later=one * HOUR) for one in (2, 1, 1)]
    assert [len(reports(one)) for one in runs] == [0, 1, 0]


def test_a_report_that_is_a_week_old_gives_way_to_the_next_one(weekly: Monitor) -> None:
    weekly.notifier.fail_next(FAILED)
    weekly.poll(ONLINE, later=2 * HOUR)
    weekly.notifier.fail_next(FAILED)
    for _ in range(7):
        weekly.poll(ONLINE, later=24 * HOUR)
        weekly.notifier.fail_next(FAILED)
    outbox = weekly.store.history.outbox
    assert [[one.id for one in state.pending] for state in outbox.channels.values()] == [["report.2026-W12"]]


def test_a_report_waits_for_a_history_that_cannot_be_saved(weekly: Monitor) -> None:
    weekly.store.fail_save()
    runs = [weekly.poll(ONLINE, later=one * HOUR) for one in (2, 1, 1)]
    assert [len(reports(one)) for one in runs] == [0, 1, 0]


@pytest.mark.parametrize(("kinds", "number"), [({Kind.OUTAGE}, 0), ({Kind.OUTAGE, Kind.REPORT}, 1), ((), 1)])
def test_only_channels_that_have_chosen_it_get_it(kinds: set[Kind], number: int, weekly: Monitor) -> None:
    weekly.set_policy(kinds=frozenset(kinds))
    assert len(reports(weekly.poll(ONLINE, later=2 * HOUR))) == number


def test_each_channel_gets_one_message_about_all_clusters(monitor: Monitor) -> None:
    monitor.report = WeeklyTime(0, time(8))
    other = monitor.add_channel()
    names = [f"cluster-{number}" for number in range(30)]
    monitor.clock.advance(MONDAY - timedelta(hours=20) - monitor.clock.now())
    for _ in range(19):
        down = {"cluster-7"} if monitor.clock.now().hour == 15 else set()
        monitor.poll_all({name: [REFUSED if name in down else ONLINE] for name in names}, later=HOUR)
    count = len(other.messages)
    run = monitor.poll_all({name: [ONLINE] for name in names}, later=2 * HOUR)
    assert reports(run) == ["Weekly report of 30 clusters: 1 outage"]
    assert [one.headline for one in other.messages[count:]] == reports(run)
    [message] = run.messages
    first, *others = message.changes
    assert first.headline.startswith("cluster-7: up 9")
    assert first.sentence == "1 outage of 1 h, 100 % of nodes idle, 7 % of the week monitored."
    assert {one.headline.partition(": ")[2] for one in others} == {"up 100 %"}


def test_a_report_is_not_the_live_message(weekly: Monitor) -> None:
    weekly.set_policy(live=True)
    weekly.poll(ONLINE, later=timedelta(minutes=5))
    weekly.poll(ONLINE, later=2 * HOUR)
    assert not any(
        state.live and state.live.notification.event is Event.REPORT
        for state in weekly.store.history.outbox.channels.values()
    )


def test_a_muted_cluster_has_no_report(weekly: Monitor) -> None:
    weekly.mute = MuteRequest(weekly.clock.now() + timedelta(days=1))
    assert reports(weekly.poll(ONLINE, later=2 * HOUR)) == []
    weekly.mute = MuteRequest()
    assert reports(weekly.poll(ONLINE, later=24 * HOUR)) == []


def test_of_two_runs_at_the_same_time_one_sends_the_report(weekly: Monitor) -> None:
    weekly.clock.advance(2 * HOUR)
    other, before = parallel_run(weekly), len(weekly.notifier.messages)
    weekly.during_probe = lambda: other.poll(ONLINE, later=timedelta(seconds=1))
    weekly.poll(ONLINE, later=timedelta(seconds=1))
    sent = [one.headline for one in weekly.notifier.messages[before:]]
    assert sent == ["Weekly report of mscluster: up 100 %"]
