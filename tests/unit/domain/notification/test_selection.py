"""A channel gets the kinds of notifications that it has chosen."""

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.status.cause import Cause, Status
from tests.unit.domain.build import (
    POLICY,
    Setup,
    events,
    failed,
    history,
    listed,
    noon_plus,
    pending,
    polled,
)

ONLINE, DEGRADED, OFFLINE = listed(idle=4), listed(draining=4), failed(Cause.REFUSED)
MAINTENANCE = listed(maintenance=4)
UNKNOWN = failed(Cause.HOST_KEY)
COURSE = (OFFLINE, DEGRADED, ONLINE, MAINTENANCE, ONLINE, UNKNOWN, UNKNOWN, UNKNOWN, ONLINE)


def got(*kinds: Kind, polls: tuple[object, ...] = COURSE, before: History | None = None) -> list[Event]:
    setup = Setup(channels=(replace(POLICY, kinds=frozenset(kinds)),), confirm_after=1)
    start = before or history(Status.ONLINE)
    return events(pending(polled(start, *polls, setup=setup)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (
            [],
            [
                Event.OUTAGE,
                Event.PARTIAL_RECOVERY,
                Event.RECOVERY,
                Event.STATUS_UNSTABLE,
                Event.MONITOR_LOST,
                Event.MONITOR_RESTORED,
            ],
        ),
        ([Kind.OUTAGE], [Event.OUTAGE, Event.STATUS_UNSTABLE]),
        (
            [Kind.OUTAGE, Kind.RECOVERY],
            [Event.OUTAGE, Event.PARTIAL_RECOVERY, Event.RECOVERY, Event.STATUS_UNSTABLE],
        ),
        ([Kind.DEGRADED], [Event.PARTIAL_RECOVERY, Event.STATUS_UNSTABLE]),
        ([Kind.DEGRADED, Kind.RECOVERY], [Event.PARTIAL_RECOVERY, Event.RECOVERY, Event.STATUS_UNSTABLE]),
        ([Kind.MONITOR], [Event.MONITOR_LOST, Event.MONITOR_RESTORED]),
    ],
)
def test_a_channel_gets_the_kinds_that_it_has_chosen(kinds: list[Kind], expected: list[Event]) -> None:
    assert got(*kinds) == expected


def test_a_recovery_from_what_the_channel_does_not_know_is_not_notified() -> None:
    assert got(Kind.OUTAGE, Kind.RECOVERY, polls=(DEGRADED, ONLINE)) == []
    assert got(Kind.OUTAGE, Kind.RECOVERY, polls=(DEGRADED, OFFLINE, ONLINE)) == [
        Event.OUTAGE,
        Event.RECOVERY,
    ]


def test_the_first_status_is_notified_with_any_choice_of_a_channel() -> None:
    assert got(Kind.MAINTENANCE, polls=(ONLINE,), before=History()) == [Event.INITIAL]


def test_an_outage_at_the_first_poll_has_a_recovery() -> None:
    polls = (ONLINE, OFFLINE, ONLINE)
    assert got(Kind.RECOVERY, polls=polls, before=History()) == [Event.INITIAL]
    assert got(Kind.OUTAGE, Kind.RECOVERY, polls=(DEGRADED, ONLINE), before=History()) == [
        Event.INITIAL,
        Event.RECOVERY,
    ]


def test_the_end_of_an_unstable_time_is_a_recovery_also_if_it_was_online_when_the_time_began() -> None:
    setup = Setup(channels=(replace(POLICY, kinds=frozenset({Kind.OUTAGE, Kind.RECOVERY})),), confirm_after=1)
    unstable = polled(history(Status.ONLINE), OFFLINE, ONLINE, OFFLINE, ONLINE, setup=setup)
    stable = polled(unstable, ONLINE, setup=setup, start=noon_plus(90))
    assert events(pending(stable))[-2:] == [Event.STATUS_UNSTABLE, Event.RECOVERY]
