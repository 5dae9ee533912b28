"""Plays a course: runs all its polls, and returns what they sent."""

from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from cluster_status.domain.history.history import History
from cluster_status.render.text import text
from tests.courses.course import Course, Step
from tests.courses.site_monitor import Polled, SiteMonitor
from tests.courses.steps import hour
from tests.fakes.site import Site


class Played(Struct, frozen=True):
    """A step with its polls, and the latest message after it as the channel shows it."""

    step: Step
    polls: tuple[Polled, ...]
    shown: str


class Result(Struct, frozen=True):
    """The steps, the history after them, and words that the stored history must not contain."""

    steps: tuple[Played, ...]
    history: History
    content: bytes
    private: frozenset[str]


@cache
def play(course: Course, new_monitor: type[SiteMonitor] = SiteMonitor) -> Result:
    monitor = new_monitor(course.site(), inputs=course.inputs, interval=course.interval)
    played, private = [], set(monitor.site.nodes)
    for step in course.steps:
        if step.change:
            step.change(monitor)
        private |= _private(monitor.site)
        polls = tuple(_polls(monitor, step))
        if not polls:
            raise ValueError(f"the course {course.name} has a step without a poll, until {step.until}")
        shown = monitor.notifier.shown
        played.append(Played(step, polls, text(list(shown.values())[-1]) if shown else ""))
    history = played[-1].polls[-1].history
    return Result(tuple(played), history, monitor.store.content or b"", frozenset(private))


def _private(site: Site) -> set[str]:
    """Return the names of reservations, and the reasons."""
    return {*site.reservations, *(node.reason.text for node in site.nodes.values() if node.reason)}


def _polls(monitor: SiteMonitor, step: Step) -> Iterator[Polled]:
    if step.until is None:
        for _ in range(step.polls):
            yield monitor.poll_site()
        return
    while monitor.next_poll <= hour(step.until):
        yield monitor.poll_site()
