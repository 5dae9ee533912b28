"""A maintenance window: what one or more reservations take together, and when."""

from msgspec import Struct

from cluster_status.domain.instant import Instant

OPEN_END_COUNTS_FOR_HOURS = 24  # while Slurm cannot be asked


class Window(Struct, frozen=True, omit_defaults=True):
    """The time of a maintenance, the number of nodes it takes, and the partitions it takes as a whole.

    `end` is None if it is open. `whole` says that it takes all nodes: at least 90 % of those that count.
    `stages` is the number of parts, one after another, that take other nodes each.
    """

    begin: Instant
    end: Instant | None = None
    nodes: int = 0
    whole: bool = False
    partitions: tuple[str, ...] = ()
    recurring: bool = False
    stages: int = 1
