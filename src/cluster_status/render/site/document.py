"""`status.json`, version 1. Readers ignore keys that they do not know; a key that is absent is not known."""

from collections.abc import Sequence
from typing import Annotated, Literal, cast

from msgspec import UNSET, Meta, Struct, UnsetType, json

from cluster_status.domain.instant import Instant
from cluster_status.domain.report.report import Finding, Report, ReportedPartition, Use
from cluster_status.domain.slurm.cluster_state import Gpus, NodeCounts
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.severity import rank
from cluster_status.domain.uptime.uptime import Uptime
from cluster_status.render.site.words import css_class

FILE = "status.json"
StatusWord = Literal["online", "degraded", "maintenance", "offline", "unknown"]
Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Nodes(Struct, frozen=True):
    """Numbers of nodes. Each node is in one group: see docs/glossary.md."""

    total: Count
    in_service: Count
    idle: Count
    allocated: Count
    reserved: Count
    powered_down: Count
    draining: Count
    maintenance: Count
    down: Count
    unknown: Count


class Gpu(Struct, frozen=True):
    """GPUs of one type; `type` is empty if Slurm names none. Without `idle`, it is not known."""

    type: str
    total: Count
    idle: Count | UnsetType = UNSET


class PartitionEntry(Struct, frozen=True):
    """A partition; `up` is false if no new job can run in it. A node counts in each of its partitions."""

    name: str
    up: bool
    state: Literal["up", "out of service", "in maintenance", "usually out of service"]
    nodes: Nodes
    gpus: tuple[Gpu, ...] | UnsetType = UNSET


class MaintenanceEntry(Struct, frozen=True):
    """A maintenance that runs or comes. Without `end`, it is open."""

    start: Instant
    scope: Literal["all nodes", "nodes", "partitions"]
    nodes: Count
    end: Instant | UnsetType = UNSET
    partitions: tuple[str, ...] | UnsetType = UNSET
    note: str | UnsetType = UNSET


class UptimeEntry(
    Struct,
    frozen=True,
    rename={"day": "24h", "week": "7d", "month": "30d", "quarter": "90d", "year": "365d"},
):
    """Uptime as a share of the monitored time without maintenance; null if there is no such time."""

    day: Share | None
    week: Share | None
    month: Share | None
    quarter: Share | None
    year: Share | None


class IncidentEntry(Struct, frozen=True):
    """A time in which the cluster was not online. The id never changes. Without `end`, it lasts."""

    id: str
    status: StatusWord
    start: Instant
    cause: str | UnsetType = UNSET
    end: Instant | UnsetType = UNSET
    partitions: tuple[str, ...] | UnsetType = UNSET


class Unconfirmed(Struct, frozen=True):
    """What the last poll found, if no other poll has confirmed it yet."""

    status: StatusWord
    cause: str | UnsetType = UNSET
    since: Instant | UnsetType = UNSET


class ClusterEntry(Struct, frozen=True):
    """A cluster. `found_at` is the last poll that found this status. Until `muted_until`, it is muted."""

    name: str
    slug: str
    status: StatusWord
    found_at: Instant
    uptime: UptimeEntry
    maintenance: tuple[MaintenanceEntry, ...]
    incidents: tuple[IncidentEntry, ...]
    group: str | UnsetType = UNSET
    notice: str | UnsetType = UNSET
    cause: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    since: Instant | UnsetType = UNSET
    muted_until: Instant | UnsetType = UNSET
    unconfirmed: Unconfirmed | UnsetType = UNSET
    nodes: Nodes | UnsetType = UNSET
    partitions: tuple[PartitionEntry, ...] | UnsetType = UNSET
    gpus: tuple[Gpu, ...] | UnsetType = UNSET


class StatusDocument(Struct, frozen=True):
    """The status of all clusters when they were checked. After `fresh_until`, it is not known any more."""

    version: Literal[1]
    checked_at: Instant
    fresh_until: Instant
    status: StatusWord
    clusters: tuple[ClusterEntry, ...]


def document(reports: Sequence[Report]) -> bytes:
    worst = min(reports, key=lambda one: rank(one.shown.status))
    content = StatusDocument(
        1,
        min(one.checked_at for one in reports),
        min(one.fresh_until for one in reports),
        _word(worst.shown.status),
        tuple(map(_cluster, reports)),
    )
    return json.encode(content) + b"\n"


def _cluster(report: Report) -> ClusterEntry:
    shown, is_known = report.shown, report.nodes is not None
    return ClusterEntry(
        name=report.name,
        slug=report.slug,
        group=report.group or UNSET,
        notice=report.notice or UNSET,
        status=_word(shown.status),
        cause=shown.cause.value if shown.cause else UNSET,
        reason=shown.clause or UNSET,
        since=shown.since or UNSET,
        found_at=report.shown_at,
        muted_until=report.muted_until or UNSET,
        unconfirmed=_unconfirmed(report.unconfirmed),
        nodes=_nodes(report.nodes) if report.nodes else UNSET,
        partitions=tuple(map(_partition, report.partitions)) if is_known else UNSET,
        gpus=_gpus(report.gpus),
        maintenance=tuple(
            MaintenanceEntry(
                one.begin,
                "all nodes" if one.all_nodes else "partitions" if one.partitions else "nodes",
                one.nodes,
                one.end or UNSET,
                one.partitions or UNSET,
                one.note or UNSET,
            )
            for one in report.maintenance
        ),
        uptime=UptimeEntry(*map(_share, report.uptimes.values())),
        incidents=tuple(
            IncidentEntry(
                one.id,
                _word(one.status),
                one.begin,
                one.causes[-1].value if one.causes else UNSET,
                one.end or UNSET,
                one.partitions or UNSET,
            )
            for one in report.incidents
        ),
    )


def _unconfirmed(finding: Finding | None) -> Unconfirmed | UnsetType:
    if finding is None:
        return UNSET
    return Unconfirmed(
        _word(finding.status), finding.cause.value if finding.cause else UNSET, finding.since or UNSET
    )


def _partition(one: ReportedPartition) -> PartitionEntry:
    return PartitionEntry(one.name, one.use is Use.UP, one.use.value, _nodes(one.nodes), _gpus(one.gpus))


def _nodes(nodes: NodeCounts) -> Nodes:
    return Nodes(
        total=nodes.total,
        in_service=nodes.in_service,
        idle=nodes.idle,
        allocated=nodes.allocated,
        reserved=nodes.reserved,
        powered_down=nodes.powered_down,
        draining=nodes.draining,
        maintenance=nodes.maintenance,
        down=nodes.down,
        unknown=nodes.unknown + nodes.other,
    )


def _gpus(gpus: Sequence[Gpus]) -> tuple[Gpu, ...] | UnsetType:
    found = tuple(Gpu(one.type, one.total, UNSET if one.idle is None else one.idle) for one in gpus)
    return found or UNSET


def _share(uptime: Uptime | None) -> float | None:
    return round(uptime.up, 6) if uptime else None


def _word(status: Status) -> StatusWord:
    return cast("StatusWord", css_class(status))
