"""Which changes of an unstable status a channel gets."""

from datetime import timedelta
from itertools import cycle, islice

from msgspec.structs import replace

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from tests.unit.domain.build import (
    ALWAYS,
    NOON,
    Setup,
    failed,
    history,
    listed,
    pending,
    polled,
    step,
)

ONLINE = listed(idle=8)
DEGRADED = failed(Cause.SCHEDULER_DOWN)
OFFLINE = failed(Cause.REFUSED)
READY = history(Status.ONLINE)
UNSTABLE = [DEGRADED, ONLINE, DEGRADED, ONLINE]
AN_HOUR, A_DAY = 12, 288  # polls


def notified(*results: ProbeResult, every: timedelta = timedelta(minutes=5)) -> list[tuple[int, Event]]:
    """Return the events and the number of the poll of each, counted from 0."""
    return [((one.at - NOON) // every, one.event) for one in notifications(*results, every=every)]


def notifications(*results: ProbeResult, every: timedelta = timedelta(minutes=5)) -> tuple[Notification, ...]:
    after = READY
    found: tuple[Notification, ...] = ()
    for number, result in enumerate(results):
        after = polled(after, result, start=NOON + number * every)
        found += pending(after)
        outbox = after.outbox
        channels = {name: replace(channel, pending=()) for name, channel in outbox.channels.items()}
        after = replace(after, outbox=replace(outbox, channels=channels))
    return found


def alternating(*results: ProbeResult, polls: int) -> list[ProbeResult]:
    return list(islice(cycle(results), polls))


def test_the_fourth_change_within_two_hours_is_notified_as_an_unstable_status() -> None:
    assert notified(DEGRADED, ONLINE, DEGRADED, ONLINE, DEGRADED) == [
        (0, Event.DEGRADED),
        (1, Event.RECOVERY),
        (2, Event.DEGRADED),
        (3, Event.STATUS_UNSTABLE),
    ]


def test_changes_an_hour_apart_are_notified_each() -> None:
    changes = [result for result in (DEGRADED, ONLINE) * 3 for _ in range(AN_HOUR)]
    assert [event for _, event in notified(*changes)] == [Event.DEGRADED, Event.RECOVERY] * 3


def test_a_day_of_alternating_polls_sends_one_summary() -> None:
    polls = [number for number, _ in notified(*alternating(DEGRADED, ONLINE, polls=300))]
    assert polls == [0, 1, 2, 3, 3 + A_DAY]


def test_a_status_that_has_held_for_an_hour_is_notified() -> None:
    assert notified(*UNSTABLE, *[ONLINE] * (AN_HOUR + 5))[4:] == [(3 + AN_HOUR, Event.RECOVERY)]
    assert notified(*UNSTABLE, *[DEGRADED] * (AN_HOUR + 5))[4:] == [(4 + AN_HOUR, Event.DEGRADED)]


def test_changes_are_notified_again_after_an_hour_without_one() -> None:
    calm = [*UNSTABLE, *[ONLINE] * (AN_HOUR + 1)]
    assert notified(*calm, DEGRADED)[-1] == (len(calm), Event.DEGRADED)


def test_the_first_outage_of_an_unstable_status_is_notified_at_once() -> None:
    assert notified(*UNSTABLE, OFFLINE)[-1] == (4, Event.OUTAGE)


def test_an_outage_is_withheld_for_half_an_hour_if_the_channel_got_one_within_two_hours() -> None:
    assert notified(OFFLINE, ONLINE, OFFLINE, ONLINE, *[OFFLINE] * 10)[3:] == [
        (3, Event.STATUS_UNSTABLE),
        (10, Event.OUTAGE),
    ]


def test_an_outage_is_notified_again_two_hours_after_the_last_one() -> None:
    events = notified(*alternating(OFFLINE, ONLINE, polls=60))
    assert [number for number, event in events if event is Event.OUTAGE] == [0, 2, 26, 50]


def test_an_outage_that_has_held_for_an_hour_is_not_notified_twice() -> None:
    events = notified(OFFLINE, ONLINE, OFFLINE, ONLINE, *[OFFLINE] * 30, ONLINE)
    assert [event for _, event in events[4:]] == [Event.OUTAGE, Event.RECOVERY]


def test_the_notification_counts_the_outages_of_the_last_day() -> None:
    instability = notifications(OFFLINE, ONLINE, OFFLINE, ONLINE)[-1].instability
    assert instability
    assert instability.since == NOON
    assert (instability.downtime.outages, instability.downtime.seconds) == (2, 600)


def test_each_channel_is_damped_by_what_it_got_itself() -> None:
    first, second = Setup().channels[0], replace(Setup().channels[0], id="second")
    one = Setup(channels=(first,))
    before = polled(READY, *UNSTABLE[:3], setup=one)
    after = polled(before, ONLINE, start=NOON + timedelta(minutes=15), setup=Setup(channels=(first, second)))
    latest = {name: channel.pending[-1].event for name, channel in after.outbox.channels.items()}
    assert latest == {first.id: Event.STATUS_UNSTABLE, "second": Event.RECOVERY}


def test_damping_changes_neither_the_status_nor_the_incidents() -> None:
    results = alternating(DEGRADED, ONLINE, polls=40)
    damped = polled(READY, *results)
    without_channel = polled(READY, *results, setup=Setup(channels=()))
    assert (damped.tracker, damped.record) == (without_channel.tracker, without_channel.record)


def test_a_clock_that_is_set_back_does_not_hold_messages_back_for_long() -> None:
    unstable = polled(READY, *UNSTABLE)
    earlier = NOON - timedelta(days=3)
    after = polled(unstable, *[ONLINE] * (AN_HOUR + 3), start=earlier)
    assert pending(after)[-1].event is Event.RECOVERY


def test_a_clock_that_was_set_back_does_not_end_the_hour_for_which_a_status_has_to_hold() -> None:
    unstable = polled(READY, *UNSTABLE, ONLINE, DEGRADED, DEGRADED)
    set_back = step(unstable, DEGRADED, NOON + timedelta(minutes=21), in_turn=True)
    later = NOON + timedelta(minutes=35)
    held = polled(set_back, *[DEGRADED] * (AN_HOUR - 2), start=later)
    assert pending(held) == pending(set_back)
    assert pending(polled(held, DEGRADED, start=NOON + timedelta(minutes=90)))[-1].event is Event.DEGRADED


def test_a_channel_hears_that_the_status_is_known_again_although_the_change_is_withheld() -> None:
    unstable = polled(READY, *UNSTABLE)
    unknown = [failed(Cause.HOST_KEY)] * 3
    after = polled(unstable, *unknown, DEGRADED, start=NOON + timedelta(minutes=20))
    headlines = [compose(one, "hpc", Setup().channels[0], None).headline for one in pending(after)]
    assert headlines[-1] == "Monitoring of hpc restored: degraded"


def test_a_withheld_outage_is_notified_although_the_clock_was_set_back() -> None:
    unstable = polled(READY, OFFLINE, ONLINE, OFFLINE, ONLINE, OFFLINE)
    earlier = NOON - timedelta(days=3)
    after = polled(unstable, *[OFFLINE] * (AN_HOUR + 1), start=earlier)
    assert [(one.event, one.at) for one in pending(after) if one.at <= earlier + timedelta(hours=1)] == [
        (Event.OUTAGE, earlier + timedelta(minutes=30))
    ]


def test_an_unstable_status_is_not_unstable_since_a_later_time_than_now() -> None:
    unstable = polled(READY, *UNSTABLE)
    latest = pending(polled(unstable, *[ONLINE] * (AN_HOUR + 3), start=NOON - timedelta(days=3)))[-1]
    assert latest.instability
    assert latest.instability.since <= latest.at


def test_a_reminder_of_an_unstable_status_does_not_say_that_it_is_still_the_same() -> None:
    headlines = []
    for later in ([], [DEGRADED], [DEGRADED, ONLINE]):
        latest = pending(polled(READY, *UNSTABLE, *later, setup=ALWAYS))[-1]
        headlines.append(compose(latest, "c", ALWAYS.channels[0], None).headline)
    assert headlines == [f"c is unstable: now {status}" for status in ("online", "degraded", "online")]
