"""The windows that follow from the reservations which Slurm lists."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.maintenance.listing import Listing, listing
from cluster_status.domain.maintenance.window import Span, Window
from cluster_status.domain.slurm.cluster_state import ClusterState, Reservation
from tests.unit.domain.build import NOON, cluster_state, counts
from tests.unit.domain.maintenance.site import ALL, BATCH, GPU, cpus, hour, reserves, site

DAYS = 24


def listed(*reservations: Reservation, since: float = -1) -> Listing:
    found = listing(site(*reservations), NOON, hour(since))
    assert found is not None
    return found


def windows(*reservations: Reservation, since: float = -1) -> tuple[Window, ...]:
    return listed(*reservations, since=since).windows


def times(found: tuple[Window, ...]) -> list[tuple[float, float | None]]:
    """Return the begins and ends in hours after noon."""
    an_hour = timedelta(hours=1)
    return [((one.begin - NOON) / an_hour, (one.end - NOON) / an_hour if one.end else None) for one in found]


# All nodes


def test_a_reservation_of_all_nodes_is_a_window_of_all_nodes() -> None:
    assert windows(reserves(10, 18)) == (
        Window(hour(10), hour(18), 44, 44, Span(hour(10), hour(18)), job_hours=72),
    )


@pytest.mark.parametrize(("nodes", "is_whole"), [(39, False), (40, True)])
def test_90_percent_of_the_nodes_are_all_nodes(nodes: int, *, is_whole: bool) -> None:
    [window] = windows(reserves(10, 18, cpus(1, nodes)))
    assert (window.all_nodes is not None) is is_whole


def test_nodes_that_do_not_count_for_the_status_do_not_count_for_all_nodes() -> None:
    state = replace(site(reserves(10, 18, cpus(1, 20))), counting=counts(idle=22))
    found = listing(state, NOON, NOON)
    assert found
    assert found.windows[0].all_nodes == Span(hour(10), hour(18))


def test_reservations_that_take_all_nodes_together_are_one_window_of_all_nodes() -> None:
    [window] = windows(reserves(10, 18, BATCH), reserves(10, 18, GPU))
    assert window.all_nodes == Span(hour(10), hour(18))


def test_a_reservation_of_all_nodes_and_its_stages_are_one_window() -> None:
    stages = [reserves(4, 8, cpus(1, 20)), reserves(8, 12, cpus(21, 40)), reserves(4, 12)]
    assert times(windows(*stages)) == [(4, 12)]


def test_reservations_of_all_nodes_that_touch_are_one_window() -> None:
    assert times(windows(reserves(4, 8), reserves(8, 12))) == [(4, 12)]
    assert times(windows(reserves(4, 8), reserves(9, 12))) == [(4, 8), (9, 12)]


def test_racks_that_are_reserved_one_by_one_until_all_are_belong_to_the_window_of_all_nodes() -> None:
    racks = [reserves(6, 18, cpus(1, 15)), reserves(8, 18, cpus(16, 30)), reserves(10, 18, ALL - cpus(1, 30))]
    [window] = windows(*racks)
    assert times((window,)) == [(6, 18)]
    assert window.all_nodes == Span(hour(10), hour(18))


def test_a_part_that_is_reserved_for_days_is_a_window_of_its_own() -> None:
    part, whole = windows(reserves(0, 20 * DAYS, cpus(1, 15)), reserves(100, 108))
    assert (part.all_nodes, part.nodes) == (None, 15)
    assert (whole.all_nodes, times((whole,))) == (Span(hour(100), hour(108)), [(100, 108)])


def test_an_open_end_stays_open() -> None:
    assert times(windows(reserves(10, None))) == [(10, None)]
    assert times(windows(reserves(10, 18), reserves(12, None))) == [(10, None)]


def test_a_window_recurs_if_all_of_its_reservations_do() -> None:
    often = reserves(10, 18, recurring=True)
    assert [window.recurring for window in windows(often)] == [True]
    assert [window.recurring for window in windows(often, reserves(12, 18))] == [False]
    assert [window.recurring for window in windows(often, reserves(8, 36, GPU))] == [False, True]


def test_reserved_nodes_that_do_not_count_do_not_make_a_window_of_all_nodes() -> None:
    old = frozenset(f"old{number}" for number in range(20))
    state = site(reserves(10, 18, old | cpus(1, 30)))
    partitions = {**state.partition_nodes, "old": old}
    state = replace(state, partition_nodes=partitions, counting=counts(idle=44), counted=("batch", "gpu"))
    found = listing(state, NOON, NOON)
    assert found
    assert [window.all_nodes for window in found.windows] == [None]


# A part of the nodes


def test_10_percent_of_the_nodes_are_a_window() -> None:
    assert windows(reserves(10, 18, cpus(1, 4))) == ()
    assert windows(reserves(10, 18, cpus(1, 5))) == (Window(hour(10), hour(18), 5, 5, job_hours=72),)


def test_a_partition_as_a_whole_is_a_window_with_its_name() -> None:
    [window] = windows(reserves(10, 18, GPU))
    assert (window.partitions, window.nodes, window.job_hours) == (("gpu",), 4, 12)


def test_stages_that_touch_are_one_window_of_all_their_nodes() -> None:
    [window] = windows(reserves(2, 6, cpus(1, 20)), reserves(6, 10, cpus(21, 38)))
    assert (times((window,)), window.nodes, window.concurrent_nodes) == ([(2, 10)], 38, 20)
    assert window.all_nodes is None


def test_all_nodes_one_after_another_are_not_all_nodes() -> None:
    [window] = windows(*(reserves(number, number + 1, [name]) for number, name in enumerate(sorted(ALL))))
    assert (window.nodes, window.concurrent_nodes, window.all_nodes, window.partitions) == (44, 1, None, ())


def test_a_reservation_for_each_node_is_one_window_if_they_are_up_to_an_hour_apart() -> None:
    rolling = [reserves(2 * number, 2 * number + 1, cpus(number, number)) for number in range(1, 13)]
    [window] = windows(*rolling)
    assert (times((window,)), window.nodes, window.concurrent_nodes) == ([(2, 25)], 12, 1)
    apart = [reserves(3 * number, 3 * number + 1, cpus(number, number)) for number in range(1, 13)]
    assert windows(*apart) == ()


def test_of_very_many_reservations_the_largest_count() -> None:
    small = [reserves(1 + number / 1000, 4, cpus(1, 1)) for number in range(600)]
    assert times(windows(*small, reserves(6, 9))) == [(6, 9)]


# Few nodes


def test_few_nodes_are_no_window() -> None:
    few = listed(reserves(10, 18, cpus(1, 3)))
    assert (few.windows, times(few.few)) == ((), [(10, 18)])


@pytest.mark.parametrize(
    "usual",
    [
        reserves(10, 18, cpus(1, 3), recurring=True),
        reserves(10, 10 + 31 * DAYS, cpus(1, 3)),
        reserves(10, None, cpus(1, 3)),
        reserves(-2, 18, cpus(1, 3)),
    ],
    ids=["recurring", "a month", "open end", "before the first poll"],
)
def test_few_nodes_that_are_usually_reserved_are_left_out(usual: Reservation) -> None:
    assert listed(usual) == Listing()
    [window] = windows(usual, reserves(10, 18, cpus(11, 20)))
    assert window.nodes == 10


# What cannot be known


def test_there_is_no_listing_if_the_reservations_were_not_read() -> None:
    assert listing(None, NOON, NOON) is None
    assert listing(cluster_state(idle=4), NOON, NOON) is None
    assert listing(site(error="Access/permission denied"), NOON, NOON) is None


def test_a_reservation_that_cannot_be_read_leaves_a_partial_listing() -> None:
    found = listing(site(reserves(10, 18), error="unreadable"), NOON, NOON)
    assert found
    assert (found.partial, len(found.windows)) == (True, 1)


def test_without_names_the_numbers_of_nodes_count() -> None:
    unnamed = [reserves(10, 18, cpus(1, 20), named=False), reserves(10, 12, GPU, named=False)]
    state = replace(site(*unnamed), partition_nodes={})
    found = listing(state, NOON, NOON)
    assert found
    [window] = found.windows
    assert (found.by_number, window.nodes, window.job_hours) == (True, 24, 72)


def test_more_nodes_than_are_listed_are_all_nodes() -> None:
    state = replace(site(reserves(10, 18, ALL | {"login1", "login2"}, named=False)), partition_nodes={})
    found = listing(state, NOON, NOON)
    assert found
    assert found.windows[0].nodes == 44


def test_nodes_of_no_listed_partition_do_not_count() -> None:
    assert windows(reserves(10, 18, {"storage1", "storage2"})) == ()


def test_a_cluster_without_nodes_has_no_windows() -> None:
    empty = ClusterState(maintenance=site(reserves(10, 18)).maintenance)
    assert listing(empty, NOON, NOON) == Listing(by_number=True)


def test_a_reservation_that_is_over_is_no_window() -> None:
    assert windows(reserves(-10, 0)) == ()


def test_a_partition_name_that_cannot_be_stored_is_left_out() -> None:
    state = replace(site(reserves(10, 18, GPU)), partition_nodes={"batch": BATCH, "g" * 65: GPU})
    found = listing(state, NOON, NOON)
    assert found
    assert [window.partitions for window in found.windows] == [()]


@pytest.mark.parametrize(
    ("limit", "hours"),
    [
        ("infinite", 14 * DAYS),
        ("30-00:00:00", 14 * DAYS),
        ("7-12:00:00", 180),
        ("1:30:00", 2),
        ("5:00", 1),
        ("n/a", 0),
        ("partition_limit", 0),
    ],
)
def test_a_window_has_the_longest_time_limit_of_its_partitions(limit: str, hours: int) -> None:
    state = site(reserves(10, 18, GPU))
    batch, gpu = state.partitions
    found = listing(replace(state, partitions=(batch, replace(gpu, time_limit=limit))), NOON, NOON)
    assert found
    assert [window.job_hours for window in found.windows] == [hours]
