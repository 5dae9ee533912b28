"""The weekly report: once a week, a notification of each cluster, and one message of each channel."""

from collections.abc import Sequence

from msgspec.structs import replace

from cluster_status.app.poll import PollResult
from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.weekly.schedule import WeeklyTime
from cluster_status.domain.notification.weekly.week import Watched, week_before
from cluster_status.domain.notification.weekly_report import with_report
from cluster_status.domain.slurm.all_gpus import all_gpus


def with_weekly_report(polls: Sequence[PollResult], schedule: WeeklyTime | None) -> list[PollResult]:
    """Add the report to the polls of the run in which it is due.

    It is due once, because the run that adds it saves a later poll. If it cannot save, the next run adds it.
    """
    saved = [one.before.record.polls[-1].at for one in polls if one.before and one.before.record.polls]
    time = schedule.due(max(saved, default=None), max(one.at for one in polls)) if schedule else None
    if schedule is None or time is None:
        return list(polls)
    return [_with_report(one, time, f"report.{schedule.week_id(time)}") for one in polls]


def _with_report(poll: PollResult, time: Instant, report_id: str) -> PollResult:
    after = poll.after
    if after is None or after.tracker.confirmed is None or poll.mismatch or after.mute:
        return poll
    state = poll.verdict.cluster_state
    gpus = sum(one.total for one in all_gpus(state)) if state else 0
    confirmed, record = after.tracker.confirmed, after.record
    week = week_before(time, Watched(record.ledger, record.incidents, confirmed, after.capacity, gpus))
    if week is None:
        return poll
    report = Notification(report_id, Event.REPORT, poll.at, confirmed, week=week)
    outbox = with_report(after.outbox, report, poll.context.channels)
    return replace(poll, after=replace(after, outbox=outbox))
