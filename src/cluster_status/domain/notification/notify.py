"""Which notifications a poll adds to the outbox, and how the latest one is kept up to date."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.calendar import Calendar, KnownWindow
from cluster_status.domain.maintenance.progress import Change
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.event import Event, event_between
from cluster_status.domain.notification.maintenance import EVENTS, followed, is_needed, shown_window
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import Outbox, enqueue, overtaken
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.uptime import WINDOWS, Uptime, uptime


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
    last_login: Instant | None
    calendar: Calendar = Calendar()
    changes: tuple[Change, ...] = ()
    last_maintenance: Instant | None = None  # when the status was last in maintenance


def notify(outbox: Outbox, seen: Observation, channels: tuple[ChannelPolicy, ...]) -> Outbox:
    """Return the outbox with the notifications of this poll."""
    outbox = overtaken(outbox, seen.at)
    event = event_between(seen.before, seen.after)
    if event:
        outbox = enqueue(outbox, _notification(event, seen))
    elif seen.verdict.status is seen.after.status:
        for policy in channels:
            outbox = remind(outbox, seen, policy)
    return _notify_of_windows(outbox, seen)


def remind(outbox: Outbox, seen: Observation, policy: ChannelPolicy) -> Outbox:
    """Add a reminder where a channel wants one, or has no message that can be edited."""
    wanted = policy.always or (policy.live and outbox.channel(policy.id).live is None)
    if not wanted or seen.after.confirmed is None or seen.verdict.status is not seen.after.status:
        return outbox
    return enqueue(outbox, _notification(Event.REMINDER, seen), only=policy.id)


def refreshed(notification: Notification, seen: Observation) -> Notification | None:
    """Return the notification with the result of this poll; None if its status differs or is unknown."""
    verdict, tracker = seen.verdict, seen.after
    if notification.unknown:
        is_same = verdict.status is Status.UNKNOWN and tracker.unknown is not None
        return replace(notification, unknown=tracker.unknown) if is_same else None
    confirmed, shown = tracker.confirmed, notification.period
    if not (confirmed and shown and verdict.status is shown.status is confirmed.status):
        return None
    if notification.is_about_window:
        notification = followed(notification, seen.calendar, seen.at)
    if not notification.is_about_window and notification.event is not Event.MAINTENANCE_OVERDUE:
        notification = replace(notification, window=_window(seen, notification.at))
    return replace(
        notification,
        period=confirmed.with_latest_cause(verdict.cause),
        nodes=_nodes(verdict),
        uptime=_uptime(seen.ledger, seen.at),
        login_only=_is_login_only(verdict),
        behind=verdict.behind,
    )


def _notification(event: Event, seen: Observation) -> Notification:
    before, verdict, confirmed = seen.before, seen.verdict, seen.after.confirmed
    was_unknown = before.unknown if event is Event.MONITOR_RESTORED else None
    overdue = _overdue(event, seen)
    announced = shown_window(event, seen.calendar, seen.at, verdict.status)
    return Notification(
        id=f"{seen.poll_id}.0",
        event=Event.MAINTENANCE_OVERDUE if overdue else event,
        at=seen.at,
        period=confirmed.with_latest_cause(verdict.cause) if confirmed else None,
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
    )


def _overdue(event: Event, seen: Observation) -> KnownWindow | None:
    """Return the maintenance that should have ended, where its end did not bring the cluster back."""
    before = seen.before.confirmed
    is_back = event not in {Event.OUTAGE, Event.DEGRADED, Event.PARTIAL_RECOVERY}
    if is_back or before is None or before.status is not Status.MAINTENANCE:
        return None
    return seen.calendar.overdue(seen.at, before.since)


def _notify_of_windows(outbox: Outbox, seen: Observation) -> Outbox:
    confirmed = seen.after.confirmed
    for number, change in enumerate(seen.changes, 1):
        if confirmed and is_needed(change, confirmed, seen.last_maintenance):
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
