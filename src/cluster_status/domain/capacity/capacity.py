"""What a cluster had free: means by the hour, by the day, and by the hour of the week."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.capacity.sample import Sample
from cluster_status.domain.capacity.series import Means, Series, chained, mean, series
from cluster_status.domain.instant import hour_of

HOURS_OF_A_DAY = 24
HOURS_OF_A_WEEK = 7 * HOURS_OF_A_DAY
DAYS_KEPT = 365
_FIRST_MONDAY = 4 * HOURS_OF_A_DAY  # 1970 began on a Thursday
_WEEKS = 8  # the mean of an hour of the week follows about so many weeks


class CurrentHour(Struct, frozen=True, omit_defaults=True):
    """Sums over the polls of an hour; `at` counts hours since 1970. `gpu_polls` are those that read GPUs."""

    at: int = 0
    polls: int = 0
    idle: int = 0
    allocated: int = 0
    down: int = 0
    gpu_polls: int = 0
    gpus: dict[str, int] = {}

    def plus(self, sample: Sample) -> "CurrentHour":
        gpus = sample.gpus or {}
        return CurrentHour(
            self.at,
            self.polls + 1,
            self.idle + sample.idle,
            self.allocated + sample.allocated,
            self.down + sample.down,
            self.gpu_polls + (sample.gpus is not None),
            {kind: self.gpus.get(kind, 0) + gpus.get(kind, 0) for kind in (self.gpus | gpus)},
        )

    def rows(self) -> Iterator[tuple[int, Means]]:
        """Yield the means; none without a poll."""
        if self.polls:
            gpus = {kind: total / max(1, self.gpu_polls) for kind, total in self.gpus.items()}
            yield (
                self.at,
                Means(self.idle / self.polls, self.allocated / self.polls, self.down / self.polls, gpus),
            )


class RecentCapacity(Struct, frozen=True):
    """The part that changes with each poll: the current hour, and the hours of its day before it."""

    hour: CurrentHour = CurrentHour()
    hours: Series = Series()

    @property
    def all_hours(self) -> Series:
        """The hours with the current one."""
        return chained(self.hours, series(self.hour.rows(), kept=1), kept=HOURS_OF_A_DAY)


class CapacityArchive(Struct, frozen=True):
    """The part that changes once a day: finished days, and their latest hours.

    `week` has the means of the weeks that are over, a row for each hour of the week, from Monday in UTC;
    `weeks` counts what each mean is of.
    """

    hours: Series = Series()
    days: Series = Series()
    week: Series = Series()
    weeks: tuple[int, ...] = ()

    @property
    def is_consistent(self) -> bool:
        every = (self.hours, self.days, self.week)
        return all(one.is_consistent for one in every) and len(self.weeks) == len(self.week.at)


class Capacity(Struct, frozen=True):
    recent: RecentCapacity = RecentCapacity()
    archive: CapacityArchive = CapacityArchive()

    @property
    def is_consistent(self) -> bool:
        return self.recent.hours.is_consistent and self.archive.is_consistent

    def hours(self) -> list[tuple[int, Means]]:
        """Return the means by hours since 1970, with the hour that is not over."""
        return [*self.archive.hours.rows(), *self.recent.all_hours.rows()]

    def days(self) -> list[tuple[int, Means]]:
        """Return the means by days since 1970, with the day that is not over."""
        return [*self.archive.days.rows(), *_day(self.recent.all_hours)]

    def week(self) -> list[tuple[int, Means]]:
        """Return the means by hours of the week, with those of the week that is not over."""
        hours = self.hours()
        current = [row for row in hours if _week_of(row[0]) == _week_of(hours[-1][0])]
        return [(at, means) for at, means, _ in _with_week(self.archive, current)]


def with_sample(capacity: Capacity, sample: Sample | None, at: datetime) -> Capacity:
    """Return the capacity after a poll. Later hours came from a wrong clock: they are dropped."""
    if sample is None:
        return capacity
    hour = hour_of(at)
    if hour < capacity.recent.hour.at:
        capacity = _before(capacity, hour)
    recent = capacity.recent
    if hour // HOURS_OF_A_DAY > recent.hour.at // HOURS_OF_A_DAY:
        archive = _with_day(capacity.archive, recent.all_hours)
        if _week_of(hour) != _week_of(recent.hour.at):
            archive = _after_week(archive, _week_of(recent.hour.at))
        capacity = Capacity(archive=archive)
    elif hour > recent.hour.at:
        capacity = replace(capacity, recent=RecentCapacity(hours=recent.all_hours))
    current = capacity.recent.hour if capacity.recent.hour.polls else CurrentHour(hour)
    return replace(capacity, recent=replace(capacity.recent, hour=current.plus(sample)))


def _with_day(archive: CapacityArchive, day: Series) -> CapacityArchive:
    """Return the archive with a day that is over."""
    return replace(
        archive,
        hours=chained(archive.hours, day, kept=HOURS_OF_A_WEEK),
        days=chained(archive.days, series(_day(day), kept=1), kept=DAYS_KEPT),
    )


def _after_week(archive: CapacityArchive, week: int) -> CapacityArchive:
    """Return the archive with a week that is over."""
    rows = _with_week(archive, (row for row in archive.hours.rows() if _week_of(row[0]) == week))
    means = series([(at, means) for at, means, _ in rows], kept=HOURS_OF_A_WEEK)
    return replace(archive, week=means, weeks=tuple(weeks for _, _, weeks in rows))


def _with_week(archive: CapacityArchive, hours: Iterable[tuple[int, Means]]) -> list[tuple[int, Means, int]]:
    """Return hour of the week, mean, and number of weeks, with these hours of one week."""
    week, weeks = dict(archive.week.rows()), dict(zip(archive.week.at, archive.weeks, strict=True))
    for hour, means in hours:
        at = (hour - _FIRST_MONDAY) % HOURS_OF_A_WEEK
        weeks[at] = min(_WEEKS, weeks.get(at, 0) + 1)
        week[at] = _moved(week.get(at, means), means, weeks[at])
    return [(at, week[at], weeks[at]) for at in sorted(week)]


def _week_of(hour: int) -> int:
    return (hour - _FIRST_MONDAY) // HOURS_OF_A_WEEK


def _day(hours: Series) -> Iterator[tuple[int, Means]]:
    """Yield the mean of the hours of a day; none without an hour."""
    if hours.at:
        yield hours.at[0] // HOURS_OF_A_DAY, mean(hours)


def _moved(before: Means, now: Means, weeks: int) -> Means:
    """Return the mean, moved towards the latest week."""

    def moved(old: float, new: float) -> float:
        return old + (new - old) / weeks

    gpus = {kind: moved(before.gpus.get(kind, idle), idle) for kind, idle in now.gpus.items()}
    return Means(
        moved(before.idle, now.idle),
        moved(before.allocated, now.allocated),
        moved(before.down, now.down),
        {**before.gpus, **gpus},
    )


def _before(capacity: Capacity, hour: int) -> Capacity:
    """Return the capacity without what begins at or after this hour."""
    archive, day = capacity.archive, hour // HOURS_OF_A_DAY
    hours = [one for one in capacity.hours() if one[0] < hour]
    return Capacity(
        RecentCapacity(
            hours=series([one for one in hours if one[0] // HOURS_OF_A_DAY == day], kept=HOURS_OF_A_DAY),
            hour=CurrentHour(hour),
        ),
        replace(
            archive,
            hours=series([one for one in hours if one[0] // HOURS_OF_A_DAY < day], kept=HOURS_OF_A_WEEK),
            days=series([one for one in archive.days.rows() if one[0] < day], kept=DAYS_KEPT),
        ),
    )
