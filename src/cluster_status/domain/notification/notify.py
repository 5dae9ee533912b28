"""Which notifications a poll adds to the outbox, and how the latest one is kept up to date."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.calendar import Calendar, KnownWindow
from cluster_status.domain.maintenance.progress import Change
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.damping import Damping, after_change, without_change
from cluster_status.domain.notification.event import Event, event_between
from cluster_status.domain.notification.maintenance import (
    EVENTS,
    followed,
    is_needed,
    shown_window,
    without_windows,
)
from cluster_status.domain.notification.notification import DOWNTIME_OF, Instability, Notification
from cluster_status.domain.notification.outbox import Outbox, enqueue, without_stale
from cluster_status.domain.notification.partition_news import (
    is_of_partitions,
    partition_events,
    partition_news,
)
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.incident import Incident, downtime
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.uptime import WINDOWS, Uptime, uptime

RECOVERIES = frozenset({Event.RECOVERY, Event.PARTIAL_RECOVERY})
_NOT_BACK = frozenset({Event.OUTAGE, Event.DEGRADED, Event.PARTIAL_RECOVERY})


class Observation(Struct, frozen=True):
    """The result of a poll, and the tracker before and after it.

    `calendar` is the one after it, and `changes` are those of maintenance windows.
    """

    poll_id: str
    at: Instant
    verdict: Verdict
    before: StatusTracker
    after: StatusTracker
    ledger: UptimeLedger
    incidents: tuple[Incident, ...]
    last_login: Instant | None
    calendar: Calendar = Calendar()
    changes: tuple[Change, ...] = ()


def notify(outbox: Outbox, seen: Observation, channels: tuple[ChannelPolicy, ...]) -> Outbox:
    """Return the outbox with the notifications of this poll."""
    seen = replace(seen, verdict=_without_windows(seen))
    events = _events(seen)
    is_confirmed = seen.verdict.status is seen.after.status
    for policy in channels:
        is_reminded = is_confirmed
        for number, event in enumerate(events or [None]):
            outbox, damped = _damp(outbox, policy.id, event, seen, is_confirmed=is_confirmed)
            if damped:
                damped = replace(damped, id=f"{seen.poll_id}.{f'p{number}' if number else 0}")
                outbox, is_reminded = enqueue(outbox, damped, only=policy.id), False
        if is_reminded:
            outbox = remind(outbox, seen, policy)
    return without_stale(_notify_of_windows(outbox, seen), seen.calendar)


def _without_windows(seen: Observation) -> Verdict:
    report = seen.verdict.partitions
    return replace(seen.verdict, partitions=report and without_windows(report, seen.calendar))


def _overdue(seen: Observation) -> KnownWindow | None:
    """Return the maintenance that explained the status before, and should have ended."""
    before = seen.before.confirmed
    if before is None or before.status is not Status.MAINTENANCE:
        return None
    return seen.calendar.overdue(seen.at, before.since)


def _events(seen: Observation) -> list[Event]:
    """Return the events of a poll. That of a new status names the partitions, too."""
    event = event_between(seen.before, seen.after)
    if event in {None, Event.MONITOR_RESTORED}:
        return [*filter(None, [event]), *partition_events(seen.after.status, seen.verdict.partitions)]
    return [Event.MAINTENANCE_OVERDUE if event in _NOT_BACK and _overdue(seen) else event]


def _damp(
    outbox: Outbox, channel_id: str, event: Event | None, seen: Observation, *, is_confirmed: bool
) -> tuple[Outbox, Notification | None]:
    """Return the notification that the channel gets for the event of this poll, if any."""
    channel = outbox.channel(channel_id)
    before, chosen = channel.damping, None
    damping = before
    if event:
        damping, chosen = after_change(before, event, seen.at)
    elif is_confirmed and seen.after.confirmed:
        damping, chosen = without_change(before, seen.after.confirmed, seen.at)
    outbox = replace(outbox, channels={**outbox.channels, channel_id: replace(channel, damping=damping)})
    if chosen is None:
        return outbox, None
    notification = _notification(chosen, seen)
    instability = _instability(before, damping, seen)
    if instability:
        previous = notification.previous if chosen is event else None
        notification = replace(notification, previous=previous, instability=instability)
    return outbox, notification


def _instability(before: Damping, after: Damping, seen: Observation) -> Instability | None:
    since = after.unstable_since or before.unstable_since
    if since is None:
        return None
    recent = downtime(seen.incidents, seen.after.confirmed, seen.at - DOWNTIME_OF, seen.at)
    return Instability(since, is_over=after.unstable_since is None, downtime=recent)


def remind(outbox: Outbox, seen: Observation, policy: ChannelPolicy) -> Outbox:
    """Add a reminder where a channel wants one, or has no message that can be edited."""
    channel = outbox.channel(policy.id)
    wanted = policy.always or (policy.live and channel.live is None)
    if not wanted or seen.after.confirmed is None or seen.verdict.status is not seen.after.status:
        return outbox
    reminder = _notification(Event.REMINDER, seen)
    instability = _instability(channel.damping, channel.damping, seen)
    return enqueue(outbox, replace(reminder, instability=instability), only=policy.id)


def refreshed(notification: Notification, seen: Observation) -> Notification | None:
    """Return the notification with the result of this poll; None if its status differs or is unknown."""
    verdict, tracker = seen.verdict, seen.after
    if notification.unknown:
        is_same = verdict.status is Status.UNKNOWN and tracker.unknown is not None
        return replace(notification, unknown=tracker.unknown) if is_same else None
    confirmed, shown = tracker.confirmed, notification.period
    if confirmed and shown and confirmed.excused and shown.since < confirmed.since:
        notification, shown = _without_news(notification), confirmed  # no message was sent of this change
    if not (confirmed and shown and verdict.status is shown.status is confirmed.status):
        return None
    if notification.is_about_window:
        notification = followed(notification, seen.calendar, seen.at)
    elif is_of_partitions(notification):
        notification = _without_news(notification)
    if not notification.is_about_window and notification.event is not Event.MAINTENANCE_OVERDUE:
        notification = replace(notification, window=_window(seen, notification.at))
    news = partition_news(notification.event, tracker, tracker, verdict)
    return replace(
        notification,
        period=confirmed.with_latest_cause(verdict.confirming_cause),
        nodes=_nodes(verdict),
        uptime=_uptime(seen.ledger, seen.at),
        login_only=_is_login_only(verdict),
        behind=verdict.behind,
        partitions=notification.partitions if notification.event is Event.RECOVERY else news.partitions,
        still_out=news.still_out,
    )


def _without_news(notification: Notification) -> Notification:
    """Return a notification of the status alone, unless it is one of a coming maintenance."""
    if notification.event is Event.MAINTENANCE_SCHEDULED:
        return notification
    return replace(notification, event=Event.REMINDER, previous=None, partitions=())


def with_current_status(notification: Notification, tracker: StatusTracker) -> Notification:
    """Return the latest notification of an unstable channel with the status that is confirmed now."""
    if notification.unknown or notification.period is None or notification.period.status is tracker.status:
        return notification
    return replace(notification, event=Event.STATUS_UNSTABLE, period=tracker.confirmed, previous=None)


def _notification(event: Event, seen: Observation) -> Notification:
    before, verdict, confirmed = seen.before, seen.verdict, seen.after.confirmed
    was_unknown = before.unknown if event is Event.MONITOR_RESTORED else None
    overdue = _overdue(seen) if event is Event.MAINTENANCE_OVERDUE else None
    announced = shown_window(event, seen.calendar, seen.at, seen.after.status)
    news = partition_news(event, before, seen.after, verdict)
    return Notification(
        id=f"{seen.poll_id}.0",
        event=event,
        at=seen.at,
        period=confirmed.with_latest_cause(verdict.confirming_cause) if confirmed else None,
        previous=before.confirmed if before.status != seen.after.status else None,
        unknown=seen.after.unknown if event is Event.MONITOR_LOST else None,
        last_login=seen.last_login if verdict.cause is Cause.LOGIN_REFUSED else None,
        nodes=_nodes(verdict),
        uptime=_uptime(seen.ledger, seen.at),
        window=overdue.window if overdue else _window(seen, seen.at),
        window_id=announced.id if announced else "",
        unknown_since=was_unknown.since if was_unknown else None,
        login_only=_is_login_only(verdict),
        behind=verdict.behind,
        partitions=news.partitions,
        still_out=news.still_out,
        nothing_back=event in RECOVERIES and _is_nothing_back(before, verdict),
    )


def _is_nothing_back(before: StatusTracker, verdict: Verdict) -> bool:
    """Return whether no partition is back, and no more nodes are in service than before."""
    was, now = before.in_service, verdict.in_service
    has_partition_back = verdict.partitions is not None and bool(verdict.partitions.back)
    return was is not None and now is not None and now <= was and not has_partition_back


def _notify_of_windows(outbox: Outbox, seen: Observation) -> Outbox:
    confirmed = seen.after.confirmed
    for number, change in enumerate(seen.changes, 1):
        if confirmed and is_needed(change, confirmed, seen.incidents):
            notification = Notification(
                id=f"{seen.poll_id}.{number}",
                event=EVENTS[change.news],
                at=seen.at,
                period=confirmed,
                nodes=_nodes(seen.verdict),
                window=change.window,
                previous_window=change.previous,
                window_id=change.id,
                further_windows=change.further,
            )
            outbox = enqueue(outbox, notification)
    return outbox


def _window(seen: Observation, shown_at: datetime) -> Window | None:
    """Return the window that matters, for the facts of a message with this time."""
    in_maintenance = seen.verdict.status is Status.MAINTENANCE
    known = seen.calendar.that_matters(seen.at, in_maintenance=in_maintenance)
    if known is None or known.shown.begin > seen.at:
        return known.shown if known else None
    return known.shown.begun_by(seen.at, shown_at)


def _nodes(verdict: Verdict) -> NodeCounts | None:
    state = verdict.cluster_state
    return state.nodes if state and not state.login_only else None


def _is_login_only(verdict: Verdict) -> bool:
    return verdict.cluster_state is not None and verdict.cluster_state.login_only


def _uptime(ledger: UptimeLedger, at: datetime) -> Uptime | None:
    return uptime(ledger, WINDOWS["30 d"], at)
