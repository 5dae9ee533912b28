"""Partitions: what the history remembers of each, and what a poll found about them."""

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.open_enum import OpenEnum


class Problem(OpenEnum):
    """Why no new job can run in a partition."""

    NOT_UP = "not-up"  # its availability is down, drain or inactive
    NO_NODES = "no-nodes"  # none in service
    DRAINING = "draining"  # all nodes in service drain
    UNLISTED = "unlisted"  # the input names it, and Slurm no longer lists it
    MAINTENANCE = "maintenance"  # all its nodes are in maintenance; the status of the cluster stays


LOSSES = frozenset({Problem.NOT_UP, Problem.NO_NODES, Problem.DRAINING, Problem.UNLISTED})


class PartitionStatus(OpenEnum):
    """The confirmed status of a partition."""

    IN_SERVICE = "in-service"
    LOST = "lost"
    MAINTENANCE = "maintenance"
    USUAL = "usual"  # it has a problem that is usual for it


class PartitionState(Struct, frozen=True, array_like=True):
    """What is remembered of a partition, in the history as an array of at most 60 bytes.

    `problem` and `availability` (only a word for not being up) are those of the latest poll that could
    determine them. `since` is the first poll of an unbroken run in which it was lost and others were not, in
    Unix time.
    `polls` counts those in a row that contradict `status`, `unlisted` those that did not list it.
    """

    status: PartitionStatus = PartitionStatus.IN_SERVICE
    problem: Problem | None = None
    availability: str = ""
    since: int | None = None
    polls: int = 0
    unlisted: int = 0
    not_up_days: int = (
        0  # bit 0: it was not up on the day of the latest listing, in UTC; bit 1: the day before
    )

    @property
    def is_out(self) -> bool:
        """Whether the latest poll found it out of service, other than for maintenance or as usual."""
        return self.problem in LOSSES and self.status is not PartitionStatus.USUAL


class PartitionMemory(Struct, frozen=True, omit_defaults=True):
    """The partitions by name. `all_out`: no partition was of use in the poll that listed them last."""

    states: dict[str, PartitionState] = {}
    listed_at: Instant | None = None
    all_out: bool = False


class PartitionChange(Struct, frozen=True, omit_defaults=True):
    """A partition in a notification; the event says whether it has the problem, or had it.

    `also` are partitions with the same problem that share nodes with it. `more` counts those with the same
    problem that are not named.
    """

    name: str
    problem: Problem | None = None
    availability: str = ""
    also: tuple[str, ...] = ()
    more: int = 0


class PartitionReport(Struct, frozen=True):
    """The partitions after a poll, by name.

    `found` are out of service in this poll. `lost` is confirmed, and still so. `no_longer_lost`
    were lost until this poll and are neither lost nor back: usual, in maintenance, or deleted.
    """

    memory: PartitionMemory = PartitionMemory()
    states: dict[str, PartitionState] = {}  # also those that are not remembered
    found: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    is_lost: bool = False  # a partition is lost, although this poll may have found it in service
    newly_lost: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    no_longer_lost: tuple[str, ...] = ()
    in_maintenance: tuple[str, ...] = ()
    maintenance_started: tuple[str, ...] = ()
    maintenance_ended: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    newly_usual: tuple[str, ...] = ()  # after they were lost
