"""Slots: how many clusters work at the same time, and how many log in to one server."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from cluster_status.deadline import Deadline
from cluster_status.slots import NoSlotError, Place, Slots
from cluster_status.threads import run_in_thread
from tests.fakes.clock import VirtualClock

LONG = 10.0  # seconds, only reached by a test that fails
NO_TIME = Deadline(0)


def places(count: int, slots: Slots) -> list[Place]:
    return [Place(slots) for _ in range(count)]


def has_to_wait(step: Callable[[], None]) -> bool:
    try:
        step()
    except NoSlotError:
        return True
    return False


def test_by_default_64_clusters_have_a_slot() -> None:
    *clusters, last = places(65, Slots(NO_TIME))
    assert not any(has_to_wait(cluster.take_slot) for cluster in clusters)
    assert has_to_wait(last.take_slot)


def test_a_cluster_that_leaves_frees_its_slot() -> None:
    first, second = places(2, Slots(NO_TIME, 1))
    with first:
        first.take_slot()
        assert has_to_wait(second.take_slot)
    assert not has_to_wait(second.take_slot)


def test_a_cluster_takes_one_slot_only() -> None:
    first, second = places(2, Slots(NO_TIME, 2))
    first.take_slot()
    first.take_slot()
    assert not has_to_wait(second.take_slot)


def test_a_cluster_that_connects_to_the_next_server_holds_no_slot() -> None:
    first, second = places(2, Slots(NO_TIME, 1))
    first.take_slot()
    first.connect_to("the head node behind a jump host")
    assert not has_to_wait(second.take_slot)


def test_a_cluster_that_waits_gets_the_slot_of_one_that_leaves() -> None:
    first, second = places(2, Slots(Deadline(LONG), 1))
    with first:
        first.take_slot()
        waiting = run_in_thread(second.take_slot)
    assert waiting.result(LONG) is None


def test_a_slot_that_is_held_for_long_delays_no_other_cluster() -> None:
    first, second, third = places(3, Slots(Deadline(LONG), 1, seconds=0.01))
    assert not any(has_to_wait(cluster.take_slot) for cluster in (first, second, third))


def test_by_default_eight_clusters_log_in_to_one_server() -> None:
    *clusters, last = places(9, Slots(NO_TIME))
    for cluster in clusters:
        cluster.connect_to("192.0.2.1")
        cluster.take_slot()
    assert has_to_wait(partial(last.connect_to, "192.0.2.1"))
    assert not has_to_wait(partial(last.connect_to, "192.0.2.2"))


def test_a_cluster_that_has_logged_in_lets_another_one_log_in() -> None:
    first, second = places(2, Slots(NO_TIME, logins=1))
    first.connect_to("192.0.2.1")
    first.end_login()
    assert not has_to_wait(partial(second.connect_to, "192.0.2.1"))


def test_a_cluster_that_connects_to_another_address_has_given_up_the_first_one() -> None:
    first, second = places(2, Slots(NO_TIME, logins=1))
    first.connect_to("192.0.2.1")
    first.connect_to("192.0.2.2")
    assert not has_to_wait(partial(second.connect_to, "192.0.2.1"))


def test_a_login_that_hangs_counts_until_it_ends() -> None:
    first, second = places(2, Slots(NO_TIME, seconds=0.0, logins=1))
    first.connect_to("192.0.2.1")
    assert has_to_wait(partial(second.connect_to, "192.0.2.1"))


def test_the_limits_of_a_cluster_are_paused_while_it_waits() -> None:
    clock = VirtualClock()

    class Passing(Deadline):
        """Before each wait it lets a minute pass."""

        @property
        def passed(self) -> bool:
            clock.advance(timedelta(minutes=1))
            return super().passed

    first, second = places(2, Slots(Passing(LONG), 1, seconds=0.01))
    first.take_slot()
    limit = Deadline(10, clock.monotonic)
    begin = clock.monotonic()
    second.take_slot(limit)
    assert clock.monotonic() >= begin + 60
    assert limit.left == 10
