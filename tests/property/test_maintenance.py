"""The messages agree with what Slurm lists in any sequence of polls, and none is sent twice."""

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from tests.property.steady import steady_courses
from tests.unit.domain.build import failed, history
from tests.unit.domain.maintenance.site import GPU, hour, reserves, site_lists
from tests.unit.domain.maintenance.windows_course import Course

ANNOUNCING = {Event.INITIAL, Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CHANGED}
DAY = 24
Times = tuple[float, float | None]


class Listed(Struct, frozen=True):
    """The hours of a maintenance of all nodes, and of one of a partition days later.

    That of all nodes is reserved, or the input plans it, or both.
    """

    all_nodes: Times | None
    gpu: Times | None
    source: str = "reserved"

    def times(self, at: float) -> dict[Times, str]:
        """Return the hours of the windows that are not over."""
        both = {self.all_nodes: "whole", self.gpu: "gpu"}
        return {one: kind for one, kind in both.items() if one and (one[1] is None or one[1] > at)}

    def reservations(self, at: float) -> Iterator[Reservation]:
        for (begin, end), kind in self.times(at).items():
            if kind == "gpu" or self.source != "planned":
                yield reserves(begin, end, GPU) if kind == "gpu" else reserves(begin, end)

    def planned(self) -> Iterator[PlannedWindow]:
        begin, end = self.all_nodes or (0.0, None)
        if end and self.source != "reserved":
            yield PlannedWindow(hour(begin), hour(end))

    def is_whole_at(self, at: float) -> bool:
        return any(begin <= at for (begin, _), kind in self.times(at).items() if kind == "whole")


class Poll(Struct, frozen=True):
    listed: Listed
    polls: int
    hours: float
    result: str
    delivers: bool


def windows(first: int, last: int) -> st.SearchStrategy[Times | None]:
    """Draw hours; the reservations of both windows never touch."""
    begins = st.integers(first, last - 6)
    times = st.builds(lambda begin, length: (float(begin), float(begin + length)), begins, st.integers(1, 5))
    return st.none() | times | times


LISTED = st.builds(Listed, windows(2, 30), windows(40, 70), st.sampled_from(["reserved", "planned", "both"]))
RESULTS = st.sampled_from(["read", "read", "read", "timeout", "no details", "unreadable"])
POLLS = st.builds(
    Poll, LISTED, st.integers(1, 3), st.sampled_from([0.1, 0.3, 1.9, 9.1]), RESULTS, st.booleans()
)


def result_of(poll: Poll, at: float) -> ProbeResult:
    nodes = {"maintenance": 44} if poll.listed.is_whole_at(at) else {"idle": 44}
    if poll.result == "timeout":
        return failed(Cause.TIMEOUT)
    if poll.result == "unreadable":
        return site_lists(error="Access/permission denied", **nodes)
    read = site_lists(*poll.listed.reservations(at), error="", **nodes)
    return read if poll.result == "read" else failed(Cause.SINFO_FAILED)


def believed_in(sent: list[Notification], at: float) -> list[Times]:
    """Return the hours of the coming windows that the channel believes in."""
    latest = {one.window_id: one for one in sent if one.window_id}
    coming = [one.window for one in latest.values() if one.event in ANNOUNCING and one.window]
    return sorted(
        ((one.begin - hour(0)).total_seconds() / 3600, (one.last - hour(0)).total_seconds() / 3600)
        for one in coming
        if one.begin > hour(at)
    )


@steady_courses
@given(st.lists(POLLS, max_size=14), LISTED, st.sampled_from([History(), history(Status.ONLINE)]))
def test_the_last_message_about_each_window_agrees_with_what_is_listed(
    polls: list[Poll], last: Listed, before: History
) -> None:
    course = Course(before)
    at = 0.0
    for poll in [*polls, Poll(last, 3, 0.1, "read", delivers=True)]:
        course.delivers = poll.delivers
        for _ in range(poll.polls):
            at = round(at + poll.hours, 1)
            course.probe(at, result_of(poll, at), *poll.listed.planned())
    due = sorted(times for times in last.times(at) if at < times[0] <= at + DAY - 0.5)
    believed = believed_in(course.sent, at)
    assert [times for times in believed if times[0] <= at + DAY - 0.5] == due
    assert set(believed) <= set(last.times(at))
    for sent in by_window(course.sent):
        assert_grammar(sent)


def by_window(sent: list[Notification]) -> list[list[Event]]:
    ids = dict.fromkeys(one.window_id for one in sent if one.window_id)
    return [[one.event for one in sent if one.window_id == id_] for id_ in ids]


def assert_grammar(events: list[Event]) -> None:
    """Check the messages about one window."""
    counts = Counter(events)
    changes = counts[Event.MAINTENANCE_CHANGED]
    assert counts[Event.MAINTENANCE_SCHEDULED] <= 2 + changes, events
    assert counts[Event.MAINTENANCE_CANCELLED] <= 1, events
    assert Event.MAINTENANCE_CANCELLED not in events[:-1], events
    assert events[0] in ANNOUNCING | {Event.MAINTENANCE_STARTED}, events
    # the status and the window of a part may each begin; a window that is moved may begin again
    assert counts[Event.MAINTENANCE_STARTED] <= 2 + changes, events


@steady_courses
@given(st.lists(POLLS, max_size=14))
def test_no_window_is_cancelled_while_it_is_listed_and_no_outage_is_sent_inside_one(
    polls: list[Poll],
) -> None:
    course, at, seen = Course(), 0.0, list[Listed]()
    for poll in polls:
        for _ in range(poll.polls):
            at = round(at + poll.hours, 1)
            new = course.probe(at, result_of(poll, at), *poll.listed.planned())
            if poll.result == "read":
                seen.append(poll.listed)
            elif poll.listed.source != "reserved":  # a plan is always read
                seen.append(replace(poll.listed, gpu=seen[-1].gpu if seen else None))
            elif seen and seen[-1].source == "planned":
                seen.append(replace(seen[-1], all_nodes=None))
            for one in new:
                if one.event is Event.MAINTENANCE_CANCELLED:
                    assert one.window is not None
                    times = believed_in(
                        [Notification("1", Event.INITIAL, one.at, None, window=one.window)], -1
                    )
                    listed_last = [listed.times(-1) for listed in seen[-2:]]
                    assert not any(set(times) & set(listed) for listed in listed_last)
                if one.event is Event.OUTAGE and seen:
                    assert not seen[-1].is_whole_at(at)
