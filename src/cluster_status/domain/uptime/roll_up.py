"""Monitored time by status: by the hour for a week, by the day for a year."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from cluster_status.domain.instant import DAY_SECONDS, HOUR_SECONDS, Instant
from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.gaps import Interval

Seconds = Annotated[int, Meta(ge=0, le=DAY_SECONDS)]


class RollUp(Struct, frozen=True, omit_defaults=True, gc=False):
    """The seconds of an hour or a day, in UTC, by status; the rest was not monitored."""

    begin: Instant
    online: Seconds = 0
    degraded: Seconds = 0
    maintenance: Seconds = 0
    offline: Seconds = 0

    @property
    def monitored(self) -> int:
        return self.online + self.degraded + self.maintenance + self.offline


RollUps = tuple[RollUp, ...]


class Resolution(Struct, frozen=True):
    """The length of a roll-up, and the number of roll-ups that are kept."""

    seconds: int
    kept: int

    def begin_of(self, at: datetime) -> datetime:
        seconds = int(at.timestamp())
        return datetime.fromtimestamp(seconds - seconds % self.seconds, UTC)


HOUR = Resolution(HOUR_SECONDS, kept=7 * 24 + 1)
DAY = Resolution(DAY_SECONDS, kept=366)


def added(roll_ups: RollUps, resolution: Resolution, status: Status, interval: Interval) -> RollUps:
    """Return the roll-ups with this interval added to those that contain it.

    None exceeds its length: time that passes twice, after a clock was set back, counts once.
    """
    end = int(interval.end.timestamp())
    begin = max(int(interval.begin.timestamp()), end - resolution.kept * resolution.seconds)
    while begin < end:
        edge = begin - begin % resolution.seconds
        until = min(end, edge + resolution.seconds)
        roll_ups = _added_seconds(
            roll_ups, resolution, datetime.fromtimestamp(edge, UTC), status, until - begin
        )
        begin = until
    return roll_ups


def _added_seconds(
    roll_ups: RollUps, resolution: Resolution, edge: datetime, status: Status, seconds: int
) -> RollUps:
    place = len(roll_ups)
    while place and roll_ups[place - 1].begin > edge:  # only after a clock was set back
        place -= 1
    known = place and roll_ups[place - 1].begin == edge
    one = roll_ups[place - 1] if known else RollUp(edge)
    name = status.value
    total = getattr(one, name) + min(seconds, max(0, resolution.seconds - one.monitored))
    before = roll_ups[: place - 1] if known else roll_ups[:place]
    return (*before, replace(one, **{name: total}), *roll_ups[place:])[-resolution.kept :]
