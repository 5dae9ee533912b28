"""The situations in docs/messages.md, for a small and for a large cluster."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.adapters.discord.embed import card
from cluster_status.adapters.github.results_call import FREE_STORAGE
from cluster_status.domain.conditions.tracker import MetCondition
from cluster_status.domain.maintenance.window import Span, Window
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose, with_order
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.unsaved import not_saved_message, repeatable_message
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    NodeCounts,
    Partition,
)
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.state import PartitionChange, PartitionReport, Problem
from cluster_status.domain.status.site_checks.report import CheckChange
from cluster_status.domain.status.tracker import StatusPeriod, UnknownPeriod
from cluster_status.domain.uptime.uptime import Uptime

SIZES = (3, 200)
_NAMES = ("batch", "gpu", "long-running")
NOW = datetime(2026, 11, 23, 15, 50, tzinfo=UTC)
_EARLIER = NOW - timedelta(minutes=80)
_LONG_AGO = NOW - timedelta(days=3, hours=5, minutes=20)
_IN_MAINTENANCE = StatusPeriod(Status.MAINTENANCE, NOW, (Cause.MAINTENANCE,))
_GPU = Window(NOW, NOW + timedelta(hours=4), nodes=2, concurrent_nodes=2, partitions=("gpu",), job_hours=24)
_POLICY = ChannelPolicy("discord", mention="<@&123456789012345678>")
_RUN = "https://github.com/owner/name/actions/runs/20000000001"

_ONLINE = StatusPeriod(Status.ONLINE, _LONG_AGO)
_OFFLINE = StatusPeriod(Status.OFFLINE, NOW, (Cause.REFUSED,))
_LOST = StatusPeriod(Status.DEGRADED, NOW, (Cause.PARTITION_DOWN,))
_BACK = StatusPeriod(Status.ONLINE, NOW)


def _window(begin: datetime, *, hours: int) -> Window:
    """Return a window of all nodes."""
    end = begin + timedelta(hours=hours)
    return Window(begin, end, nodes=32, concurrent_nodes=32, all_nodes=Span(begin, end), job_hours=336)


_NIGHT = _window(NOW + timedelta(hours=20), hours=8)


class Situation(Struct, frozen=True):
    """`gone` of ten nodes are out of service, in `group`; None if Slurm lists nothing.

    With `only`, these are those of one partition.
    """

    slug: str
    title: str
    notification: Notification
    gone: int | None = None
    group: str = "down"
    only: str = ""
    shut: str = ""  # a partition that is not up
    reasons: tuple[DrainReason, ...] = ()
    unsaved: bool = False  # the history cannot be saved


_SCRATCH = CheckChange("/scratch", Cause.PATH_HANGS)
_HANGS = StatusPeriod(Status.DEGRADED, NOW, (Cause.PATH_HANGS,))
_OF_THE_USER = (
    Situation(
        "path-hangs",
        "Degraded: a partition is lost, and a path of the user hangs",
        Notification(
            "1",
            Event.DEGRADED,
            NOW,
            _LOST,
            previous=_ONLINE,
            uptime=Uptime(0.9943, 1.0),
            partitions=(PartitionChange("gpu", Problem.NO_NODES),),
            checks=(_SCRATCH,),
        ),
        gone=10,
        only="gpu",
    ),
    Situation(
        "check-failed",
        "Another check fails",
        Notification(
            "1",
            Event.CHECK_FAILED,
            NOW,
            replace(_HANGS, since=_EARLIER),
            checks=(_SCRATCH, CheckChange("licences", Cause.CHECK_FAILED)),
        ),
        gone=0,
    ),
    Situation(
        "check-passed",
        "A check passes again, and another one still fails",
        Notification(
            "1",
            Event.CHECK_PASSED,
            NOW,
            replace(_HANGS, since=_EARLIER),
            checks=(_SCRATCH,),
            checks_passed=(CheckChange("licences", Cause.CHECK_FAILED),),
        ),
        gone=0,
    ),
    Situation(
        "condition-met",
        "A condition of `notify-when` has become true",
        Notification(
            "1",
            Event.CONDITION_MET,
            NOW,
            _ONLINE,
            conditions=(MetCondition("gpu:a100 >= 4 in gpu", 6),),
        ),
        gone=0,
    ),
    Situation(
        "mute-ended",
        "A mute is over, and the cluster was offline meanwhile",
        Notification(
            "1",
            Event.MUTE_ENDED,
            NOW,
            replace(_BACK, since=NOW - timedelta(minutes=30)),
            previous=StatusPeriod(Status.OFFLINE, _EARLIER, (Cause.REFUSED,)),
            uptime=Uptime(0.9922, 1.0),
        ),
        gone=0,
    ),
)
SITUATIONS = (
    Situation("initial", "First successful poll", Notification("1", Event.INITIAL, NOW, _BACK), gone=0),
    Situation(
        "outage",
        "Outage, with a mention by `discord-ping`",
        Notification("1", Event.OUTAGE, NOW, _OFFLINE, previous=_ONLINE, uptime=Uptime(0.9943, 1.0)),
    ),
    Situation(
        "recovery",
        "Recovery",
        Notification(
            "1",
            Event.RECOVERY,
            NOW,
            _BACK,
            previous=StatusPeriod(Status.OFFLINE, _EARLIER, (Cause.TIMEOUT, Cause.REFUSED)),
            uptime=Uptime(0.9922, 1.0),
        ),
        gone=0,
    ),
    Situation(
        "no-nodes-in-service",
        "Outage: the login works, and no nodes are in service",
        Notification(
            "1",
            Event.OUTAGE,
            NOW,
            StatusPeriod(Status.OFFLINE, NOW, (Cause.NO_NODES_IN_SERVICE,)),
            previous=_ONLINE,
            uptime=Uptime(0.9943, 1.0),
        ),
        gone=10,
        reasons=(DrainReason("cooling water", _EARLIER, 30),),
    ),
    Situation(
        "nodes-down",
        "Degraded: too few nodes in service",
        Notification(
            "1",
            Event.DEGRADED,
            NOW,
            StatusPeriod(Status.DEGRADED, NOW, (Cause.NODES_DOWN,)),
            previous=_ONLINE,
            uptime=Uptime(0.9943, 0.41),
        ),
        gone=6,
        reasons=(
            DrainReason("switch sw3 is replaced", _EARLIER, 6, "n[03-08]", "root"),
            DrainReason("switch sw3 is replaced", NOW - timedelta(minutes=20), 2, "n[09-10]", "root"),
            DrainReason("bad DIMM", NOW - timedelta(days=5), 1, "n01", "jdoe"),
            DrainReason("Not responding", None, 10),
        ),
    ),
    Situation(
        "partition-lost",
        "Degraded: a partition is lost",
        Notification(
            "1",
            Event.DEGRADED,
            NOW,
            _LOST,
            previous=_ONLINE,
            uptime=Uptime(0.9943, 1.0),
            partitions=(PartitionChange("gpu", Problem.NO_NODES),),
        ),
        gone=10,
        only="gpu",
        reasons=(DrainReason("PDU 3 is off", _EARLIER, 2, "g[1-2]", "root", frozenset({"gpu"})),),
    ),
    Situation(
        "second-partition-lost",
        "Another partition is lost",
        Notification(
            "1",
            Event.PARTITION_LOST,
            NOW,
            replace(_LOST, since=_EARLIER),
            uptime=Uptime(0.9943, 1.0),
            partitions=(PartitionChange("long-running", Problem.NOT_UP, "drain"),),
            still_out=(PartitionChange("gpu", Problem.NO_NODES),),
        ),
        gone=10,
        only="gpu",
        shut="long-running",
    ),
    Situation(
        "partition-back",
        "A partition is back, and another one is still lost",
        Notification(
            "1",
            Event.PARTITION_BACK,
            NOW,
            replace(_LOST, since=_EARLIER),
            uptime=Uptime(0.9943, 1.0),
            partitions=(PartitionChange("long-running"),),
            still_out=(PartitionChange("gpu", Problem.NO_NODES),),
        ),
        gone=10,
        only="gpu",
    ),
    Situation(
        "partition-maintenance",
        "A partition is in maintenance, the others work",
        Notification(
            "1",
            Event.MAINTENANCE_STARTED,
            NOW,
            _ONLINE,
            uptime=Uptime(0.9943, 1.0),
            partitions=(PartitionChange("gpu", Problem.MAINTENANCE),),
        ),
        gone=10,
        group="maintenance",
        only="gpu",
    ),
    Situation(
        "scheduler-down",
        "Degraded: the Slurm controller does not respond",
        Notification(
            "1",
            Event.DEGRADED,
            NOW,
            StatusPeriod(Status.DEGRADED, NOW, (Cause.SCHEDULER_DOWN,)),
            previous=_ONLINE,
            uptime=Uptime(0.9943, 1.0),
        ),
    ),
    Situation(
        "maintenance-scheduled",
        "Maintenance scheduled",
        Notification("1", Event.MAINTENANCE_SCHEDULED, NOW, _ONLINE, window=_NIGHT),
        gone=0,
    ),
    Situation(
        "maintenance-changed",
        "Maintenance changed",
        Notification(
            "1",
            Event.MAINTENANCE_CHANGED,
            NOW,
            _ONLINE,
            window=_window(NOW + timedelta(hours=44), hours=12),
            previous_window=_NIGHT,
        ),
    ),
    Situation(
        "maintenance-cancelled",
        "Maintenance cancelled",
        Notification("1", Event.MAINTENANCE_CANCELLED, NOW, _ONLINE, window=_NIGHT),
    ),
    Situation(
        "maintenance-started",
        "Maintenance of all nodes started",
        Notification(
            "1",
            Event.MAINTENANCE_STARTED,
            NOW,
            _IN_MAINTENANCE,
            previous=_ONLINE,
            window=_window(NOW, hours=8),
        ),
        gone=10,
        group="maintenance",
    ),
    Situation(
        "maintenance-away",
        "Maintenance of all nodes: the head node does not respond",
        Notification(
            "1",
            Event.MAINTENANCE_STARTED,
            NOW,
            _IN_MAINTENANCE,
            previous=_ONLINE,
            window=_window(NOW, hours=8),
            underlying_cause=Cause.REFUSED,
        ),
    ),
    Situation(
        "maintenance-overdue",
        "Maintenance overdue, with a mention by `discord-ping`",
        Notification(
            "1",
            Event.MAINTENANCE_OVERDUE,
            NOW,
            _OFFLINE,
            previous=StatusPeriod(Status.MAINTENANCE, NOW - timedelta(hours=8), (Cause.MAINTENANCE,)),
            uptime=Uptime(0.9943, 1.0),
            window=_window(NOW - timedelta(hours=8, minutes=4), hours=8),
        ),
    ),
    Situation(
        "maintenance-of-a-partition",
        "Maintenance of a partition started",
        Notification("1", Event.MAINTENANCE_STARTED, NOW, _ONLINE, window=_GPU, window_id="1"),
    ),
    Situation(
        "maintenance-ended",
        "Maintenance of a partition ended",
        Notification(
            "1",
            Event.RECOVERY,
            NOW + timedelta(hours=4),
            _ONLINE,
            window=_GPU,
            window_id="1",
        ),
    ),
    Situation(
        "partial-recovery",
        "Partial recovery",
        Notification(
            "1",
            Event.PARTIAL_RECOVERY,
            NOW,
            StatusPeriod(Status.DEGRADED, NOW, (Cause.NODES_DOWN,)),
            previous=StatusPeriod(Status.MAINTENANCE, _EARLIER, (Cause.MAINTENANCE,)),
            uptime=Uptime(0.9943, 1.0),
        ),
        gone=7,
    ),
    Situation(
        "monitor-lost",
        "Status unknown: the cluster may be online",
        Notification(
            "1",
            Event.MONITOR_LOST,
            NOW,
            _ONLINE,
            unknown=UnknownPeriod(_EARLIER, 3, Cause.HOST_KEY, notified=True),
        ),
    ),
    Situation(
        "login-refused",
        "Status unknown: the login no longer works",
        Notification(
            "1",
            Event.MONITOR_LOST,
            NOW,
            _ONLINE,
            unknown=UnknownPeriod(_EARLIER, 3, Cause.LOGIN_REFUSED, notified=True),
            last_login=_EARLIER - timedelta(minutes=10),
        ),
    ),
    Situation(
        "monitor-restored",
        "Status known again, after missed polls",
        Notification(
            "1",
            Event.MONITOR_RESTORED,
            NOW,
            _ONLINE,
            missed_polls=17,
            uptime=Uptime(1.0, 0.86),
            dropped=2,
            unknown_since=_EARLIER,
        ),
        gone=0,
    ),
    Situation(
        "history-not-saved",
        "The history cannot be saved",
        Notification("1", Event.HISTORY_NOT_SAVED, NOW, _ONLINE),
        unsaved=True,
    ),
    Situation(
        "outage-unsaved",
        "Outage while the history cannot be saved",
        Notification("1", Event.OUTAGE, NOW, _OFFLINE, uptime=Uptime(0.9943, 1.0)),
        unsaved=True,
    ),
    *_OF_THE_USER,
)


def cards() -> Iterator[tuple[Situation, int, dict[str, Any]]]:
    """Yield each situation for each cluster size, in partitions."""
    for situation in SITUATIONS:
        for size in SIZES:
            yield situation, size, _card(situation, size)


def _card(situation: Situation, size: int) -> dict[str, Any]:
    notification, cluster_state = situation.notification, None
    if situation.gone is not None:
        cluster_state = _cluster_state(situation, situation.gone, size)
        notification = replace(notification, nodes=cluster_state.nodes)
    message = compose(notification, "mscluster", _POLICY, cluster_state, _RUN)
    if situation.only and situation.group == "down":
        message = with_order(message, PartitionReport(found=(situation.only, situation.shut)))
    return card(_while_unsaved(message, notification) if situation.unsaved else message)


def _while_unsaved(message: Message, notification: Notification) -> Message:
    if notification.event is not Event.HISTORY_NOT_SAVED:
        return repeatable_message(message, since_known=False)
    return not_saved_message(message, _ONLINE, _EARLIER, FREE_STORAGE)


def _cluster_state(situation: Situation, gone: int, size: int) -> ClusterState:
    partitions = tuple(
        replace(
            _partition(number, gone if situation.only in {"", name} else 0, situation.group),
            availability="drain" if situation.shut == name else "up",
        )
        for number, name in enumerate(map(_name, range(size)))
    )
    total = NodeCounts()
    for partition in partitions:
        for group in ("idle", "allocated", "down", "maintenance"):
            total = total.plus(group, getattr(partition.nodes, group))  # type: ignore[arg-type]
    idle_gpus = 0 if gone else 3
    gpus: dict[str, tuple[Gpus, ...]] = {"gpu": (Gpus("a100", 8, idle_gpus), Gpus("h100", 4, 0))}
    return ClusterState(partitions, total, details=Details(gpus, situation.reasons))


def _name(number: int) -> str:
    return _NAMES[number] if number < len(_NAMES) else f"group{number:03}"


def _partition(number: int, gone: int, group: str) -> Partition:
    """Return a partition with a typical name, or one of many that belong to one group each."""
    limits = ("3-00:00:00", "1-00:00:00", "14-00:00:00")
    total = (20, 2, 10)[number] if number < len(_NAMES) else 2 + number * 7 % 30
    lost = total * gone // 10
    left = total - lost
    idle = left * ((number + 1) % 4) // 5
    nodes = replace(NodeCounts(total=total, idle=idle, allocated=left - idle), **{group: lost})
    limit = limits[number] if number < len(_NAMES) else ("7-00:00:00", "12:00:00", "infinite")[number % 3]
    return Partition(_name(number), default=number == 0, availability="up", time_limit=limit, nodes=nodes)
