from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import PENDING_KEPT
from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.polls import POLLS_KEPT
from tests.property import draw
from tests.property.steady import steady_courses
from tests.unit.domain.build import delivered, history, listed, noon_plus, pending, step

GOOD, DEGRADED = listed(idle=4), listed(draining=4)


@steady_courses
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=4))
def test_every_notification_is_delivered_pending_or_counted_as_dropped(rounds: list[tuple[int, int]]) -> None:
    current, accepted, events = history(Status.ONLINE), list[Notification](), 0
    for changes, deliveries in rounds:
        for _ in range(changes):
            current = step(current, GOOD if events % 2 else DEGRADED, noon_plus(60 * events))
            events += 1
        for notification in pending(current)[:deliveries]:
            accepted.append(notification)
            current = delivered(current, notification)
        accounted = [*accepted, *pending(current)]
        assert len(accounted) + sum(one.dropped for one in accounted) == events
        assert sorted(accounted, key=lambda one: one.at) == accounted


@steady_courses
@given(draw.histories())
def test_every_history_is_bounded_and_in_order(reached: History) -> None:
    polls = [poll.at for poll in reached.record.polls]
    assert len(polls) <= POLLS_KEPT
    assert polls == sorted(polls)
    for channel in reached.outbox.channels.values():
        assert len(channel.pending) <= PENDING_KEPT
        assert len({one.id for one in channel.pending}) == len(channel.pending)
        assert list(channel.pending) == sorted(channel.pending, key=lambda one: one.at)


@steady_courses
@given(draw.chronicles())
def test_two_notifications_never_have_the_same_id(chronicle: list[History]) -> None:
    known = dict[str, tuple[Event, datetime]]()
    for reached in chronicle:
        for channel in reached.outbox.channels.values():
            for one in channel.pending:
                assert known.setdefault(one.id, (one.event, one.at)) == (one.event, one.at)
