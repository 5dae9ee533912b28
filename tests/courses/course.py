"""A course: what happens at a site, poll by poll, and what its channel gets."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from msgspec import Struct

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.site_monitor import INTERVAL, SiteMonitor
from tests.fakes.site import Site

Change: TypeAlias = Callable[[SiteMonitor], object]
"""Changes the site, or the channel."""


class Says(Struct, frozen=True, kw_only=True):
    """A message that is expected: one of these events, words in it, and times in hours of the course.

    Words are those of the headline, the sentence and the facts. `first` begins the table of partitions, and
    `reason` the reasons. Only a message with `ping` mentions the role.
    """

    events: tuple[Event, ...]
    words: tuple[str, ...] = ()
    not_in_headline: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    not_times: tuple[float, ...] = ()
    ping: bool = False
    first: str = ""
    reason: str = ""


class State(Struct, frozen=True):
    """The confirmed status, and its latest cause."""

    status: Status
    cause: Cause | None = None


ONLINE = State(Status.ONLINE)


class Step(Struct, frozen=True, kw_only=True):
    """A change and the polls after it: `polls` of them, or those `until` an hour of the course.

    All messages of the step are expected at its last poll, with `within` at any of them. Messages of the
    events in `may_send` are accepted, too; all messages together are `at_most` so many.
    `then` is the confirmed state after the step; None: that of the step before.
    `found` is the status that the last poll found. `notices` are words of annotations of the last poll,
    `summary` are words of its summary. `shows` and `hides` are words of the latest message after its edits.
    """

    happens: str = ""
    change: Change | None = None
    polls: int = 1
    until: float | None = None
    sends: tuple[Says, ...] = ()
    within: bool = False
    may_send: frozenset[Event] = frozenset()
    at_most: int | None = None
    then: State | None = None
    found: Status | None = None
    notices: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()


class Course(Struct, frozen=True, eq=False, kw_only=True):
    """`truth` is a sentence that the course shows; `offline` are the hours of downtime in it."""

    name: str
    truth: str
    site: Callable[[], Site]
    steps: Sequence[Step]
    inputs: Mapping[str, str] = {}
    interval: timedelta = INTERVAL
    offline: float = 0.0
