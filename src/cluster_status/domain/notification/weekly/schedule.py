"""When the weekly report is due."""

from datetime import UTC, datetime, time, timedelta, tzinfo

from msgspec import Struct

from cluster_status.domain.instant import Instant

_WEEK = timedelta(days=7)
_LATEST_AFTER = timedelta(hours=48)  # a later report would be of another week for its readers


class WeeklyTime(Struct, frozen=True):
    """A time of each week; `weekday` counts from Monday, 0."""

    weekday: int
    time: time
    zone: tzinfo = UTC

    def due(self, last_poll: datetime | None, at: datetime) -> Instant | None:
        """Return the time whose report this poll has to send: the first poll at or after it, within 48 hours.

        Without an earlier poll, there is nothing to report.
        """
        time = self._latest(at)
        is_first = last_poll is not None and last_poll < time
        return time if is_first and at - time <= _LATEST_AFTER else None

    def week_id(self, at: datetime) -> str:
        """Return the ISO week, such as `2026-W48`."""
        year, week, _ = at.astimezone(self.zone).isocalendar()
        return f"{year}-W{week:02}"

    def _latest(self, at: datetime) -> Instant:
        """Return the latest of these times up to `at`. One that is skipped or repeated counts once."""
        local = at.astimezone(self.zone)
        date = local.date() - timedelta(days=(local.weekday() - self.weekday) % 7)
        found = datetime.combine(date, self.time, self.zone).astimezone(UTC)
        if found > at:
            found = datetime.combine(date - _WEEK, self.time, self.zone).astimezone(UTC)
        return found.replace(fold=0)
