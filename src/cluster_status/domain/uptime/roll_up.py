"""Time added up by what the cluster was in it: by the hour for a week, by the day for a year."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.gaps import Interval

Seconds = Annotated[int, Meta(ge=0, le=86_400)]


class RollUp(Struct, frozen=True, omit_defaults=True):
    """The seconds of an hour or a day, in UTC, by status; what is missing was not watched."""

    begin: Instant
    online: Seconds = 0
    degraded: Seconds = 0
    maintenance: Seconds = 0
    offline: Seconds = 0

    @property
    def watched(self) -> int:
        return self.online + self.degraded + self.maintenance + self.offline


RollUps = tuple[RollUp, ...]


class Resolution(Struct, frozen=True):
    """What a roll-up spans, and how many of them are kept."""

    seconds: int
    kept: int

    def begin_of(self, at: datetime) -> datetime:
        seconds = int(at.timestamp())
        return datetime.fromtimestamp(seconds - seconds % self.seconds, UTC)


HOUR = Resolution(3_600, kept=7 * 24 + 1)
DAY = Resolution(86_400, kept=366)


def added(roll_ups: RollUps, resolution: Resolution, status: Status, interval: Interval) -> RollUps:
    """Return the roll-ups with this stretch of time added to those it lies in.

    None gets more than it spans: what a clock that was set back brings a second time is not counted again.
    """
    end = int(interval.end.timestamp())
    begin = max(int(interval.begin.timestamp()), end - resolution.kept * resolution.seconds)
    while begin < end:
        edge = begin - begin % resolution.seconds
        until = min(end, edge + resolution.seconds)
        roll_ups = _grown(roll_ups, resolution, datetime.fromtimestamp(edge, UTC), status, until - begin)
        begin = until
    return roll_ups


def _grown(
    roll_ups: RollUps, resolution: Resolution, edge: datetime, status: Status, seconds: int
) -> RollUps:
    place = len(roll_ups)
    while place and roll_ups[place - 1].begin > edge:  # only after a clock was set back
        place -= 1
    known = place and roll_ups[place - 1].begin == edge
    one = roll_ups[place - 1] if known else RollUp(edge)
    name = status.value
    grown = getattr(one, name) + min(seconds, max(0, resolution.seconds - one.watched))
    before = roll_ups[: place - 1] if known else roll_ups[:place]
    return (*before, replace(one, **{name: grown}), *roll_ups[place:])[-resolution.kept :]
