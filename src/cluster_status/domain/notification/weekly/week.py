"""The numbers of a week of a cluster."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from cluster_status.domain.capacity.capacity import HOURS_OF_A_DAY, HOURS_OF_A_WEEK, Capacity
from cluster_status.domain.capacity.series import Means
from cluster_status.domain.instant import Instant
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.incident import Incident, outages
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.roll_up import DAY, RollUp

WEEK = timedelta(days=7)
QUIET_HOURS = 6
_WORTH_REPORTING_SECONDS = 3_600
_QUIETER = 0.05  # of the nodes, than the mean of all hours


Seconds = Annotated[int, Meta(ge=0, le=10**9)]  # an outage can last for years


class Quiet(Struct, frozen=True):
    """The hours in which most nodes are idle; `begin` counts hours from Monday in UTC."""

    begin: int
    idle: int  # nodes


class Week(Struct, frozen=True, omit_defaults=True):
    """Seven days in UTC; shares are from 0 to 1, times in seconds. None is not known."""

    begin: Instant
    coverage: float = 0.0  # share of the week that was monitored
    up: float | None = None
    up_before: float | None = None  # in the week before
    outages: int = 0
    longest: Seconds = 0
    time_to_recover: Seconds | None = None  # mean
    maintenance: Seconds = 0
    idle_nodes: float | None = None
    idle_gpus: float | None = None
    quiet: Quiet | None = None


class Watched(Struct, frozen=True):
    """What is known of a cluster; `gpus` are all that the last poll listed."""

    ledger: UptimeLedger
    incidents: Sequence[Incident]
    confirmed: StatusPeriod | None
    capacity: Capacity
    gpus: int = 0


def week_before(at: datetime, watched: Watched) -> Week | None:
    """Return the seven days before the day of `at`; None if the cluster was not monitored in them."""
    end = DAY.begin_of(at)
    begin = end - WEEK
    days = _days(watched.ledger, begin)
    monitored = sum(day.monitored for day in days)
    if monitored < _WORTH_REPORTING_SECONDS:
        return None
    current = watched.confirmed if watched.confirmed and watched.confirmed.since < end else None
    within = (one for one in watched.incidents if one.until > begin and one.since < end)
    found = outages(within, current, end)
    recovery = found.mean_time_to_recover if found else None
    first = int(begin.timestamp()) // int(timedelta(days=1).total_seconds())
    free = [means for day, means in watched.capacity.days() if first <= day < first + WEEK.days]
    return Week(
        begin.astimezone(UTC),
        coverage=min(1.0, monitored / WEEK.total_seconds()),
        up=_up(days),
        up_before=_up(_days(watched.ledger, begin - WEEK)),
        outages=found.number if found else 0,
        longest=_seconds(found.longest.length) if found else 0,
        time_to_recover=None if recovery is None else _seconds(recovery),
        maintenance=sum(day.maintenance for day in days),
        idle_nodes=_idle_nodes(free),
        idle_gpus=_idle_gpus(free, watched.gpus),
        quiet=_quiet(dict(watched.capacity.week())),
    )


def _days(ledger: UptimeLedger, begin: datetime) -> list[RollUp]:
    return [day for day in ledger.days if begin <= day.begin < begin + WEEK]


def _up(days: Iterable[RollUp]) -> float | None:
    known = [(day.online + day.degraded, day.offline) for day in days]
    up, down = sum(up for up, _ in known), sum(down for _, down in known)
    return up / (up + down) if up + down else None


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


def _idle_nodes(free: Sequence[Means]) -> float | None:
    idle, nodes = sum(one.idle for one in free), sum(map(_nodes, free))
    return idle / nodes if nodes else None


def _idle_gpus(free: Sequence[Means], total: int) -> float | None:
    known = [sum(one.gpus.values()) for one in free if one.gpus]
    return min(1.0, sum(known) / len(known) / total) if known and total else None


def _quiet(by_hour: Mapping[int, Means]) -> Quiet | None:
    """Return the hours that are quieter than others; None before a whole week is known."""
    if len(by_hour) < HOURS_OF_A_WEEK:
        return None
    idle = [float(by_hour[hour].idle) for hour in range(HOURS_OF_A_WEEK)]
    around = idle + idle[:QUIET_HOURS]
    begin = max(range(HOURS_OF_A_WEEK), key=lambda hour: sum(around[hour : hour + QUIET_HOURS]))
    most = sum(around[begin : begin + QUIET_HOURS]) / QUIET_HOURS
    nodes = max(map(_nodes, by_hour.values()))
    is_quieter = most - sum(idle) / HOURS_OF_A_WEEK >= _QUIETER * nodes > 0
    return Quiet(begin, round(most)) if is_quieter else None


def _nodes(one: Means) -> float:
    return one.idle + one.allocated + one.down


def hour_of_day(hour: int) -> tuple[int, int]:
    """Return the day, from Monday, and the hour of an hour of the week."""
    return divmod(hour % HOURS_OF_A_WEEK, HOURS_OF_A_DAY)
