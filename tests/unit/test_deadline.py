from contextlib import suppress
from datetime import timedelta

import pytest

from cluster_status.deadline import Deadline
from tests.fakes.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def test_a_deadline_passes_after_its_seconds(clock: VirtualClock) -> None:
    deadline = Deadline(10, clock.monotonic)
    clock.advance(timedelta(seconds=4))
    assert (deadline.left, deadline.passed) == (6, False)
    clock.advance(timedelta(seconds=7))
    assert (deadline.left, deadline.passed) == (0, True)


def test_a_deadline_has_passed_when_a_timeout_ends_a_moment_early(clock: VirtualClock) -> None:
    deadline = Deadline(10, clock.monotonic)
    clock.advance(timedelta(seconds=9.96))
    assert deadline.passed


@pytest.mark.parametrize(("seconds", "left"), [(3, 3), (30, 6)])
def test_a_part_ends_with_the_whole_at_the_latest(seconds: float, left: float, clock: VirtualClock) -> None:
    whole = Deadline(10, clock.monotonic)
    clock.advance(timedelta(seconds=4))
    part = whole.part(seconds)
    assert (part.seconds, part.left) == (left, left)


def test_a_step_that_keeps_seconds_ends_before_the_whole(clock: VirtualClock) -> None:
    whole = Deadline(10, clock.monotonic)
    assert whole.keeping(4).left == 6
    assert whole.keeping(30).left == 0


def test_a_pause_postpones_a_deadline(clock: VirtualClock) -> None:
    deadline = Deadline(10, clock.monotonic)
    with deadline.paused():
        clock.advance(timedelta(seconds=60))
    assert deadline.left == 10


def test_a_pause_that_ends_with_an_error_postpones_a_deadline(clock: VirtualClock) -> None:
    deadline = Deadline(10, clock.monotonic)
    with suppress(KeyError), deadline.paused():
        clock.advance(timedelta(seconds=60))
        raise KeyError
    assert deadline.left == 10
