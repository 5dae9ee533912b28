"""The pending notifications of channels, and the effects of deliveries and failures."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import LiveMessage, MessageRef, Notification
from cluster_status.domain.notification.outbox import (
    PENDING_KEPT,
    ChannelOutbox,
    DeliveryFailure,
    Outbox,
    assume_delivered,
    begin_poll,
    delivered,
    edited,
    enqueue,
    failed,
    may_deliver,
)
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.run_failure import RunFailure
from cluster_status.domain.status.cause import Status
from tests.unit.domain.build import NOON, noon_plus, period

OPS, USERS = ChannelPolicy("ops", digest="ops-digest", live=True), ChannelPolicy("users")
DAY = timedelta(days=1)


def event(number: int, kind: Event = Event.OUTAGE) -> Notification:
    """Return a notification; all of them are of the same second."""
    return Notification(str(number), kind, NOON, period(Status.OFFLINE))


def outbox(number: int) -> Outbox:
    """Return an outbox of two channels with this number of events pending for each."""
    result = begin_poll(Outbox(), [OPS, USERS], 0)
    for one in range(number):
        result = enqueue(result, event(one))
    return result


def ids(outbox: Outbox, channel: str = "ops") -> list[str]:
    return [one.id for one in outbox.channel(channel).pending]


LIVE = LiveMessage("ops-digest", MessageRef("message", "shown"), event(0))


# Delivery


def test_the_oldest_notifications_of_a_restored_history_are_dropped_beyond_the_limit() -> None:
    restored = Outbox({"ops": ChannelOutbox(tuple(map(event, range(PENDING_KEPT + 1_000))))})
    after = begin_poll(restored, [OPS], 0)
    assert ids(after) == [str(number) for number in range(1_000, 1_000 + PENDING_KEPT)]
    assert after.channel("ops").pending[0].dropped == 1_000


def test_a_delivered_notification_is_no_longer_pending_for_its_channel() -> None:
    after = delivered(outbox(3), "ops", "1")
    assert (ids(after, "ops"), ids(after, "users")) == (["0", "2"], ["0", "1", "2"])


def test_events_of_the_same_second_are_delivered_one_by_one() -> None:
    remaining = outbox(3)
    assert len({one.at for one in remaining.channel("ops").pending}) == 1
    for number in range(3):
        assert ids(remaining)[0] == str(number)
        remaining = delivered(remaining, "ops", str(number))
    assert ids(remaining) == []


def test_a_delivery_keeps_the_changes_of_another_run() -> None:
    assert ids(delivered(outbox(4), "ops", "0")) == ["1", "2", "3"]
    assert delivered(outbox(4), "ops", "7") == outbox(4)


def test_the_delivered_message_becomes_the_live_message() -> None:
    live = delivered(outbox(2), "ops", "0", LIVE)
    assert live.channel("ops").live == LIVE
    assert delivered(live, "ops", "1").channel("ops").live == LIVE


def test_the_outcome_for_a_dropped_channel_is_ignored() -> None:
    assert delivered(outbox(1), "gone", "0") == outbox(1)
    assert failed(outbox(1), "gone", "no-answer", NOON) == outbox(1)
    assert edited(outbox(1), "gone", LIVE) == outbox(1)


def test_an_outcome_ends_the_delivery() -> None:
    delivering = replace(outbox(2), delivering_since=NOON)
    assert delivered(delivering, "ops", "0") == delivered(outbox(2), "ops", "0")
    assert failed(delivering, "ops", "any", NOON) == failed(outbox(2), "ops", "any", NOON)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, True),
        (timedelta(), False),
        (timedelta(seconds=599), False),
        (timedelta(seconds=600), True),
        (timedelta(seconds=-599), False),
        (timedelta(days=-3), True),
    ],
)
def test_notifications_of_a_delivering_run_are_left_to_it_for_ten_minutes(
    since: timedelta | None, *, expected: bool
) -> None:
    delivering = replace(outbox(2), delivering_since=None if since is None else NOON - since)
    assert may_deliver(delivering, NOON) is expected


def test_nothing_is_delivered_if_nothing_is_pending() -> None:
    assert not may_deliver(outbox(0), NOON)
    assert may_deliver(delivered(outbox(1), "ops", "0"), NOON)  # it is pending for the other channel


def test_notifications_of_a_delivery_in_progress_are_assumed_delivered() -> None:
    assert assume_delivered(replace(outbox(2), delivering_since=NOON)) == outbox(0)
    assert assume_delivered(outbox(2)) == outbox(2)


# Failures


def test_a_failure_keeps_the_notification_pending() -> None:
    assert ids(failed(outbox(2), "ops", "no-answer", NOON)) == ["0", "1"]


@pytest.mark.parametrize(
    ("after", "cause", "failed_at"),
    [
        (timedelta(minutes=5), "no-answer", NOON),
        (timedelta(minutes=5), "webhook-gone", noon_plus(5)),
        (DAY, "no-answer", NOON + DAY),
    ],
)
def test_a_run_fails_when_a_channel_begins_to_fail_and_daily(
    after: timedelta, cause: str, failed_at: datetime
) -> None:
    begun = failed(outbox(1), "ops", "no-answer", NOON)
    assert begun.channel("ops").failure == DeliveryFailure(RunFailure("no-answer", NOON))
    again = failed(begun, "ops", cause, NOON + after)
    assert again.channel("ops").failure == DeliveryFailure(RunFailure(cause, failed_at))


@pytest.mark.parametrize(
    ("change", "failure_ended"),
    [
        (lambda outbox: delivered(outbox, "ops", "0"), True),
        (lambda outbox: edited(outbox, "ops", LIVE), True),
        (lambda outbox: edited(outbox, "ops", None), False),
        (lambda outbox: begin_poll(outbox, [OPS, USERS], 0), False),
        (lambda outbox: delivered(outbox, "users", "0"), False),
    ],
    ids=["delivered", "edited", "message missing", "polled", "another channel"],
)
def test_only_an_accepted_message_ends_the_failure_of_its_channel(
    change: Callable[[Outbox], Outbox], *, failure_ended: bool
) -> None:
    gone = failed(outbox(1), "ops", "webhook-gone", NOON, refused_by="ops-digest")
    failure = DeliveryFailure(RunFailure("webhook-gone", NOON), refused_by="ops-digest")
    assert gone.channel("ops").failure == failure
    assert change(gone).channel("ops").failure == (None if failure_ended else failure)


def test_a_refusal_holds_back_its_address_for_a_day() -> None:
    refused = failed(outbox(1), "ops", "webhook-gone", NOON, refused_by="ops-digest").channel("ops").failure
    assert refused
    assert refused.holds_back("ops-digest", NOON + DAY - timedelta(seconds=1))
    assert not refused.holds_back("ops-digest", NOON + DAY)
    assert not refused.holds_back("another", NOON)
    assert not refused.holds_back(None, NOON)
    assert not DeliveryFailure(RunFailure("no-answer", NOON)).holds_back(None, NOON)


# The limit


def test_beyond_the_limit_the_oldest_are_dropped_and_counted() -> None:
    full = outbox(PENDING_KEPT + 4)
    assert ids(full) == [str(number) for number in range(4, PENDING_KEPT + 4)]
    assert [one.dropped for one in full.channel("ops").pending] == [4, *[0] * 19]
    more = enqueue(enqueue(full, event(98)), event(99))
    assert [one.dropped for one in more.channel("ops").pending] == [6, *[0] * 19]


def test_the_count_is_delivered_with_the_notification_that_has_it() -> None:
    remaining = delivered(outbox(PENDING_KEPT + 4), "ops", "4")
    assert sum(one.dropped for one in remaining.channel("ops").pending) == 0


# A poll begins


def test_a_channel_that_is_no_longer_configured_is_dropped() -> None:
    assert begin_poll(outbox(2), [OPS], 0).channels == {"ops": outbox(2).channel("ops")}


def test_a_new_channel_begins_with_nothing_pending() -> None:
    added = begin_poll(outbox(2), [OPS, USERS, ChannelPolicy("new")], 0)
    assert added.channel("new") == ChannelOutbox()


def test_pending_reminders_are_dropped() -> None:
    reminded = enqueue(enqueue(outbox(1), event(8, Event.REMINDER), only="ops"), event(9), only="ops")
    assert ids(reminded) == ["0", "8", "9"]
    assert ids(begin_poll(reminded, [OPS, USERS], 0)) == ["0", "9"]


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (OPS, True),
        (replace(OPS, live=False), False),
        (replace(OPS, digest="new-digest"), False),
        (replace(OPS, digest=None), False),
    ],
)
def test_only_a_live_channel_with_the_same_address_keeps_its_live_message(
    policy: ChannelPolicy, *, kept: bool
) -> None:
    before = edited(outbox(0), "ops", LIVE)
    assert begin_poll(before, [policy], 0).channel("ops").live == (LIVE if kept else None)


# Missed polls


def missed(outbox: Outbox, channel: str = "ops") -> list[int]:
    return [one.missed_polls for one in outbox.channel(channel).pending]


def test_each_channel_is_notified_of_missed_polls_once() -> None:
    after_gap = begin_poll(outbox(0), [OPS, USERS], 24)
    first = enqueue(enqueue(after_gap, event(0), only="ops"), event(1))
    assert (missed(first, "ops"), missed(first, "users")) == ([24, 0], [24])
    later = enqueue(begin_poll(first, [OPS, USERS], 0), event(2))
    assert (missed(later, "ops"), missed(later, "users")) == ([24, 0, 0], [24, 0])


def test_missed_polls_of_several_gaps_add_up() -> None:
    twice = begin_poll(begin_poll(outbox(0), [OPS], 24), [OPS], 3)
    assert missed(enqueue(twice, event(0))) == [27]


def test_missed_polls_of_a_dropped_reminder_are_in_the_next_notification() -> None:
    reminded = enqueue(begin_poll(outbox(0), [OPS], 24), event(0, Event.REMINDER))
    assert missed(reminded) == [24]
    assert missed(enqueue(begin_poll(reminded, [OPS], 0), event(1))) == [24]


def test_missed_polls_of_dropped_notifications_are_in_the_oldest_one_left() -> None:
    full = begin_poll(outbox(0), [OPS], 24)
    for number in range(PENDING_KEPT + 4):
        full = enqueue(full, event(number))
    assert missed(full) == [24, *[0] * 19]


def test_missed_polls_that_a_wrong_clock_counted_are_subtracted() -> None:
    assert missed(enqueue(begin_poll(begin_poll(outbox(0), [OPS], 24), [OPS], -20), event(0))) == [4]
    assert missed(enqueue(begin_poll(begin_poll(outbox(0), [OPS], 24), [OPS], -99), event(0))) == [0]
