"""Which time is booked as what."""

from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.domain.history.history import History
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.uptime.gaps import Interval
from cluster_status.domain.uptime.roll_up import DAY, HOUR, Resolution, RollUp, added
from cluster_status.domain.uptime.uptime import WINDOWS, Uptime, uptime
from tests.unit.domain.build import NOON, history, listed, met, noon_plus, polled, step

ONLINE, DEGRADED, MAINTENANCE = listed(idle=4), listed(idle=1, down=3), listed(maintenance=4)
REFUSED, TIMEOUT, UNTRUSTED = met(Cause.REFUSED), met(Cause.TIMEOUT), met(Cause.HOST_KEY)


def seconds(*results: ProbeResult) -> tuple[int, int, int, int]:
    """Return what is booked online, degraded, in maintenance and offline after polls five minutes apart."""
    [day] = polled(history(Status.ONLINE), *results).ledger.days or [RollUp(NOON)]
    return day.online, day.degraded, day.maintenance, day.offline


@pytest.mark.parametrize(
    ("course", "recorded"),
    [
        ([ONLINE], (0, 0, 0, 0)),
        ([ONLINE, ONLINE], (300, 0, 0, 0)),
        ([ONLINE, REFUSED], (300, 0, 0, 0)),
        ([REFUSED, ONLINE], (0, 0, 0, 300)),
        ([DEGRADED, MAINTENANCE, ONLINE], (0, 300, 300, 0)),
        ([TIMEOUT, TIMEOUT, ONLINE], (0, 0, 0, 600)),  # from when it was first seen
        ([TIMEOUT, ONLINE, ONLINE], (600, 0, 0, 0)),  # a blip
        ([TIMEOUT, DEGRADED, ONLINE], (300, 300, 0, 0)),
        ([TIMEOUT, TIMEOUT], (0, 0, 0, 300)),
        ([ONLINE, TIMEOUT], (300, 0, 0, 0)),
        ([UNTRUSTED, UNTRUSTED, ONLINE], (0, 0, 0, 0)),  # a gap
        ([REFUSED, UNTRUSTED, REFUSED, ONLINE], (0, 0, 0, 600)),
        ([TIMEOUT, UNTRUSTED, TIMEOUT, ONLINE], (0, 0, 0, 600)),
        ([TIMEOUT, UNTRUSTED, ONLINE], (300, 0, 0, 0)),
    ],
)
def test_time_counts_as_what_the_poll_before_it_saw_once_that_is_believed(
    course: list[ProbeResult], recorded: tuple[int, ...]
) -> None:
    assert seconds(*course) == recorded


def test_time_before_anything_was_confirmed_is_not_booked() -> None:
    assert polled(History(cluster="Deep Thought"), TIMEOUT, TIMEOUT, TIMEOUT).ledger.days == ()


def test_what_is_not_believed_yet_is_open() -> None:
    ledger = polled(history(Status.ONLINE), ONLINE, TIMEOUT, UNTRUSTED).ledger
    assert ledger.open == (Interval(noon_plus(5), noon_plus(10)),)


def test_time_is_split_at_the_hour_and_at_midnight_of_utc() -> None:
    late = datetime(2026, 1, 31, 23, 50, tzinfo=UTC)
    interval = Interval(late, late + timedelta(minutes=80))
    assert [(one.begin.hour, one.online) for one in added((), HOUR, Status.ONLINE, interval)] == [
        (23, 600),
        (0, 3600),
        (1, 600),
    ]
    assert [(one.begin.day, one.online) for one in added((), DAY, Status.ONLINE, interval)] == [
        (31, 600),
        (1, 4200),
    ]


def test_an_hour_never_has_more_than_an_hour() -> None:
    hour = Interval(NOON, noon_plus(60))
    twice = added(added((), HOUR, Status.OFFLINE, hour), HOUR, Status.ONLINE, hour)
    assert twice == (RollUp(NOON, offline=3600),)


def test_time_before_what_is_there_goes_where_it_belongs() -> None:
    later = added((), HOUR, Status.ONLINE, Interval(noon_plus(120), noon_plus(150)))
    earlier = added(later, HOUR, Status.OFFLINE, Interval(noon_plus(50), noon_plus(70)))
    assert [(one.begin.hour, one.watched) for one in earlier] == [(12, 600), (13, 600), (14, 1800)]


@pytest.mark.parametrize(("resolution", "kept"), [(HOUR, 169), (DAY, 366)])
def test_no_more_are_kept_than_are_needed_however_long_a_stretch_is(
    resolution: Resolution, kept: int
) -> None:
    assert len(added((), resolution, Status.ONLINE, Interval(NOON - timedelta(days=4_000), NOON))) == kept


# Uptime


def test_degraded_is_up_and_maintenance_is_neither() -> None:
    course = [ONLINE] * 6 + [DEGRADED] * 3 + [REFUSED] * 3 + [MAINTENANCE] * 12 + [ONLINE]
    ledger = polled(history(Status.ONLINE), *course).ledger
    assert uptime(ledger, WINDOWS["24 h"], noon_plus(120)) == Uptime(9 / 12, 2 / 24, 3 / 12)


def test_what_was_not_watched_is_neither_up_nor_down_and_shows_in_the_coverage() -> None:
    course = [ONLINE] * 6 + [UNTRUSTED] * 6 + [ONLINE]
    found = uptime(polled(history(Status.ONLINE), *course).ledger, WINDOWS["24 h"], noon_plus(60))
    assert found == Uptime(1.0, 0.5 / 24)


@pytest.mark.parametrize("course", [[], [UNTRUSTED] * 9, [MAINTENANCE] * 9])
def test_there_is_no_uptime_where_it_was_neither_up_nor_down(course: list[ProbeResult]) -> None:
    assert uptime(polled(history(Status.ONLINE), *course).ledger, WINDOWS["7 d"], noon_plus(60)) is None


INSIDE = {"24 h": 0.9, "7 d": 6.9, "30 d": 29.9, "90 d": 90, "365 d": 364}
OUTSIDE = {"24 h": 1.1, "7 d": 7.1, "30 d": 31, "90 d": 91, "365 d": 366}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("counts", [True, False])
def test_a_window_has_its_own_time_and_no_other(window: str, *, counts: bool) -> None:
    then = NOON - timedelta(days=(INSIDE if counts else OUTSIDE)[window])
    down = polled(history(Status.ONLINE), REFUSED, REFUSED, ONLINE, start=then)
    now = polled(down, ONLINE, ONLINE, start=NOON)
    found = uptime(now.ledger, WINDOWS[window], noon_plus(5))
    assert found
    assert (found.up < 1) is counts


def test_a_message_has_the_uptime_of_the_last_thirty_days() -> None:
    outage = polled(history(Status.ONLINE), ONLINE, ONLINE, REFUSED).pending[0]
    day = timedelta(days=1) / timedelta(minutes=10)
    assert outage.uptime == Uptime(1.0, 1 / (30.5 * day + 1))


def test_a_clock_that_was_set_back_counts_no_time_twice() -> None:
    before = polled(history(Status.ONLINE), *[ONLINE] * 13)
    again = polled(before, *[REFUSED] * 12, start=noon_plus(5))
    assert [(one.online, one.offline) for one in again.ledger.hours] == [(3600, 0)]


def test_of_two_polls_in_the_same_second_neither_lasts() -> None:
    after = polled(history(Status.ONLINE), ONLINE, REFUSED, ONLINE, every=timedelta())
    assert after.ledger.days == ()
    assert [one.event.value for one in after.pending] == ["outage", "recovery"]
    assert step(after, ONLINE, noon_plus(5)).ledger.days[0].online == 300
