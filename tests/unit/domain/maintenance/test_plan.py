"""Planned windows and what Slurm lists; courses in tests/courses/maintenance_planned.py show their life."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.maintenance.listing import Listing
from cluster_status.domain.maintenance.plan import Plan, PlannedWindow, with_planned
from cluster_status.domain.maintenance.window import Span, Window
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from tests.unit.domain.build import NOON


def hour(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def planned(begin: float, end: float, note: str = "") -> PlannedWindow:
    return PlannedWindow(hour(begin), hour(end), note)


def full(begin: float, end: float | None, **parts: object) -> Window:
    span = Span(hour(begin), None if end is None else hour(end))
    window = Window(span.begin, span.end, nodes=4, concurrent_nodes=4, all_nodes=span, job_hours=24)
    return replace(window, **parts)


def part(begin: float, end: float) -> Window:
    return Window(hour(begin), hour(end), nodes=1, concurrent_nodes=1, partitions=("gpu",))


def joined(*windows: Window, plan: tuple[PlannedWindow, ...]) -> tuple[Window, ...]:
    return with_planned(Listing(windows), plan).windows


def test_a_planned_window_takes_all_nodes_and_is_announced_two_weeks_before() -> None:
    [window] = joined(plan=(planned(1, 2),))
    assert window.all_nodes == Span(hour(1), hour(2))
    assert (window.planned, window.reserved, window.lead) == (True, False, timedelta(days=14))
    assert not window.delays_jobs(hour(0))


def test_windows_that_touch_are_one() -> None:
    [window] = joined(full(2, 4), full(6, 7), plan=(planned(1, 2), planned(4, 6)))
    assert (window.begin, window.end, window.nodes, window.job_hours) == (hour(1), hour(7), 4, 24)
    assert window.planned
    assert window.reserved


def test_windows_that_are_apart_stay_two() -> None:
    assert joined(full(2, 4), plan=(planned(5, 6),)) == (full(2, 4), *joined(plan=(planned(5, 6),)))


def test_a_reservation_with_an_open_end_keeps_it() -> None:
    [window] = joined(full(2, None), plan=(planned(1, 9),))
    assert (window.begin, window.end, window.all_nodes) == (hour(1), None, Span(hour(1), None))


def test_a_reservation_that_recurs_is_announced_if_it_is_planned() -> None:
    [window] = joined(full(2, 4, recurring=True), plan=(planned(2, 4),))
    assert not window.recurring


def test_a_reserved_part_belongs_to_a_planned_window() -> None:
    [window] = joined(part(1, 5), plan=(planned(2, 4),))
    assert (window.begin, window.end, window.partitions) == (hour(1), hour(5), ())
    assert window.all_nodes == Span(hour(2), hour(4))


def test_a_window_has_the_distinct_notes_of_its_planned_parts() -> None:
    plan = (planned(1, 3, "Cooling"), planned(2, 4, "Network"), planned(3, 5, "Cooling"), planned(8, 9, "x"))
    window, _ = joined(plan=plan)
    assert Plan(plan).note_of(window) == "Cooling; Network"
    assert Plan(plan).note_of(full(1, 5)) == ""


def test_a_plan_is_shown_without_secrets_and_control_characters() -> None:
    plan = Plan((planned(1, 2, "the password is s3cret-of-alice\x1b[0m"),), "s3cret-of-alice")
    shown = plan.redacted(Redaction((Secret("s3cret-of-alice"),), ("password",)))
    assert shown == Plan((planned(1, 2, "the password is ***"),), "***")


def test_the_windows_that_are_not_over_are_shown_in_order() -> None:
    plan = Plan((planned(5, 6), planned(1, 2), planned(2, 3)))
    assert plan.current(hour(2)) == (planned(2, 3), planned(5, 6))
