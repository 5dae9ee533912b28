"""The messages about several clusters of docs/messages.md."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from cluster_status.adapters.discord.embed import card
from cluster_status.domain.notification.combined import combined, overview
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod
from tools.docs.situations import NOW

_OFFLINE, _DEGRADED = (
    StatusPeriod(Status.OFFLINE, NOW, (Cause.REFUSED,)),
    StatusPeriod(Status.DEGRADED, NOW - timedelta(hours=6), (Cause.NODES_DOWN,)),
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


def _online(for_: timedelta) -> StatusPeriod:
    return StatusPeriod(Status.ONLINE, NOW - for_)


def _row(name: str, period: StatusPeriod, up: int = 0, total: int = 0) -> Message:
    counts = NodeCounts(total=total, allocated=up, down=total - up) if total else None
    return _message(name, Event.REMINDER, period, counts)


def _outage(name: str) -> Message:
    return _message(name, Event.OUTAGE, _OFFLINE, None)


def _message(name: str, event: Event, period: StatusPeriod, nodes: NodeCounts | None) -> Message:
    return compose(Notification("1", event, NOW, period, nodes=nodes), name, ChannelPolicy("discord"), None)
