"""What a cluster had free: means by the hour, by the day, and by the hour of the week."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.capacity.sample import Sample
from cluster_status.domain.capacity.series import Means, Series, mean, series

HOURS_OF_A_DAY = 24
HOURS_OF_A_WEEK = 7 * HOURS_OF_A_DAY
DAYS_KEPT = 365
_HOUR_SECONDS = 3_600
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

    def rows(self) -> list[tuple[int, Means]]:
        return [*self.hours.rows(), *self.hour.rows()]


class CapacityArchive(Struct, frozen=True):
    """The part that changes once a day: finished days, their latest hours, and the means of a week.

    `week` has a row for each hour of the week, from Monday in UTC; `weeks` counts what each mean is of.
    """

    hours: Series = Series()
    days: Series = Series()
    week: Series = Series()
    weeks: tuple[int, ...] = ()


class Capacity(Struct, frozen=True):
    recent: RecentCapacity = RecentCapacity()
    archive: CapacityArchive = CapacityArchive()

    @property
    def is_consistent(self) -> bool:
        archive = self.archive
        every = (self.recent.hours, archive.hours, archive.days, archive.week)
        return all(one.is_consistent for one in every) and len(archive.weeks) == len(archive.week.at)

    def hours(self) -> list[tuple[int, Means]]:
        """Return the means by hours since 1970, with the hour that is not over."""
        return [*self.archive.hours.rows(), *self.recent.rows()]

    def days(self) -> list[tuple[int, Means]]:
        """Return the means by days since 1970, with the day that is not over."""
        return [*self.archive.days.rows(), *_day(self.recent)]


def with_sample(capacity: Capacity, sample: Sample | None, at: datetime) -> Capacity:
    """Return the capacity after a poll. Hours that begin later were measured by a wrong clock, and go."""
    if sample is None:
        return capacity
    hour = int(at.timestamp()) // _HOUR_SECONDS
    if hour < capacity.recent.hour.at:
        capacity = _before(capacity, hour)
    recent = capacity.recent
    if hour // HOURS_OF_A_DAY > recent.hour.at // HOURS_OF_A_DAY:
        capacity = Capacity(archive=_with_day(capacity.archive, recent))
    elif hour > recent.hour.at:
        finished = RecentCapacity(hours=series(recent.rows(), kept=HOURS_OF_A_DAY))
        capacity = replace(capacity, recent=finished)
    current = capacity.recent.hour if capacity.recent.hour.polls else CurrentHour(hour)
    return replace(capacity, recent=replace(capacity.recent, hour=current.plus(sample)))


def _with_day(archive: CapacityArchive, day: RecentCapacity) -> CapacityArchive:
    """Return the archive with a day that is over."""
    hours = day.rows()
    week, weeks = dict(archive.week.rows()), dict(zip(archive.week.at, archive.weeks, strict=True))
    for at, means in hours:
        of_week = (at - _FIRST_MONDAY) % HOURS_OF_A_WEEK
        weeks[of_week] = min(_WEEKS, weeks.get(of_week, 0) + 1)
        week[of_week] = _moved(week.get(of_week, means), means, weeks[of_week])
    kept = [one for one in archive.hours.rows() if not hours or one[0] > hours[-1][0] - HOURS_OF_A_WEEK]
    return CapacityArchive(
        series([*kept, *hours], kept=HOURS_OF_A_WEEK),
        series([*archive.days.rows(), *_day(day)], kept=DAYS_KEPT),
        series(sorted(week.items()), kept=HOURS_OF_A_WEEK),
        tuple(count for _, count in sorted(weeks.items())),
    )


def _day(recent: RecentCapacity) -> Iterator[tuple[int, Means]]:
    hours = recent.rows()
    if hours:
        yield hours[0][0] // HOURS_OF_A_DAY, mean(means for _, means in hours)


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
