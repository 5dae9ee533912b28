"""A product that notifies exactly what the model wants: the judge finds no mistake in it."""

from datetime import UTC, datetime

from cluster_status.domain.maintenance import window as product
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import PartitionChange, Problem
from cluster_status.domain.status.tracker import StatusPeriod, UnknownPeriod
from tests.property.fleet.judge.channel import ChannelJudge
from tests.property.fleet.judge.mistake import Need
from tests.property.fleet.model.belief import Period
from tests.property.fleet.model.calendar import Times
from tests.property.fleet.model.model import Picture
from tests.property.fleet.model.partitions import smallest_of

_MOST = 10  # notifications of one poll


class Speaker:
    """Asks its own judge, which stands for what the channel knows."""

    def __init__(self) -> None:
        self.judge = ChannelJudge()

    def poll(self, picture: Picture) -> list[Notification]:
        """Return the notifications of a poll."""
        self.judge.begin(picture)
        spoken: list[Notification] = []
        while (needs := self.judge.needs(picture)) and len(spoken) < _MOST:
            one = _notification(needs[0], picture, len(spoken))
            spoken.append(one)
            self.judge.hear(one, picture)
        self.judge.finish(picture)
        return spoken


def _notification(need: Need, picture: Picture, number: int) -> Notification:
    change, at = picture.change, _instant(picture.at)
    names = need.partitions
    if need.event in {Event.DEGRADED, Event.PARTIAL_RECOVERY, Event.INITIAL}:
        lost = [one for one in picture.books.values() if one.lost and one.is_out and not one.usual]
        names = frozenset(one.name for one in smallest_of(lost))
    return Notification(
        id=f"{picture.at}.{number}",
        event=need.event,
        at=at,
        period=_period(picture.belief),
        previous=_period(change.before) if change else None,
        unknown=UnknownPeriod(at, intermittent=True) if need.event is Event.MONITOR_LOST else None,
        window=_window(need.window.times) if need.window else None,
        window_id=str(need.window.number) if need.window else "",
        previous_window=_window(need.previous)
        if need.previous and need.event is Event.MAINTENANCE_CHANGED
        else None,
        partitions=tuple(PartitionChange(name, Problem.NO_NODES) for name in sorted(names)),
    )


def _period(period: Period | None) -> StatusPeriod | None:
    if period is None or period.status is Status.UNKNOWN:
        return None
    return StatusPeriod(period.status, _instant(period.since))


def _window(times: Times) -> product.Window:
    begin, end = times
    return product.Window(_instant(begin), None if end is None else _instant(end))


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
