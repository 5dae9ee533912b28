"""The messages about several clusters of docs/messages.md."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from cluster_status.adapters.discord.embed import card
from cluster_status.domain.notification.combined import combined, overview, weekly
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.weekly.week import WEEK, Quiet, Week
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.roll_up import DAY
from tools.docs.situations import NOW

_OFFLINE, _DEGRADED = (
    StatusPeriod(Status.OFFLINE, NOW, (Cause.REFUSED,)),
    StatusPeriod(Status.DEGRADED, NOW - timedelta(hours=6), (Cause.NODES_DOWN,)),
)

_GOOD = Week(
    DAY.begin_of(NOW) - WEEK, coverage=1.0, up=1.0, up_before=1.0, idle_nodes=0.21, quiet=Quiet(122, idle=310)
)
_BAD = Week(
    DAY.begin_of(NOW) - WEEK,
    coverage=1.0,
    up=0.9917,
    up_before=0.9958,
    outages=2,
    longest=3_900,
    time_to_recover=2_400,
    maintenance=28_800,
    idle_nodes=0.34,
    idle_gpus=0.12,
    quiet=Quiet(164, idle=30),
)


def several() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a title and a message for each situation."""
    yield (
        "Several clusters with `mode: live`: the message that each poll edits",
        card(
            overview(
                [
                    _row("alpha", _online(timedelta(days=12)), 1204, 1210),
                    _row("beta", _OFFLINE),
                    _row("gamma", _DEGRADED, 12, 64),
                    _row("delta", _online(timedelta(days=420)), 36, 36),
                ]
            )
        ),
    )
    yield (
        "Outages of more than three clusters in one run",
        card(combined([_outage(name) for name in ("alpha", "beta", "gamma", "delta")])),
    )
    reports = [_report("alpha", _GOOD), _report("beta", _BAD)]
    yield "Weekly report of one cluster", card(reports[1])
    yield "Weekly report of several clusters", card(weekly(reports))
    many = [_report("cluster-7", _BAD), *(_report(f"cluster-{number}", _GOOD) for number in range(8, 18))]
    yield "Weekly report of more than eight clusters", card(weekly(many))


def _online(for_: timedelta) -> StatusPeriod:
    return StatusPeriod(Status.ONLINE, NOW - for_)


def _row(name: str, period: StatusPeriod, up: int = 0, total: int = 0) -> Message:
    counts = NodeCounts(total=total, allocated=up, down=total - up) if total else None
    return _message(name, Event.REMINDER, period, counts)


def _outage(name: str) -> Message:
    return _message(name, Event.OUTAGE, _OFFLINE, None)


def _report(name: str, week: Week) -> Message:
    notification = Notification("1", Event.REPORT, NOW, _online(timedelta(days=3)), week=week)
    return compose(notification, name, ChannelPolicy("discord"), None)


def _message(name: str, event: Event, period: StatusPeriod, nodes: NodeCounts | None) -> Message:
    return compose(Notification("1", event, NOW, period, nodes=nodes), name, ChannelPolicy("discord"), None)
