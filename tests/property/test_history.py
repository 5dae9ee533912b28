from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status
from tests.property import draw
from tests.property.steady import steady_courses
from tests.unit.domain.build import (
    history,
    listed,
    noon_plus,
    step,
    told,
)

GOOD = listed(idle=4)


BROKEN = listed(idle=1, down=3)


@steady_courses
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=4))
def test_nothing_that_was_to_be_told_is_lost_without_being_counted(rounds: list[tuple[int, int]]) -> None:
    current, delivered, made = history(Status.ONLINE), list[Notification](), 0
    for changes, deliveries in rounds:
        for _ in range(changes):
            current = step(current, GOOD if made % 2 else BROKEN, noon_plus(made))
            made += 1
        for _ in range(min(deliveries, len(current.pending))):
            delivered.append(current.pending[0])
            current = told(current, current.pending[0])
        accounted = [*delivered, *current.pending]
        assert len(current.pending) <= 20
        assert len(accounted) + sum(one.dropped for one in accounted) == made
        assert sorted(accounted, key=lambda one: one.at) == accounted


@steady_courses
@given(draw.histories())
def test_whatever_the_course_what_is_remembered_is_in_order_and_bounded(reached: History) -> None:
    assert len(reached.pending) <= 20
    assert len(reached.polls) <= 288
    for instants in ([one.at for one in reached.pending], [poll.at for poll in reached.polls]):
        assert instants == sorted(instants)
