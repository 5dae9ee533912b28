"""The two parts of an archive: what is older than an instant is stored apart, with the means of the week."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from cluster_status.domain.capacity.capacity import DAYS_KEPT, HOURS_OF_A_WEEK, CapacityArchive
from cluster_status.domain.capacity.series import Series, series

_HOUR_SECONDS, _DAY_SECONDS = 3_600, 86_400


def parted(archive: CapacityArchive, before: datetime) -> tuple[CapacityArchive, CapacityArchive]:
    """Return what is older, and the rest."""
    hour, day = (int(before.timestamp()) // seconds for seconds in (_HOUR_SECONDS, _DAY_SECONDS))
    older = replace(
        archive,
        hours=_where(archive.hours, lambda at: at < hour),
        days=_where(archive.days, lambda at: at < day),
    )
    rest = CapacityArchive(
        _where(archive.hours, lambda at: at >= hour), _where(archive.days, lambda at: at >= day)
    )
    return older, rest


def joined(recent: CapacityArchive, past: CapacityArchive) -> CapacityArchive:
    latest = recent if recent.weeks else past
    return CapacityArchive(
        _chained(past.hours, recent.hours, HOURS_OF_A_WEEK),
        _chained(past.days, recent.days, DAYS_KEPT),
        latest.week,
        latest.weeks,
    )


def addition(archive: CapacityArchive, past: CapacityArchive, before: datetime) -> CapacityArchive | None:
    """Return the least that gives the archive together with this past; None if nothing does."""
    _, rest = parted(archive, before)
    with_week = replace(rest, week=archive.week, weeks=archive.weeks)
    return next((one for one in (rest, with_week, archive) if joined(one, past) == archive), None)


def _where(one: Series, is_wanted: Callable[[int], bool]) -> Series:
    return series([row for row in one.rows() if is_wanted(row[0])], kept=len(one.at))


def _chained(past: Series, recent: Series, kept: int) -> Series:
    """Return both; they overlap only if the clock was set back, or the past was not readable."""
    return series(sorted((dict(past.rows()) | dict(recent.rows())).items()), kept=kept)
