"""A sample of each notification, to try out channels."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from cluster_status.domain.conditions.tracker import MetCondition
from cluster_status.domain.maintenance.window import Span, Window
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Instability, Notification
from cluster_status.domain.notification.weekly.week import WEEK, Quiet, Week
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.state import PartitionChange, Problem
from cluster_status.domain.status.site_checks.report import CheckChange
from cluster_status.domain.status.tracker import StatusPeriod, UnknownPeriod
from cluster_status.domain.uptime.incident import Downtime
from cluster_status.domain.uptime.roll_up import DAY

_GPU = (PartitionChange("gpu", Problem.NO_NODES),)
_ALL_UP, _FEW_UP = NodeCounts(total=36, idle=12, allocated=24), NodeCounts(total=36, idle=4, down=32)


def samples(at: datetime) -> Iterator[Notification]:
    """Yield one notification for each event, in the order of a bad week."""
    earlier, later = at - timedelta(hours=2), at + timedelta(hours=20)
    online = StatusPeriod(Status.ONLINE, earlier)
    offline = StatusPeriod(Status.OFFLINE, earlier, (Cause.TIMEOUT,))
    few = StatusPeriod(Status.DEGRADED, earlier, (Cause.NODES_DOWN,))
    lost = StatusPeriod(Status.DEGRADED, earlier, (Cause.PARTITION_DOWN,))
    maintenance = StatusPeriod(Status.MAINTENANCE, earlier, (Cause.MAINTENANCE,))
    window, moved = _window(later), _window(later + timedelta(hours=4))

    def sample(event: Event, period: StatusPeriod | None, **content: Any) -> Notification:
        return Notification(f"sample.{event}", event, at, period, **content)

    def before(period: StatusPeriod) -> StatusPeriod:
        return replace(period, since=period.since - timedelta(hours=3))

    yield sample(Event.INITIAL, online, nodes=_ALL_UP)
    yield sample(Event.OUTAGE, offline, previous=before(online))
    further = StatusPeriod(Status.OFFLINE, earlier, (Cause.TIMEOUT, Cause.REFUSED))
    yield sample(Event.CAUSE_CHANGED, further)
    yield sample(Event.PARTIAL_RECOVERY, few, previous=before(offline), nodes=_FEW_UP)
    yield sample(Event.RECOVERY, online, previous=before(offline), nodes=_ALL_UP)
    yield sample(Event.DEGRADED, lost, previous=before(online), partitions=_GPU)
    yield sample(Event.PARTITION_LOST, lost, partitions=_GPU)
    yield sample(Event.PARTITION_BACK, few, partitions=_GPU)
    hangs = StatusPeriod(Status.DEGRADED, earlier, (Cause.PATH_HANGS,))
    scratch = CheckChange("/scratch", Cause.PATH_HANGS)
    yield sample(Event.CHECK_FAILED, hangs, checks=(scratch, CheckChange("licences", Cause.CHECK_FAILED)))
    yield sample(
        Event.CHECK_PASSED,
        hangs,
        checks=(scratch,),
        checks_passed=(CheckChange("licences", Cause.CHECK_FAILED),),
    )
    yield sample(Event.MUTE_ENDED, online, previous=before(offline), nodes=_ALL_UP)
    met = (MetCondition("idle >= 10 in batch", 12),)
    yield sample(Event.CONDITION_MET, online, conditions=met, nodes=_ALL_UP)
    yield sample(Event.MAINTENANCE_SCHEDULED, online, window=window, window_id="sample")
    yield sample(Event.MAINTENANCE_CHANGED, online, window=moved, previous_window=window, window_id="sample")
    yield sample(Event.MAINTENANCE_CANCELLED, online, window=moved, window_id="sample")
    yield sample(Event.MAINTENANCE_STARTED, maintenance, previous=before(online), window=_window(earlier))
    over = _window(earlier - timedelta(hours=8))
    yield sample(
        Event.MAINTENANCE_OVERDUE,
        offline,
        previous=StatusPeriod(Status.MAINTENANCE, over.begin, (Cause.MAINTENANCE,)),
        window=over,
    )
    yield sample(Event.STATUS_UNSTABLE, few, instability=Instability(earlier, Downtime(3, 3_600)))
    yield sample(Event.MONITOR_LOST, online, unknown=UnknownPeriod(earlier, 3, Cause.HOST_KEY, notified=True))
    yield sample(Event.MONITOR_RESTORED, online, unknown_since=earlier)
    yield sample(Event.HISTORY_NOT_SAVED, online)
    yield sample(Event.REPORT, online, week=_week(at))
    yield sample(Event.REMOVED, offline)
    yield sample(Event.REMINDER, online, nodes=_ALL_UP)


def _week(at: datetime) -> Week:
    return Week(
        DAY.begin_of(at) - WEEK,
        coverage=1.0,
        up=0.9917,
        up_before=0.9958,
        outages=2,
        longest=3_900,
        time_to_recover=2_400,
        maintenance=28_800,
        idle_nodes=0.34,
        idle_gpus=0.12,
        quiet=Quiet(122, idle=30),
    )


def _window(begin: datetime) -> Window:
    """Return a window of all nodes."""
    end = begin + timedelta(hours=8)
    return Window(begin, end, nodes=36, concurrent_nodes=36, all_nodes=Span(begin, end))
