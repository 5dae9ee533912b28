"""A site of 40 nodes for batch jobs and 4 with GPUs, and its maintenance reservations."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import ClusterState, MaintenanceListing, Partition, Reservation
from cluster_status.domain.status.probe_result import ProbeResult
from tests.unit.domain.build import NOON, cluster_state, counts, listed

BATCH = frozenset(f"cpu{number:02}" for number in range(1, 41))
GPU = frozenset(f"gpu{number}" for number in range(1, 5))
ALL = BATCH | GPU
LIMITS = {"batch": "3-00:00:00", "gpu": "12:00:00"}


def hour(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def cpus(first: int, last: int) -> frozenset[str]:
    return frozenset(f"cpu{number:02}" for number in range(first, last + 1))


def reserves(
    begin: float,
    end: float | None,
    nodes: Iterable[str] = ALL,
    *,
    recurring: bool = False,
    named: bool = True,
) -> Reservation:
    """Return a reservation between two hours after noon."""
    names = frozenset(nodes)
    return Reservation(
        "cooling",
        hour(begin),
        None if end is None else hour(end),
        len(names),
        names if named else frozenset(),
        recurring=recurring,
    )


def site(*reservations: Reservation, error: str = "", **nodes: int) -> ClusterState:
    """Return what Slurm lists; the nodes are idle unless they are given by group."""
    state = cluster_state(
        Partition(
            "batch", default=True, availability="up", time_limit=LIMITS["batch"], nodes=counts(idle=40)
        ),
        Partition("gpu", default=False, availability="up", time_limit=LIMITS["gpu"], nodes=counts(idle=4)),
        **(nodes or {"idle": 44}),
    )
    earliest_first = tuple(sorted(reservations, key=lambda one: one.begin))
    return replace(
        state,
        partition_nodes={"batch": BATCH, "gpu": GPU},
        maintenance=MaintenanceListing(earliest_first, error),
    )


def site_lists(*reservations: Reservation, error: str = "", **nodes: int) -> ProbeResult:
    """Return the result of a probe."""
    return replace(listed(), outcome=site(*reservations, error=error, **nodes))
