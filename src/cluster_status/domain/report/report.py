"""The report of a cluster: what anyone may see of it, as data. Renderers turn it into pages and feeds.

It has no field for a host, an address, a user, the name of a node or of a reservation, a drain reason, or
text of a server.
"""

from datetime import date, datetime

from msgspec import Struct

from cluster_status.domain.capacity.series import Means
from cluster_status.domain.open_enum import OpenEnum
from cluster_status.domain.slurm.cluster_state import Gpus, NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.uptime.roll_up import RollUp
from cluster_status.domain.uptime.uptime import Uptime


class Finding(Struct, frozen=True):
    """A status, why, and since when. `clause` completes "mscluster is offline: ..."."""

    status: Status
    cause: Cause | None = None
    clause: str = ""
    since: datetime | None = None


class Use(OpenEnum):
    """What a partition can be used for."""

    UP = "up"
    OUT = "out of service"
    MAINTENANCE = "in maintenance"
    USUALLY_OUT = "usually out of service"


class ReportedPartition(Struct, frozen=True):
    name: str
    use: Use
    default: bool
    time_limit: str
    nodes: NodeCounts
    gpus: tuple[Gpus, ...] = ()


class ReportedMaintenance(Struct, frozen=True):
    """A maintenance window; `end` is None if it is open. `partitions` is empty if it takes them all."""

    begin: datetime
    end: datetime | None
    nodes: int
    all_nodes: bool
    partitions: tuple[str, ...] = ()
    note: str = ""  # of a window that was planned by hand


class ReportedIncident(Struct, frozen=True):
    """A time in which the cluster was not online; `end` is None if it lasts. The id never changes."""

    id: str
    status: Status
    causes: tuple[Cause, ...]
    begin: datetime
    end: datetime | None
    partitions: tuple[str, ...] = ()


class Day(Struct, frozen=True):
    """The time in each status on a day, in UTC; None if the day was not monitored."""

    date: date
    time: RollUp | None


class Trend(Struct, frozen=True):
    """Means of the capacity, by hours or days since 1970, and by hours of the week from Monday, in UTC."""

    hours: tuple[tuple[int, Means], ...] = ()
    days: tuple[tuple[int, Means], ...] = ()
    week: tuple[tuple[int, Means], ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """One cluster at the time of its last poll, `checked_at`.

    `shown` is the status to show, and `shown_at` the last poll that found it. `unconfirmed` is what the last
    poll found, if it is another status that no poll has confirmed yet. `last_known` is the status before it
    became unknown. `notice` is what the user writes for readers. `muted_until` is None if the mute
    ends with the incident. `nodes` is None, and the lists are empty, if the last poll read none.
    """

    name: str
    slug: str
    group: str
    checked_at: datetime
    fresh_until: datetime
    shown: Finding
    shown_at: datetime
    notice: str = ""
    muted: bool = False
    muted_until: datetime | None = None
    unconfirmed: Finding | None = None
    last_known: Finding | None = None
    login_only: bool = False
    nodes: NodeCounts | None = None
    partitions: tuple[ReportedPartition, ...] = ()
    gpus: tuple[Gpus, ...] = ()
    maintenance: tuple[ReportedMaintenance, ...] = ()
    uptimes: dict[str, Uptime | None] = {}
    incidents: tuple[ReportedIncident, ...] = ()  # latest first
    days: tuple[Day, ...] = ()  # oldest first
    trend: Trend = Trend()
