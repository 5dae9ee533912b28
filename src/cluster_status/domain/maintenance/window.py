"""A maintenance window: what one or more reservations take together, and when."""

from datetime import UTC, datetime, timedelta
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant

DAY = timedelta(days=1)
MOST_JOB_HOURS = 14 * 24  # a maintenance is announced at most so early
OPEN = datetime.max.replace(tzinfo=UTC)


class Span(Struct, frozen=True, omit_defaults=True):
    """A time with an open end if `end` is None."""

    begin: Instant
    end: Instant | None = None

    @property
    def last(self) -> datetime:
        """The end; an open one is later than any other."""
        return self.end or OPEN


class Window(Span, frozen=True, omit_defaults=True):
    """The time of a maintenance, its number of nodes, and the partitions it takes.

    `all_nodes` is the time in which it takes all nodes: at least 90 % of those that count.
    `concurrent_nodes` is the largest number of nodes at the same time. `job_hours` is the longest time limit
    of its partitions. `planned`: the input `maintenance` has it, or a part of it. `reserved`: so does Slurm;
    otherwise its number of nodes is not known.
    """

    nodes: int = 0
    concurrent_nodes: int = 0
    all_nodes: Span | None = None
    partitions: tuple[str, ...] = ()  # none if it takes all
    recurring: bool = False
    job_hours: int = 0
    planned: bool = False
    reserved: bool = True

    @property
    def lead(self) -> timedelta:
        """How long before its begin it is announced.

        From then on, jobs that would reach into it do not start. One that is planned by hand is for readers.
        """
        hours = MOST_JOB_HOURS if self.planned else min(self.job_hours, MOST_JOB_HOURS)
        return max(DAY, timedelta(hours=hours))

    def begun_by(self, now: datetime, at: datetime) -> Self:
        """Return the window for a message from `at` that is edited now: what has begun is shown as begun."""
        all_nodes = self.all_nodes
        if all_nodes and all_nodes.begin <= now:
            all_nodes = replace(all_nodes, begin=min(all_nodes.begin, at))
        return replace(self, begin=min(self.begin, at), all_nodes=all_nodes)

    def delays_jobs(self, at: datetime) -> bool:
        """Return whether a job of the longest time limit would reach into it."""
        return at < self.begin <= at + timedelta(hours=self.job_hours)


def overlap(one: Span, other: Span) -> timedelta:
    """Return the length of the time that both share."""
    return max(timedelta(), min(one.last, other.last) - max(one.begin, other.begin))


def contains(outer: Span, inner: Span) -> bool:
    return outer.begin <= inner.begin and inner.last <= outer.last
