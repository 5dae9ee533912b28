"""What a sighting means: the cause first, the status from it."""

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.cause import TRAITS, Cause, Status
from cluster_status.domain.cluster import Listing, NodeCounts
from cluster_status.domain.sighting import Obstacle, Sighting


class Knowledge(Struct, frozen=True):
    """What the history knows of this cluster and a verdict depends on."""

    reached: bool = False  # one look has reached this server's SSH banner
    scheduler_seen: bool = False  # sinfo was there once


class Verdict(Struct, frozen=True):
    """How the cluster is, and why; `detail` and `remedy` are for this run's log and summary."""

    status: Status
    cause: Cause | None = None
    detail: str = ""
    remedy: str = ""
    listing: Listing | None = None


def judge(sighting: Sighting, known: Knowledge, *, degraded_below: int) -> Verdict:
    """Judge what was seen; `degraded_below` is a share of nodes in service, in percent."""
    if isinstance(sighting.seen, Listing):
        cause = _shortcoming(sighting.seen, degraded_below)
        status = TRAITS[cause].status if cause else Status.ONLINE
        detail = ", ".join(_not_up(sighting.seen)) if cause is Cause.PARTITION_DOWN else ""
        return Verdict(status, cause, detail, listing=sighting.seen)
    return _judge_obstacle(sighting.seen, sighting, known)


def worth_another_look(sighting: Sighting, *, degraded_below: int) -> Cause | None:
    """Return the cause if a moment's patience may clear it, without offering a credential twice."""
    cause = judge(sighting, Knowledge(), degraded_below=degraded_below).cause
    login_is_spent = sighting.credential_offered and not sighting.logged_in
    return cause if cause and TRAITS[cause].looked_at_again and not login_is_spent else None


def _judge_obstacle(obstacle: Obstacle, sighting: Sighting, known: Knowledge) -> Verdict:
    traits = TRAITS[obstacle.cause]
    verdict = Verdict(traits.status, obstacle.cause, obstacle.detail, obstacle.remedy or traits.remedy)
    if obstacle.cause is Cause.NO_SCHEDULER and not known.scheduler_seen:
        return Verdict(
            Status.ONLINE, detail="sinfo was not found: only the login is watched", listing=Listing()
        )
    if not traits.network:
        return verdict
    if not sighting.runner_online:
        detail = f"{obstacle.detail}; but this run could not reach anything else either"
        return Verdict(Status.UNKNOWN, obstacle.cause, detail, "Check the network of the runner.")
    if not (known.reached or sighting.reached):
        detail = f"{obstacle.detail}; and no run is known to have reached it"
        return Verdict(Status.UNKNOWN, obstacle.cause, detail, traits.remedy)
    return Verdict(traits.status, obstacle.cause, obstacle.detail)  # it is down, and no input can mend that


def _shortcoming(listing: Listing, degraded_below: int) -> Cause | None:
    nodes = listing.nodes
    if nodes.total == 0:
        return None
    cause = _lack(listing, nodes, degraded_below)
    heard_of = replace(nodes, free=nodes.free + nodes.unknown, unknown=0)
    if nodes.mostly_unknown or cause is not _lack(listing, heard_of, degraded_below):
        return Cause.SCHEDULER_STARTING  # it depends on the nodes that are yet to be heard of
    return cause


def _lack(listing: Listing, nodes: NodeCounts, degraded_below: int) -> Cause | None:
    explained = 100 * (nodes.in_service + nodes.maintenance) >= degraded_below * nodes.total
    if nodes.in_service == 0:
        mostly = 2 * nodes.maintenance >= nodes.missing  # however low a share is set: the rest is an outage
        return Cause.MAINTENANCE if mostly and explained else Cause.NO_NODES_IN_SERVICE
    if nodes.in_service == nodes.draining:
        return Cause.NODES_DRAINING
    if _not_up(listing):
        return Cause.PARTITION_DOWN
    if 100 * nodes.in_service < degraded_below * nodes.total:
        return Cause.MAINTENANCE if explained else Cause.NODES_DOWN
    return None


def _not_up(listing: Listing) -> list[str]:
    """Name the partitions that should be up and are not: others may be kept for good."""
    return [
        f"partition {partition.name} is {partition.availability}"
        for partition in listing.partitions
        if (partition.default or partition.name in listing.named) and partition.availability != "up"
    ]
