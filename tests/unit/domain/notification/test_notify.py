"""The notifications that a poll adds: their channels and their content."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.history.ssh_state import Login
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import LiveMessage, MessageRef
from cluster_status.domain.notification.outbox import edited
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.tracker import UnknownPeriod
from cluster_status.domain.uptime.uptime import Uptime
from tests.unit.domain.build import (
    ALWAYS,
    NOON,
    Setup,
    counts,
    delivered,
    events,
    failed,
    history,
    listed,
    noon_plus,
    notification,
    pending,
    period,
    polled,
    step,
)

NEW, READY = History(), history(Status.ONLINE)
GOOD = listed(idle=4)
DEGRADED = listed(draining=4)
REFUSED = failed(Cause.REFUSED)
TIMEOUT = failed(Cause.TIMEOUT)
UNTRUSTED = failed(Cause.HOST_KEY)
NO_LOGIN = failed(Cause.LOGIN_REFUSED)


# Events


def test_the_initial_notification_has_the_status_and_the_nodes() -> None:
    assert pending(polled(NEW, GOOD)) == (
        notification(Event.INITIAL, period(Status.ONLINE), nodes=counts(idle=4)),
    )


def test_nothing_is_notified_while_nothing_changes() -> None:
    assert pending(polled(READY, GOOD, GOOD)) == ()


def test_a_change_is_notified_with_the_status_that_it_replaced() -> None:
    before = history(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert pending(polled(before, GOOD, start=noon_plus(60))) == (
        notification(
            Event.RECOVERY,
            period(Status.ONLINE, since=noon_plus(60)),
            at=noon_plus(60),
            previous=period(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED),
            nodes=counts(idle=4),
        ),
    )


def test_an_outage_is_notified_after_the_configured_number_of_polls() -> None:
    assert [pending(polled(READY, *[TIMEOUT] * number)) == () for number in (1, 2)] == [True, False]
    three_polls = Setup(confirm_after=3)
    assert [pending(polled(READY, *[TIMEOUT] * number, setup=three_polls)) == () for number in (2, 3)] == [
        True,
        False,
    ]


def test_without_a_cluster_state_there_are_no_nodes() -> None:
    [outage] = pending(polled(READY, REFUSED))
    assert (outage.event, outage.nodes) == (Event.OUTAGE, None)


def test_a_notification_has_the_cause_of_this_poll_last() -> None:
    after = polled(READY, REFUSED, failed(Cause.DNS), REFUSED, setup=ALWAYS)
    latest = pending(after)[-1].period
    assert latest
    assert latest.causes == (Cause.DNS, Cause.REFUSED)
    assert after.tracker.confirmed == period(Status.OFFLINE, Cause.REFUSED, Cause.DNS)


def test_a_lost_monitor_is_notified_with_the_last_status_and_the_unknown_period() -> None:
    before = history(Status.OFFLINE, Cause.REFUSED)
    assert pending(polled(before, *[UNTRUSTED] * 3)) == (
        notification(
            Event.MONITOR_LOST,
            period(Status.OFFLINE, Cause.REFUSED),
            at=noon_plus(10),
            unknown=UnknownPeriod(NOON, polls=3, cause=Cause.HOST_KEY, notified=True),
        ),
    )


def test_a_refused_login_is_notified_with_the_last_login_that_worked() -> None:
    [lost] = pending(polled(READY, GOOD, *[NO_LOGIN] * 4, start=noon_plus(60)))
    assert (lost.event, lost.last_login) == (Event.MONITOR_LOST, noon_plus(60))


def test_a_restored_monitor_is_notified_with_the_begin_of_the_unknown_period() -> None:
    lost, restored = pending(polled(READY, *[UNTRUSTED] * 3, GOOD))
    assert (lost.event, restored.event) == (Event.MONITOR_LOST, Event.MONITOR_RESTORED)
    assert (restored.unknown_since, restored.unknown, restored.previous) == (NOON, None, None)


def test_a_notification_has_the_uptime_of_the_last_30_days() -> None:
    [outage] = pending(polled(READY, GOOD, GOOD, REFUSED))
    monitored = timedelta(minutes=10)
    assert outage.uptime == Uptime(1.0, monitored / (timedelta(days=30.5) + monitored))


# Reminders


def reminders(before: History, *results: ProbeResult) -> list[tuple[Event, datetime]]:
    """Return the pending events of a channel with reminders, without deliveries."""
    return [(one.event, one.at) for one in pending(polled(before, *results, setup=ALWAYS))]


def test_a_poll_without_a_change_is_a_reminder() -> None:
    [reminder] = pending(polled(READY, GOOD, setup=ALWAYS))
    assert reminder == notification(Event.REMINDER, period(Status.ONLINE), nodes=counts(idle=4))


@pytest.mark.parametrize(
    ("before", "result"),
    [(READY, TIMEOUT), (READY, UNTRUSTED), (NEW, NO_LOGIN)],
    ids=["pending", "unknown", "new"],
)
def test_a_poll_that_does_not_find_the_confirmed_status_is_no_reminder(
    before: History, result: ProbeResult
) -> None:
    assert reminders(before, result) == []


def test_an_event_takes_the_place_of_a_reminder() -> None:
    assert reminders(READY, DEGRADED) == [(Event.DEGRADED, NOON)]
    assert reminders(READY, GOOD, *[UNTRUSTED] * 3) == [(Event.MONITOR_LOST, noon_plus(15))]


@pytest.mark.parametrize(
    ("result", "then"),
    [
        (GOOD, []),
        (UNTRUSTED, []),
        (NO_LOGIN, []),
        (TIMEOUT, []),
        (DEGRADED, [Event.DEGRADED]),
        (REFUSED, [Event.OUTAGE]),
    ],
)
def test_a_pending_reminder_is_dropped_by_the_next_poll(result: ProbeResult, then: list[Event]) -> None:
    waiting = polled(READY, GOOD, setup=ALWAYS)
    assert events(pending(waiting)) == [Event.REMINDER]
    assert events(pending(step(waiting, result, noon_plus(5)))) == then


def test_of_undelivered_reminders_only_the_newest_is_pending() -> None:
    [reminder] = pending(polled(READY, *[GOOD] * 30, setup=ALWAYS))
    assert (reminder.event, reminder.at, reminder.dropped) == (Event.REMINDER, noon_plus(145), 0)


def test_an_event_stays_pending_when_the_next_reminder_is_dropped() -> None:
    assert reminders(READY, DEGRADED, DEGRADED) == [(Event.DEGRADED, NOON), (Event.REMINDER, noon_plus(5))]
    assert reminders(READY, DEGRADED, DEGRADED, UNTRUSTED) == [(Event.DEGRADED, NOON)]


def test_a_reminder_of_a_lost_login_has_no_unknown_period() -> None:
    before = polled(history(Status.OFFLINE), UNTRUSTED)
    assert before.tracker.unknown
    without_login = replace(before, ssh=replace(before.ssh, login=Login()))
    [reminder] = pending(polled(without_login, REFUSED, setup=ALWAYS))
    assert (reminder.event, reminder.unknown) == (Event.REMINDER, None)


# Reminders by channel

REMINDED, QUIET = ChannelPolicy("reminded", always=True), ChannelPolicy("quiet")
LIVE = ChannelPolicy("live", digest="live-digest", live=True)
BOTH = Setup(channels=(REMINDED, QUIET, LIVE))


def pending_by_channel(history: History) -> dict[str, list[Event]]:
    return {policy.id: events(pending(history, policy.id)) for policy in BOTH.channels}


def test_an_event_is_pending_for_every_channel() -> None:
    after = polled(READY, DEGRADED, setup=BOTH)
    assert pending_by_channel(after) == {policy.id: [Event.DEGRADED] for policy in BOTH.channels}


def test_a_reminder_is_for_channels_that_want_it_or_have_no_live_message() -> None:
    first = polled(READY, GOOD, setup=BOTH)
    assert pending_by_channel(first) == {"reminded": [Event.REMINDER], "quiet": [], "live": [Event.REMINDER]}
    [reminder] = pending(first, "live")
    sent = delivered(first, reminder, "live")
    live = LiveMessage("live-digest", MessageRef("1", "shown"), reminder)
    then = step(replace(sent, outbox=edited(sent.outbox, "live", live)), GOOD, noon_plus(5), setup=BOTH)
    assert pending_by_channel(then) == {"reminded": [Event.REMINDER], "quiet": [], "live": []}
