"""The two parts of an archive: what is older than an instant is stored apart, with the means of the week."""

from bisect import bisect_left
from datetime import datetime

from msgspec.structs import replace

from cluster_status.domain.capacity.capacity import DAYS_KEPT, HOURS_OF_A_WEEK, CapacityArchive
from cluster_status.domain.capacity.series import Series, chained
from cluster_status.domain.instant import day_of, hour_of


def parted(archive: CapacityArchive, before: datetime) -> tuple[CapacityArchive, CapacityArchive]:
    """Return what is older, and the rest."""
    old_hours, hours = _parted(archive.hours, hour_of(before))
    old_days, days = _parted(archive.days, day_of(before))
    return replace(archive, hours=old_hours, days=old_days), CapacityArchive(hours, days)


def joined(recent: CapacityArchive, past: CapacityArchive) -> CapacityArchive:
    latest = recent if recent.weeks else past
    return CapacityArchive(
        chained(past.hours, recent.hours, kept=HOURS_OF_A_WEEK),
        chained(past.days, recent.days, kept=DAYS_KEPT),
        latest.week,
        latest.weeks,
    )


def addition(archive: CapacityArchive, past: CapacityArchive, before: datetime) -> CapacityArchive | None:
    """Return the least that gives the archive together with this past; None if nothing does."""
    _, rest = parted(archive, before)
    with_week = replace(rest, week=archive.week, weeks=archive.weeks)
    return next((one for one in (rest, with_week, archive) if joined(one, past) == archive), None)


def _parted(one: Series, before: int) -> tuple[Series, Series]:
    place = bisect_left(one.at, before)
    return one.rows_between(0, place), one.rows_between(place, len(one.at))
