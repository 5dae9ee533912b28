"""What a channel gets about maintenance windows, from their first listing to their end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.maintenance.comparison import WINDOWS_KEPT
from cluster_status.domain.maintenance.lifecycle import Stage
from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from tests.unit.domain.build import NOON, events, failed, listed
from tests.unit.domain.maintenance.site import ALL, BATCH, GPU, cpus, hour, reserves, site, site_lists
from tests.unit.domain.maintenance.windows_course import POLL, Course

SCHEDULED = Event.MAINTENANCE_SCHEDULED
CHANGED = Event.MAINTENANCE_CHANGED
CANCELLED = Event.MAINTENANCE_CANCELLED
STARTED = Event.MAINTENANCE_STARTED
OVERDUE = Event.MAINTENANCE_OVERDUE
TIMEOUT = failed(Cause.TIMEOUT)
NO_LOGIN = failed(Cause.LOGIN_REFUSED)
IN_MAINTENANCE = {"maintenance": 44}


def times(notification: Notification) -> tuple[float, float | None]:
    window = notification.window
    assert window
    an_hour = timedelta(hours=1)
    return (window.begin - NOON) / an_hour, (window.end - NOON) / an_hour if window.end else None


# Scheduled


def test_a_window_is_announced_at_the_first_poll_that_lists_it_within_a_day() -> None:
    gpu = reserves(30, 38, GPU)  # jobs of at most 12 hours
    course = Course()
    assert course.poll(0, gpu) == []
    [scheduled] = course.poll(6, gpu)
    assert (scheduled.event, times(scheduled)) == (SCHEDULED, (30, 38))
    assert course.poll(7, gpu) == []


def test_a_window_is_announced_before_the_longest_job_would_reach_into_it_and_a_day_before() -> None:
    all_nodes = reserves(100, 108)  # jobs of at most 3 days
    course = Course()
    assert course.poll(27, all_nodes) == []
    [early] = course.poll(28, all_nodes)
    assert (early.event, early.previous_window) == (SCHEDULED, None)
    assert course.poll(75, all_nodes) == []
    [again] = course.poll(76, all_nodes)
    assert (again.event, again.previous_window) == (SCHEDULED, early.window)
    assert course.poll(99, all_nodes) == []


def test_a_window_that_is_announced_within_a_day_is_announced_once() -> None:
    course = Course()
    for number in range(240):
        course.poll(number * POLL, reserves(21, 29))
    assert course.events == [SCHEDULED]


def test_windows_that_begin_later_than_in_a_day_are_announced_together() -> None:
    racks = [reserves(24 * day, 24 * day + 8, cpus(1, 10)) for day in range(2, 4)]
    course = Course()
    course.poll(-100)
    [scheduled] = course.poll(1, *racks)
    assert (scheduled.event, scheduled.further_windows) == (SCHEDULED, 1)
    assert {known.stage for known in course.known} == {Stage.ANNOUNCED}


def test_each_of_two_windows_within_a_day_is_announced() -> None:
    scheduled = Course().poll(0, reserves(2, 4), reserves(20, 22))
    assert [times(one) for one in scheduled] == [(2, 4), (20, 22)]


@pytest.mark.parametrize(
    "reservation",
    [
        reserves(10, 18, cpus(1, 4)),
        reserves(10, 18, recurring=True),
        reserves(10, 18, BATCH, recurring=True),
        reserves(-1, 18, cpus(1, 20)),
    ],
    ids=["few nodes", "all nodes, recurring", "a partition, recurring", "begun"],
)
def test_some_windows_are_not_announced(reservation: Reservation) -> None:
    course = Course()
    for number in range(12):
        course.poll(number, reservation)
    assert course.events == []


def test_a_reservation_for_each_node_is_announced_once() -> None:
    rolling = [reserves(5 + number / 2, 6 + number / 2, cpus(number, number)) for number in range(1, 13)]
    course = Course()
    for number in range(15 * 12):
        at = number * POLL
        course.poll(at, *(one for one in rolling if one.end and one.end > hour(at)))
    assert course.events == [SCHEDULED, STARTED, Event.RECOVERY]
    assert times(course.sent[0]) == (5.5, 12)
    assert course.sent[-1].at == hour(12)


# The first status


def test_the_first_status_and_a_coming_window_are_one_message() -> None:
    course = Course(History())
    [initial] = course.poll(0, reserves(10, 18))
    assert (initial.event, times(initial)) == (Event.INITIAL, (10, 18))
    assert course.poll_twice(1, reserves(12, 18))[0].event is CHANGED


def test_the_first_status_and_a_window_that_runs_are_one_message() -> None:
    course = Course(History())
    [initial] = course.poll(0, reserves(-2, 6), **IN_MAINTENANCE)
    assert (initial.event, times(initial)) == (Event.INITIAL, (-2, 6))
    assert course.poll(1, reserves(-2, 6), **IN_MAINTENANCE) == []


def test_no_window_is_announced_before_the_first_status() -> None:
    course = Course(History())
    assert course.probe(0, replace(site_lists(reserves(10, 18)), logged_in=False)) == []
    assert events(course.poll(1, reserves(10, 18))) == [Event.INITIAL]


# Changed and cancelled

ANNOUNCED = reserves(10, 18)


def announced() -> Course:
    course = Course()
    course.poll(0, ANNOUNCED)
    return course


@pytest.mark.parametrize(
    "changed",
    [
        reserves(10, 22),
        reserves(12, 18),
        reserves(12, 20),
        reserves(100, 108),
        reserves(10, None),
        reserves(10, 18, cpus(1, 20)),
    ],
    ids=["prolonged", "begins later", "moved", "moved far", "open end", "fewer nodes"],
)
def test_a_change_is_sent_once_when_two_polls_in_a_row_list_it(changed: Reservation) -> None:
    course = announced()
    assert course.poll(1, changed) == []
    [change] = course.poll(2, changed)
    assert change.event is CHANGED
    assert change.window == course.known[0].window
    assert change.previous_window == course.sent[0].window
    assert course.poll(3, changed) == []


def test_a_window_that_grows_to_all_nodes_is_changed() -> None:
    course = Course()
    course.poll(0, reserves(10, 18, cpus(1, 20)))
    [change] = course.poll_twice(1, ANNOUNCED)
    assert (change.event, change.window and change.window.nodes) == (CHANGED, 44)


def test_one_node_more_is_no_change() -> None:
    course = Course()
    course.poll(0, reserves(10, 18, cpus(1, 20)))
    assert course.poll_twice(1, reserves(10, 18, cpus(1, 21))) == []


def test_a_change_that_one_poll_lists_is_not_sent() -> None:
    course = announced()
    course.poll(1, reserves(12, 20))
    assert course.poll_twice(2, ANNOUNCED) == []


def test_changes_in_several_steps_are_sent_when_they_are_complete() -> None:
    course = announced()
    course.poll(1, reserves(11, 18))
    course.poll(1.1, reserves(12, 18))
    [change] = course.poll_twice(1.2, reserves(12, 20))
    assert (change.event, times(change)) == (CHANGED, (12, 20))


def test_back_to_the_first_times_is_a_change_again() -> None:
    course = announced()
    course.poll_twice(1, reserves(12, 20))
    [change] = course.poll_twice(2, ANNOUNCED)
    assert (change.event, times(change)) == (CHANGED, (10, 18))


def test_a_window_that_is_gone_for_two_polls_is_cancelled() -> None:
    course = announced()
    assert course.poll(1) == []
    [cancelled] = course.poll(2)
    assert (cancelled.event, times(cancelled)) == (CANCELLED, (10, 18))
    assert course.known == ()


def test_a_window_that_is_missing_in_one_poll_is_not_cancelled() -> None:
    course = announced()
    assert course.poll(1) == []
    assert course.poll_twice(2, ANNOUNCED) == []


@pytest.mark.parametrize(
    "unread", [TIMEOUT, NO_LOGIN, listed(idle=44), site_lists(error="Access/permission denied")]
)
def test_a_window_is_not_cancelled_while_the_reservations_are_not_read(unread: ProbeResult) -> None:
    course = announced()
    course.poll(1)
    for number in range(3):
        course.probe(2 + number * POLL, unread)
    assert CANCELLED not in course.events


def test_a_partition_is_not_cancelled_while_its_nodes_are_not_known() -> None:
    course = Course()
    course.poll(0, reserves(10, 18, GPU))
    without_names = replace(site(reserves(10, 18, GPU)), partition_nodes={})
    for number in range(4):
        assert course.probe(1 + number, replace(site_lists(), outcome=without_names)) == []


def test_a_cancelled_window_that_is_listed_again_is_announced_again() -> None:
    course = announced()
    course.poll_twice(1)
    assert events(course.poll(2, ANNOUNCED)) == [SCHEDULED]


def test_cancelled_and_moved_and_set_back_are_each_sent_once() -> None:
    course = announced()
    course.poll_twice(1)
    course.poll_twice(2, reserves(16, 24))
    course.poll_twice(3, ANNOUNCED)
    assert [(one.event, times(one)) for one in course.sent] == [
        (SCHEDULED, (10, 18)),
        (CANCELLED, (10, 18)),
        (SCHEDULED, (16, 24)),
        (CHANGED, (10, 18)),
    ]


def test_of_two_windows_the_one_that_is_gone_is_cancelled() -> None:
    course = Course()
    later = reserves(20, 22)
    course.poll(0, ANNOUNCED, later)
    [cancelled] = course.poll_twice(1, later)
    assert (cancelled.event, times(cancelled)) == (CANCELLED, (10, 18))


def test_a_window_that_is_gone_is_cancelled_although_another_one_recurs_at_that_time() -> None:
    often = reserves(12, 14, recurring=True)
    course = Course()
    course.poll(0, reserves(10, 18), often)
    assert events(course.poll_twice(1, often)) == [CANCELLED]


def test_windows_that_become_one_are_changed_once() -> None:
    course = Course()
    course.poll(0, reserves(2, 4), reserves(6, 8))
    [change] = course.poll_twice(1, reserves(2, 8))
    assert (change.event, times(change)) == (CHANGED, (2, 8))


# Started and ended


def test_the_begin_of_a_window_of_all_nodes_is_the_change_of_the_status() -> None:
    course = announced()
    [started] = course.poll(10, ANNOUNCED, **IN_MAINTENANCE)
    assert (started.event, started.previous is None, times(started)) == (STARTED, False, (10, 18))
    assert course.poll(11, ANNOUNCED, **IN_MAINTENANCE) == []


def test_the_status_may_follow_the_begin_of_a_window_of_all_nodes() -> None:
    course = announced()
    assert course.poll(10, ANNOUNCED) == []
    assert events(course.poll(10 + POLL, ANNOUNCED, **IN_MAINTENANCE)) == [STARTED]
    assert course.poll(10.5, ANNOUNCED, **IN_MAINTENANCE) == []


def test_a_window_of_all_nodes_that_does_not_change_the_status_is_started() -> None:
    course = announced()
    course.poll(10, ANNOUNCED)
    [started] = course.poll(10.25, ANNOUNCED)
    assert (started.event, started.is_about_window) == (STARTED, True)
    assert events(course.poll(18)) == [Event.RECOVERY]


def test_a_status_of_maintenance_before_the_begin_is_the_only_message() -> None:
    course = announced()
    assert events(course.poll(9.9, ANNOUNCED, **IN_MAINTENANCE)) == [STARTED]
    assert course.poll_twice(10, ANNOUNCED, **IN_MAINTENANCE) == []
    assert course.poll(10.3, ANNOUNCED, **IN_MAINTENANCE) == []


def test_a_window_of_a_part_starts_and_ends_while_the_status_stays() -> None:
    course = Course()
    part = reserves(2, 6, cpus(1, 20))
    course.poll(0, part)
    [started] = course.poll(2, part, idle=24, maintenance=20)
    assert (started.event, started.is_about_window, started.period and started.period.status) == (
        STARTED,
        True,
        Status.ONLINE,
    )
    assert course.poll(4, part, idle=24, maintenance=20) == []
    [ended] = course.poll(6)
    assert (ended.event, ended.is_about_window) == (Event.RECOVERY, True)
    assert course.poll(7) == []


def test_a_window_of_a_part_ends_although_all_nodes_were_in_maintenance_meanwhile() -> None:
    part, often = reserves(2, 20, GPU), reserves(8, 10, recurring=True)
    course = Course()
    course.poll(0, part, often)
    course.poll(2, part, often)
    course.poll(8, part, often, **IN_MAINTENANCE)
    course.poll(10, part)
    course.poll(20)
    assert course.events == [SCHEDULED, STARTED, STARTED, Event.RECOVERY, Event.RECOVERY]
    assert course.sent[-1].is_about_window


def test_stages_that_touch_are_announced_started_and_ended_once() -> None:
    first, second = reserves(2, 6, cpus(1, 20)), reserves(6, 10, cpus(21, 38))
    course = Course()
    for number in range(12 * 12):
        at = number * POLL
        reservations = [one for one in (first, second) if one.end and one.end > hour(at)]
        course.poll(at, *reservations)
    assert course.events == [SCHEDULED, STARTED, Event.RECOVERY]


def test_a_window_that_is_not_announced_does_not_start() -> None:
    course = Course()
    course.poll(0)
    for number in range(1, 8):
        course.poll(number, reserves(0.5, 6, cpus(1, 20)))
    assert course.events == []


def test_a_window_of_a_part_that_ends_early_has_ended() -> None:
    part = reserves(2, 6, cpus(1, 20))
    course = Course()
    course.poll(0, part)
    course.poll(2, part)
    assert course.poll(3) == []
    [ended] = course.poll(4)
    assert (ended.event, ended.is_about_window) == (Event.RECOVERY, True)


def test_the_end_of_a_window_of_all_nodes_is_the_recovery_of_the_status() -> None:
    course = announced()
    course.poll(10, ANNOUNCED, **IN_MAINTENANCE)
    [recovery] = course.poll(17.9, ANNOUNCED)
    assert (recovery.event, recovery.is_about_window) == (Event.RECOVERY, False)
    assert course.poll_twice(18) == []


def test_a_window_that_is_moved_to_now_starts() -> None:
    course = announced()
    started = course.poll_twice(1, reserves(1, 9), **IN_MAINTENANCE)
    assert [(one.event, times(one)) for one in started] == [(STARTED, (1, 9))]
    assert course.poll(2, reserves(1, 9), **IN_MAINTENANCE) == []


def test_a_window_that_is_cancelled_at_its_begin_is_cancelled() -> None:
    course = announced()
    course.poll(9.95)
    assert events(course.poll(10.1)) == [CANCELLED]


def test_a_window_that_was_moved_in_a_gap_that_its_begin_was_in_is_changed() -> None:
    course = announced()
    assert course.poll(14, reserves(27, 35)) == []
    [changed] = course.poll(14 + POLL, reserves(27, 35))
    assert changed.previous_window
    assert (changed.event, times(changed)) == (CHANGED, (27, 35))
    assert [one.stage for one in course.known] == [Stage.REMINDED]


def test_a_window_that_passes_in_a_gap_is_forgotten() -> None:
    course = announced()
    assert course.poll_twice(30) == []
    course.poll(50)
    assert course.known == ()


@pytest.mark.parametrize(
    ("end", "is_sent"), [(18.9, False), (19, False), (19.1, True), (26, True), (16.5, True), (None, True)]
)
def test_while_it_runs_a_window_changes_when_its_end_moves_by_more_than_an_hour(
    end: float | None, *, is_sent: bool
) -> None:
    course = announced()
    course.poll(10, ANNOUNCED, **IN_MAINTENANCE)
    new = course.poll_twice(11, reserves(10, end), **IN_MAINTENANCE)
    assert events(new) == ([CHANGED] if is_sent else [])


def test_a_window_with_an_open_end_ends_although_a_later_one_is_listed() -> None:
    later = reserves(400, 410)
    course = Course()
    course.poll(0, reserves(2, None))
    course.poll(2, reserves(2, None), later, **IN_MAINTENANCE)
    assert [(one.event, one.window_id) for one in course.poll_twice(8, later)] == [(Event.RECOVERY, "")]
    assert [one.stage for one in course.known] == [Stage.LISTED]


def test_several_small_prolongations_are_a_change_once_they_are_more_than_an_hour() -> None:
    course = announced()
    for number in range(6):
        course.poll_twice(11 + number / 2, reserves(10, 18 + number / 2), **IN_MAINTENANCE)
    assert [times(one) for one in course.sent if one.event is CHANGED] == [(10, 19.5)]


def test_a_window_that_was_started_with_a_reservation_of_now_is_prolonged() -> None:
    course = Course()
    course.poll(0)
    course.poll(1, reserves(0.9, 5), **IN_MAINTENANCE)
    course.poll_twice(2, reserves(0.9, 12), **IN_MAINTENANCE)
    assert course.events == [STARTED, CHANGED]


def test_a_window_that_is_postponed_while_it_runs_is_changed_and_starts_again() -> None:
    course = announced()
    course.poll(10, ANNOUNCED, **IN_MAINTENANCE)
    course.poll_twice(11, reserves(16, 24))
    course.poll(16.1, reserves(16, 24), **IN_MAINTENANCE)
    assert course.events == [SCHEDULED, STARTED, Event.RECOVERY, CHANGED, STARTED]


# Overdue

OFFLINE = failed(Cause.REFUSED)


def closed(course: Course, end: float = 18) -> Course:
    """Return the course after the login node was off from the begin until the end of the window."""
    course.probe(10, OFFLINE)
    course.probe(end - POLL, OFFLINE)
    return course


def test_a_cluster_that_is_not_back_at_the_end_of_the_window_is_overdue() -> None:
    course = closed(announced())
    assert course.status is Status.MAINTENANCE
    [overdue] = course.probe(18, OFFLINE)
    assert (overdue.event, course.status, times(overdue)) == (OVERDUE, Status.OFFLINE, (10, 18))
    assert overdue.period
    assert overdue.period.since == hour(18)
    assert events(course.poll(19)) == [Event.RECOVERY]


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (failed(Cause.SCHEDULER_DOWN), Status.DEGRADED),
        (site_lists(idle=4, down=40), Status.DEGRADED),
        (site_lists(down=44), Status.OFFLINE),
    ],
)
def test_a_cluster_that_is_not_wholly_back_is_overdue(result: ProbeResult, status: Status) -> None:
    course = closed(announced())
    for number in range(3):
        course.probe(18 + number * POLL, result)
    assert course.events == [SCHEDULED, STARTED, OVERDUE]
    assert course.status is status


def test_an_outage_after_the_recovery_is_an_outage() -> None:
    course = closed(announced())
    course.poll(18)
    assert events(course.probe(19, OFFLINE)) == [Event.OUTAGE]


def test_an_outage_that_begins_before_the_window_ends_with_it_or_is_overdue() -> None:
    course = announced()
    assert events(course.probe(9, OFFLINE)) == [Event.OUTAGE]
    assert events(course.probe(10, OFFLINE)) == [STARTED]
    assert events(course.probe(18, OFFLINE)) == [OVERDUE]
    assert [(one.status, one.since, one.until) for one in course.history.record.incidents] == [
        (Status.OFFLINE, hour(9), hour(10)),
        (Status.MAINTENANCE, hour(10), hour(18)),
    ]


def test_a_failure_that_is_pending_at_the_begin_is_no_outage() -> None:
    course = announced()
    course.poll(9.9, ANNOUNCED)
    assert course.probe(9.95, TIMEOUT) == []
    [started] = course.probe(10.03, TIMEOUT)
    assert (started.event, started.underlying_cause) == (STARTED, Cause.TIMEOUT)


def test_an_overdue_maintenance_that_is_prolonged_is_in_maintenance_again() -> None:
    course = closed(announced())
    course.probe(18, OFFLINE)
    [started] = course.poll(18.5, reserves(10, 22), **IN_MAINTENANCE)
    assert (started.event, times(started)) == (STARTED, (10, 22))
    assert course.poll_twice(19, reserves(10, 22), **IN_MAINTENANCE) == []


def test_a_prolonged_window_that_slurm_listed_counts_until_its_new_end() -> None:
    course = announced()
    course.poll(10, ANNOUNCED, **IN_MAINTENANCE)
    course.poll(17.9, reserves(10, 26), **IN_MAINTENANCE)
    assert course.probe(18.1, OFFLINE) == []
    assert events(course.probe(26, OFFLINE)) == [OVERDUE]


def test_an_open_end_counts_for_a_day_after_it_was_last_listed() -> None:
    course = Course()
    course.poll(0, reserves(10, None))
    course.poll(12, reserves(10, None), **IN_MAINTENANCE)
    assert course.probe(35.9, OFFLINE) == []
    assert events(course.probe(36, OFFLINE)) == [OVERDUE]


def test_closed_logins_are_not_maintenance_until_the_end_of_a_reservation_for_a_year() -> None:
    course = Course()
    course.poll(0, reserves(1, 8_000, cpus(1, 20)))
    course.poll(2, reserves(1, 8_000, cpus(1, 20)))
    course.probe(3, failed(Cause.LOGINS_CLOSED))
    assert course.history.ssh.login.closed_until == hour(27)


# Bounds and the store


def test_the_number_of_remembered_windows_is_bounded() -> None:
    course = Course()
    for number in range(4):
        begins = range(number * 20, number * 20 + 20)
        course.poll(number * POLL, *(reserves(24 * begin, 24 * begin + 2) for begin in begins))
    assert len(course.known) <= WINDOWS_KEPT


def test_a_window_is_remembered_for_a_day_after_its_end() -> None:
    course = announced()
    course.poll(10, ANNOUNCED, **IN_MAINTENANCE)
    course.poll(18)
    assert [known.stage for known in course.known] == [Stage.OVER]
    course.poll(42)
    assert course.known == ()


# The outbox


def undelivered() -> Course:
    course = Course()
    course.delivers = False
    course.poll(0, ANNOUNCED)
    return course


@pytest.mark.parametrize(
    ("goes_on", "expected"),
    [
        (lambda one: one.poll_twice(1, reserves(12, 20)), [(SCHEDULED, (12, 20), None)]),
        (lambda one: one.poll_twice(1), []),
        (lambda one: one.poll(10, ANNOUNCED, **IN_MAINTENANCE), [(STARTED, (10, 18), None)]),
        (lambda one: one.probe(10, OFFLINE), [(STARTED, (10, 18), None)]),
        (lambda one: one.poll(30), []),
    ],
    ids=["changed", "cancelled", "started", "started unseen", "over"],
)
def test_an_undelivered_notification_of_a_plan_is_replaced(
    goes_on: Callable[[Course], object], expected: list[object]
) -> None:
    course = undelivered()
    goes_on(course)
    course.deliver()
    assert [(one.event, times(one), one.previous_window) for one in course.sent] == expected


def test_an_undelivered_change_is_compared_with_what_the_channel_knows() -> None:
    course = announced()
    course.delivers = False
    course.poll_twice(1, reserves(12, 20))
    course.poll_twice(2, reserves(14, 22))
    course.deliver()
    change = course.sent[-1]
    assert (change.event, times(change), change.previous_window) == (
        CHANGED,
        (14, 22),
        course.sent[0].window,
    )
    assert len(course.sent) == 2


def test_an_undelivered_change_that_is_taken_back_is_not_sent() -> None:
    course = announced()
    course.delivers = False
    course.poll_twice(1, reserves(12, 20))
    course.poll_twice(2, ANNOUNCED)
    course.deliver()
    assert course.events == [SCHEDULED]


def test_a_window_that_is_cancelled_after_an_undelivered_change_is_cancelled_as_the_channel_knows_it() -> (
    None
):
    course = announced()
    course.delivers = False
    course.poll_twice(1, reserves(12, 20))
    course.poll_twice(2)
    course.deliver()
    assert [(one.event, times(one)) for one in course.sent] == [
        (SCHEDULED, (10, 18)),
        (CANCELLED, (10, 18)),
    ]


def test_a_notification_that_another_run_may_be_sending_is_not_replaced() -> None:
    course = undelivered()
    outbox = replace(course.history.outbox, delivering_since=hour(0))
    course.history = replace(course.history, outbox=outbox)
    course.poll_twice(1)
    course.deliver()
    assert course.events == [SCHEDULED, CANCELLED]


def test_a_site_that_reserves_all_nodes_for_a_year_is_in_maintenance_at_the_first_poll() -> None:
    course = Course(History())
    [initial] = course.poll(0, reserves(-24, 8_000, ALL), **IN_MAINTENANCE)
    assert (initial.event, times(initial)) == (Event.INITIAL, (-24, 8_000))


def test_a_maintenance_that_is_moved_to_a_time_that_passes_before_the_next_poll_is_cancelled() -> None:
    course = Course()
    course.poll(0, reserves(9, 10))
    course.poll(1, reserves(1.5, 2))
    course.poll(3)
    course.poll(4)
    assert course.events == [SCHEDULED, CANCELLED]
    [*_, cancelled] = course.sent
    assert cancelled.window
    assert cancelled.window.begin == hour(9)


def test_a_reservation_that_is_deleted_is_not_moved_to_a_planned_window() -> None:
    course = Course()
    course.poll(0, reserves(9, 10))
    planned = PlannedWindow(hour(12), hour(13))
    for at in (1, 2):
        course.probe(at, site_lists(error=""), planned)
    assert course.events == [
        SCHEDULED,
        SCHEDULED,
        CANCELLED,
    ]


def test_a_planned_window_that_is_removed_while_slurm_is_silent_is_cancelled() -> None:
    course, planned = Course(), PlannedWindow(hour(9), hour(10))
    course.probe(0, site_lists(error=""), planned)
    for at in (1, 2):
        course.probe(at, failed(Cause.SCHEDULER_DOWN))
    assert [event for event in course.events if event is not Event.DEGRADED] == [
        SCHEDULED,
        CANCELLED,
    ]


def test_a_reservation_stays_while_slurm_is_silent_and_its_plan_is_removed() -> None:
    course, planned = Course(), PlannedWindow(hour(9), hour(10))
    course.probe(0, site_lists(reserves(9, 10), error=""), planned)
    for at in (1, 2, 3):
        course.probe(at, failed(Cause.SCHEDULER_DOWN))
    assert course.events == [SCHEDULED, Event.DEGRADED]
    [known] = course.known
    assert (known.window.planned, known.window.reserved) == (False, True)
