"""Which partitions are lost, which are back, and which are usual: what the history remembers of each."""

from msgspec import Struct

from cluster_status.domain.instant import Instant
from cluster_status.domain.open_enum import OpenEnum


class Problem(OpenEnum):
    """Why no new job can run in a partition."""

    NO_NODES = "no-nodes"  # none in service
    DRAINING = "draining"  # all nodes in service drain
    NOT_UP = "not-up"  # its availability is down, drain or inactive
    MAINTENANCE = "maintenance"  # all its nodes are in maintenance; the status stays


class PartitionState(Struct, frozen=True, omit_defaults=True):
    """What is remembered of a partition; without a problem it was in service at the last poll."""

    problem: Problem | None = None
    since: Instant | None = None  # the first poll of an unbroken run of polls with a problem


class PartitionChange(Struct, frozen=True, omit_defaults=True):
    """A partition in a notification; `availability` is Slurm's word if it is not up."""

    name: str
    problem: Problem
    availability: str = ""


class PartitionReport(Struct, frozen=True):
    """The partitions after a poll.

    `lost` are confirmed and count, the smallest first. `usual` have a problem that is usual for them.
    """

    states: dict[str, PartitionState] = {}
    lost: tuple[PartitionChange, ...] = ()
    newly_lost: tuple[PartitionChange, ...] = ()
    back: tuple[PartitionChange, ...] = ()
    in_maintenance: tuple[PartitionChange, ...] = ()
    usual: tuple[str, ...] = ()
