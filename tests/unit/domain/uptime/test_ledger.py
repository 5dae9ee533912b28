from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.domain.history.history import History
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.uptime.gaps import Interval
from cluster_status.domain.uptime.roll_up import DAY, HOUR, Resolution, RollUp, added
from cluster_status.domain.uptime.uptime import WINDOWS, Uptime, uptime
from tests.unit.domain.build import NOON, failed, history, listed, noon_plus, polled

ONLINE, DEGRADED, MAINTENANCE = listed(idle=4), listed(draining=4), listed(maintenance=4)
REFUSED, TIMEOUT, UNTRUSTED = failed(Cause.REFUSED), failed(Cause.TIMEOUT), failed(Cause.HOST_KEY)
READY = history(Status.ONLINE)


def seconds(*results: ProbeResult) -> tuple[int, int, int, int]:
    """Return the seconds online, degraded, in maintenance and offline after polls five minutes apart."""
    [day] = polled(READY, *results).record.ledger.days or [RollUp(NOON)]
    return day.online, day.degraded, day.maintenance, day.offline


@pytest.mark.parametrize(
    ("results", "recorded"),
    [
        ([ONLINE], (0, 0, 0, 0)),
        ([ONLINE, ONLINE], (300, 0, 0, 0)),
        ([ONLINE, REFUSED], (300, 0, 0, 0)),
        ([REFUSED, ONLINE], (0, 0, 0, 300)),
        ([DEGRADED, MAINTENANCE, ONLINE], (0, 300, 300, 0)),
        ([TIMEOUT, TIMEOUT, ONLINE], (0, 0, 0, 600)),  # an outage counts from its first poll
        ([TIMEOUT, ONLINE, ONLINE], (600, 0, 0, 0)),  # it was not confirmed
        ([TIMEOUT, DEGRADED, ONLINE], (300, 300, 0, 0)),
        ([TIMEOUT, TIMEOUT], (0, 0, 0, 300)),
        ([ONLINE, TIMEOUT], (300, 0, 0, 0)),
        ([UNTRUSTED, UNTRUSTED, ONLINE], (0, 0, 0, 0)),  # an unknown period
        ([REFUSED, UNTRUSTED, REFUSED, ONLINE], (0, 0, 0, 600)),
        ([TIMEOUT, UNTRUSTED, TIMEOUT, ONLINE], (0, 0, 0, 600)),
        ([TIMEOUT, UNTRUSTED, ONLINE], (300, 0, 0, 0)),
    ],
)
def test_time_counts_as_the_status_of_the_poll_before_it_after_its_confirmation(
    results: list[ProbeResult], recorded: tuple[int, ...]
) -> None:
    assert seconds(*results) == recorded


def test_time_before_the_first_status_is_not_recorded() -> None:
    assert polled(History(), TIMEOUT, TIMEOUT, TIMEOUT).record.ledger.days == ()


def test_the_time_of_a_pending_status_is_open() -> None:
    ledger = polled(READY, ONLINE, TIMEOUT, UNTRUSTED).record.ledger
    assert ledger.open == (Interval(noon_plus(5), noon_plus(10)),)


def test_time_is_split_at_the_hour_and_at_midnight_utc() -> None:
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


def test_an_hour_never_has_more_than_3600_seconds() -> None:
    hour = Interval(NOON, noon_plus(60))
    twice = added(added((), HOUR, Status.OFFLINE, hour), HOUR, Status.ONLINE, hour)
    assert twice == (RollUp(NOON, offline=3600),)


def test_earlier_time_is_inserted_in_order() -> None:
    later = added((), HOUR, Status.ONLINE, Interval(noon_plus(120), noon_plus(150)))
    earlier = added(later, HOUR, Status.OFFLINE, Interval(noon_plus(50), noon_plus(70)))
    assert [(one.begin.hour, one.monitored) for one in earlier] == [(12, 600), (13, 600), (14, 1800)]


@pytest.mark.parametrize(("resolution", "kept"), [(HOUR, 169), (DAY, 366)])
def test_the_number_of_roll_ups_is_bounded(resolution: Resolution, kept: int) -> None:
    assert len(added((), resolution, Status.ONLINE, Interval(NOON - timedelta(days=4_000), NOON))) == kept


# Uptime


def test_degraded_counts_as_up_and_maintenance_as_neither() -> None:
    results = [ONLINE] * 6 + [DEGRADED] * 3 + [REFUSED] * 3 + [MAINTENANCE] * 12 + [ONLINE]
    ledger = polled(READY, *results).record.ledger
    assert uptime(ledger, WINDOWS["24 h"], noon_plus(120)) == Uptime(9 / 12, 2 / 24, 3 / 12)


def test_an_unknown_status_counts_as_neither_and_lowers_the_coverage() -> None:
    results = [ONLINE] * 6 + [UNTRUSTED] * 6 + [ONLINE]
    found = uptime(polled(READY, *results).record.ledger, WINDOWS["24 h"], noon_plus(60))
    assert found == Uptime(1.0, 0.5 / 24)


@pytest.mark.parametrize("results", [[], [UNTRUSTED] * 9, [MAINTENANCE] * 9])
def test_there_is_no_uptime_if_the_cluster_was_neither_up_nor_down(results: list[ProbeResult]) -> None:
    assert uptime(polled(READY, *results).record.ledger, WINDOWS["7 d"], noon_plus(60)) is None


INSIDE = {"24 h": 0.9, "7 d": 6.9, "30 d": 29.9, "90 d": 90, "365 d": 364}
OUTSIDE = {"24 h": 1.1, "7 d": 7.1, "30 d": 31, "90 d": 91, "365 d": 366}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("counts", [True, False])
def test_a_window_contains_its_own_time_only(window: str, *, counts: bool) -> None:
    then = NOON - timedelta(days=(INSIDE if counts else OUTSIDE)[window])
    down = polled(READY, REFUSED, REFUSED, ONLINE, start=then)
    now = polled(down, ONLINE, ONLINE, start=NOON)
    found = uptime(now.record.ledger, WINDOWS[window], noon_plus(5))
    assert found
    assert (found.up < 1) is counts


def test_after_a_clock_was_set_back_no_time_counts_twice() -> None:
    before = polled(READY, *[ONLINE] * 13)
    again = polled(before, *[REFUSED] * 12, start=noon_plus(5))
    assert [(one.online, one.offline) for one in again.record.ledger.hours] == [(3600, 0)]
