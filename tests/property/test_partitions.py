"""Random courses of two partitions in a cluster that is in service otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.slurm.cluster_state import Partition
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import PartitionState, Problem
from tests.property.steady import steady_courses
from tests.unit.domain.build import (
    SETUP,
    Setup,
    delivered,
    history,
    noon_plus,
    partition,
    pending,
    polled,
    site,
    step,
)

BATCH = partition(default=True, idle=40)
WORKS, DOWN, DRAINS, SHUT, MAINTAINED, UNSURE = range(6)
LOSSES = {DOWN, DRAINS, SHUT}
READY = polled(history(Status.ONLINE), site(BATCH, partition("gpu", idle=4), partition("fat", idle=2)))
FINDINGS = st.sampled_from([WORKS, WORKS, DOWN, DOWN, DRAINS, SHUT, MAINTAINED, UNSURE])
Course = list[tuple[int, int]]
COURSES = st.lists(st.tuples(FINDINGS, FINDINGS), max_size=20)


def listed(name: str, found: int) -> Partition:
    return (
        partition(name, idle=2),
        partition(name, down=2),
        partition(name, draining=1, down=1),
        partition(name, availability="drain", idle=2),
        partition(name, maintenance=2),
        partition(name, unknown=2),
    )[found]


def chronicle(
    course: Course, setup: Setup = SETUP, *, minutes: int = 5
) -> list[tuple[History, list[Notification]]]:
    """Return the history after each poll, and the notifications of the poll."""
    current, steps = READY, []
    for number, (gpu, fat) in enumerate(course, 1):
        found = site(BATCH, listed("gpu", gpu), listed("fat", fat))
        current = step(current, found, noon_plus(minutes * number), setup=setup)
        new = list(pending(current))
        for one in new:
            current = delivered(current, one)
        steps.append((current, new))
    return steps


@steady_courses
@given(COURSES, st.integers(1, 3))
def test_what_has_been_so_for_the_configured_polls_is_confirmed(course: Course, confirm_after: int) -> None:
    for number, (after, _) in enumerate(chronicle(course, Setup(confirm_after=confirm_after)), 1):
        latest = course[max(0, number - confirm_after) : number]
        if len(latest) < confirm_after:
            continue
        if any(all(found in LOSSES for found in each) for each in zip(*latest, strict=True)):
            assert after.tracker.status is Status.DEGRADED
        if all(found in {WORKS, MAINTAINED} for both in latest for found in both):
            assert after.tracker.status is Status.ONLINE


@steady_courses
@given(COURSES, st.integers(2, 3))
def test_what_no_administrator_did_is_never_notified_after_a_single_poll(
    course: Course, confirm_after: int
) -> None:
    quiet = [(gpu if gpu != SHUT else DOWN, fat if fat != SHUT else WORKS) for gpu, fat in course]
    blips = [one for both in quiet for one in (both, (WORKS, WORKS))]
    for after, new in chronicle(blips, Setup(confirm_after=confirm_after)):
        assert (after.tracker.status, new) == (Status.ONLINE, [])


@steady_courses
@given(COURSES, st.integers(1, 3))
def test_a_notification_names_only_partitions_that_are_as_it_says(course: Course, confirm_after: int) -> None:
    lost_before = set[str]()
    for after, new in chronicle(course, Setup(confirm_after=confirm_after)):
        states = after.partitions.states
        for one in new:
            names = {change.name for change in one.partitions}
            if one.event in {Event.DEGRADED, Event.PARTITION_LOST}:
                assert names
                assert all(states[name].is_out for name in names)
            elif one.event in {Event.RECOVERY, Event.PARTITION_BACK}:
                assert all(
                    states[name] == PartitionState(not_up_days=states[name].not_up_days) for name in names
                )
            assert not (one.event is Event.PARTITION_LOST and names <= lost_before)
        lost_before = {name for name, state in states.items() if state.status == "lost"}


@steady_courses
@given(COURSES)
def test_each_loss_and_each_return_is_notified_or_part_of_a_change_of_the_status(course: Course) -> None:
    known = set[str]()  # as lost, by the notifications
    for after, new in chronicle(course, minutes=50):
        for one in new:
            names = {change.name for change in one.partitions}
            known -= {other.name for other in one.still_out if other.problem is Problem.MAINTENANCE}
            if one.instability or one.event is Event.STATUS_UNSTABLE:
                return  # changes are damped from now on, until the status has been the same for an hour
            if one.event in {Event.DEGRADED, Event.PARTITION_LOST}:
                known |= names
            elif one.event in {Event.RECOVERY, Event.PARTITION_BACK, Event.MAINTENANCE_STARTED}:
                known -= names
        lost = {name for name, state in after.partitions.states.items() if state.status == "lost"}
        assert known == lost
