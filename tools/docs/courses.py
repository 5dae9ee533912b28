"""Renders docs/courses.md: what a channel gets in each course of the tests, in order."""

import re
from collections.abc import Iterator

from cluster_status.render.phrases import duration
from cluster_status.render.text import text
from tests.courses.catalog import COURSES_OF_THE_USER, MAINTENANCE_COURSES, PARTITION_MIXES
from tests.courses.course import Course
from tests.courses.play import play
from tests.courses.site_monitor import Polled

_HEAD = """\
# Courses

This page shows what happens at a simulated Slurm site, and all messages that a channel gets about it, in
their order. Times are in UTC. The text is that of a terminal; [messages](messages.md) shows the same in
Discord. The tests check each course. `scripts/generate` writes this file.
"""

_CHAPTERS = {
    "Partitions": PARTITION_MIXES,
    "Maintenance": MAINTENANCE_COURSES,
    "Checks, conditions and mutes": COURSES_OF_THE_USER,
}


def document() -> str:
    return "\n".join(_document()).rstrip() + "\n"


def _document() -> Iterator[str]:
    yield _HEAD
    yield from _contents()
    for title, courses in _CHAPTERS.items():
        yield f"## {title}\n"
        for course in courses:
            yield from _course(course)


def _contents() -> Iterator[str]:
    for title, courses in _CHAPTERS.items():
        yield f"[{title}](#{_anchor(title)}):\n"
        yield "\n".join(f"- [{_title(one)}](#{_anchor(_title(one))})" for one in courses) + "\n"


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _title(course: Course) -> str:
    return course.truth.rstrip(".")


def _course(course: Course) -> Iterator[str]:
    yield f"### {_title(course)}\n"
    given = [f"`{name}: {value}`" for name, value in course.inputs.items()]
    yield f"A poll every {duration(course.interval)}{', with ' if given else ''}{', '.join(given)}.\n"
    quiet = 0
    for played in play(course).steps:
        if played.step.happens:
            yield from _quiet(quiet)
            quiet = 0
            yield f"**{_time(played.polls[0])}** {played.step.happens}\n"
        for poll in played.polls:
            if not poll.sent:
                quiet += 1
                continue
            yield from _quiet(quiet)
            quiet = 0
            for sent in poll.sent:
                yield f"```text\n{_time(poll)}\n{text(sent.message)}\n```\n"
    yield from _quiet(quiet)


def _quiet(polls: int) -> Iterator[str]:
    if polls:
        yield f"*{polls} poll{'' if polls == 1 else 's'} without a message*\n"


def _time(poll: Polled) -> str:
    return f"{poll.at:%a %d %b %H:%M}"
