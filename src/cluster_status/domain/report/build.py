"""Builds the report of a cluster from the verdict of a poll and the history after it."""

from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.history.history import History
from cluster_status.domain.instant import day_of, hour_of
from cluster_status.domain.maintenance.plan import NO_PLAN, Plan
from cluster_status.domain.notification.content.description import reason
from cluster_status.domain.report.days import DAYS_SHOWN, last_days
from cluster_status.domain.report.findings import last_known, shown, shown_at, unconfirmed
from cluster_status.domain.report.report import (
    Report,
    ReportedIncident,
    ReportedMaintenance,
    ReportedPartition,
    Trend,
    Use,
)
from cluster_status.domain.slug import slug
from cluster_status.domain.slurm.all_gpus import all_gpus
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.state import (
    PartitionReport,
    PartitionState,
    PartitionStatus,
    Problem,
)
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.gaps import usual_interval
from cluster_status.domain.uptime.uptime import uptimes

_DAYS_OF_TREND, _HOURS_OF_TREND = 30, 24
_INCIDENTS = 20
_WINDOWS_SHOWN = 10
_PARTITIONS = 200
_LEAST_INTERVAL = timedelta(minutes=5)  # polls by hand can be seconds apart
_DEFAULT_INTERVAL = timedelta(hours=1)  # before the second poll


class Subject(Struct, frozen=True):
    """A cluster and its place on the page. A page is published at most so often: `publishing_interval`."""

    name: str
    group: str = ""
    publishing_interval: timedelta = timedelta()
    plan: Plan = NO_PLAN


def report_on(subject: Subject, verdict: Verdict | None, history: History, at: datetime) -> Report:
    """Return the report after a poll; `verdict` is None if the poll was of another server."""
    state = verdict.cluster_state if verdict else None
    polls = history.record.polls
    partitions = (verdict.partitions if verdict else None) or PartitionReport()
    finding = shown(verdict, history, reason(verdict) if verdict else "")
    mute = history.mute if history.mute and not history.mute.is_over(at) else None
    interval = max(usual_interval(polls) or _DEFAULT_INTERVAL, _LEAST_INTERVAL)
    return Report(
        name=subject.name,
        slug=slug(subject.name.casefold()),
        group=subject.group,
        checked_at=at,
        fresh_until=at + max(3 * interval, 2 * subject.publishing_interval),
        shown=finding,
        shown_at=shown_at(finding, polls, at),
        notice=subject.plan.notice,
        muted=mute is not None,
        muted_until=mute.until if mute else None,
        unconfirmed=unconfirmed(verdict, history, reason(verdict)) if verdict else None,
        last_known=last_known(finding, history),
        login_only=state is not None and state.login_only,
        nodes=state.nodes if state and state.nodes.total else None,
        partitions=_partitions(state, partitions) if state else (),
        gpus=all_gpus(state) if state else (),
        maintenance=_maintenance(history, subject.plan, at),
        uptimes=uptimes(history.record.ledger, at),
        incidents=_incidents(subject, history, partitions, at),
        days=last_days(history.record.ledger, at),
        trend=_trend(history, at),
    )


def _partitions(state: ClusterState, report: PartitionReport) -> tuple[ReportedPartition, ...]:
    gpus = state.details.gpus if state.details else {}
    return tuple(
        ReportedPartition(
            one.name,
            _use(report.states.get(one.name), is_up=one.is_up),
            one.default,
            one.time_limit,
            one.nodes,
            gpus.get(one.name, ()),
        )
        for one in state.partitions[:_PARTITIONS]
    )


def _use(state: PartitionState | None, *, is_up: bool) -> Use:
    if state is None:
        return Use.UP if is_up else Use.OUT
    if state.status is PartitionStatus.USUAL:
        return Use.USUALLY_OUT
    if state.problem is Problem.MAINTENANCE or state.status is PartitionStatus.MAINTENANCE:
        return Use.MAINTENANCE
    return Use.OUT if state.is_out else Use.UP


def _maintenance(history: History, plan: Plan, at: datetime) -> tuple[ReportedMaintenance, ...]:
    windows = (known.shown for known in history.calendar.ahead(at))
    return tuple(
        ReportedMaintenance(
            one.begin, one.end, one.nodes, one.all_nodes is not None, one.partitions, plan.note_of(one)
        )
        for one in windows
    )[:_WINDOWS_SHOWN]


def _incidents(
    subject: Subject, history: History, partitions: PartitionReport, at: datetime
) -> tuple[ReportedIncident, ...]:
    def incident_id(begin: datetime) -> str:
        return f"{slug(subject.name.casefold())}-{begin:%Y%m%dT%H%M%SZ}"

    over = [
        ReportedIncident(incident_id(one.since), one.status, one.causes, one.since, one.until)
        for one in history.record.incidents
        if one.until > at - timedelta(days=DAYS_SHOWN)
    ]
    current, tracker = [], history.tracker
    period = tracker.confirmed
    if period and period.status is not Status.ONLINE:
        lost = partitions.lost if tracker.cause is Cause.PARTITION_DOWN else ()
        current = [
            ReportedIncident(
                incident_id(period.since), period.status, period.causes, period.since, None, lost
            )
        ]
    return tuple([*over, *current][: -_INCIDENTS - 1 : -1])


def _trend(history: History, at: datetime) -> Trend:
    capacity = history.capacity
    hour, day = hour_of(at), day_of(at)
    return Trend(
        tuple(row for row in capacity.hours() if hour - _HOURS_OF_TREND < row[0] <= hour),
        tuple(row for row in capacity.days() if day - _DAYS_OF_TREND < row[0] <= day),
        tuple(capacity.week()),
    )
