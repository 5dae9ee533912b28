"""Which notifications a poll adds to the outbox, and how the latest one is kept up to date."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.event import Event, event_between
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import Outbox, enqueue
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import NodeCounts, Reservation
from cluster_status.domain.slurm.reservation import coming, current, last_instant
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.uptime import WINDOWS, Uptime, uptime

ANNOUNCED_MAINTENANCE_KEPT = 50  # no cluster schedules more for a day


class Observation(Struct, frozen=True):
    """The result of a poll, and the tracker before and after it."""

    poll_id: str
    at: Instant
    verdict: Verdict
    before: StatusTracker
    after: StatusTracker
    ledger: UptimeLedger
    last_login: Instant | None


def notify(outbox: Outbox, seen: Observation, channels: tuple[ChannelPolicy, ...]) -> Outbox:
    """Return the outbox with the notifications of this poll."""
    event = event_between(seen.before, seen.after)
    if event:
        outbox = enqueue(outbox, _notification(event, seen))
    elif seen.verdict.status is seen.after.status:
        for policy in channels:
            outbox = remind(outbox, seen, policy)
    return _schedule_maintenance(outbox, seen)


def remind(outbox: Outbox, seen: Observation, policy: ChannelPolicy) -> Outbox:
    """Add a reminder where a channel wants one, or has no message that can be edited."""
    wanted = policy.always or (policy.live and outbox.channel(policy.id).live is None)
    if not wanted or seen.after.confirmed is None or seen.verdict.status is not seen.after.status:
        return outbox
    return enqueue(outbox, _notification(Event.REMINDER, seen), only=policy.id)


def refreshed(
    notification: Notification, tracker: StatusTracker, ledger: UptimeLedger, verdict: Verdict, at: datetime
) -> Notification | None:
    """Return the notification with the result of this poll; None if its status differs or is unknown."""
    if notification.unknown:
        is_same = verdict.status is Status.UNKNOWN and tracker.unknown is not None
        return replace(notification, unknown=tracker.unknown) if is_same else None
    confirmed, shown = tracker.confirmed, notification.period
    if not (confirmed and shown and verdict.status is shown.status is confirmed.status):
        return None
    window = notification.window
    if notification.event is Event.MAINTENANCE_SCHEDULED and window and window.begin <= at:
        notification, window = replace(notification, event=Event.REMINDER), None  # it has begun
    elif window and notification.event is not Event.MAINTENANCE_SCHEDULED:
        window = _window(current(_reservations(verdict), at)) or window
    return replace(
        notification,
        period=confirmed.with_latest_cause(verdict.cause),
        nodes=_nodes(verdict),
        uptime=_uptime(ledger, at),
        window=window,
        login_only=_is_login_only(verdict),
    )


def _notification(event: Event, seen: Observation) -> Notification:
    before, verdict, confirmed = seen.before, seen.verdict, seen.after.confirmed
    was_unknown = before.unknown if event is Event.MONITOR_RESTORED else None
    in_maintenance = verdict.status is Status.MAINTENANCE
    return Notification(
        id=f"{seen.poll_id}.0",
        event=event,
        at=seen.at,
        period=confirmed.with_latest_cause(verdict.cause) if confirmed else None,
        previous=before.confirmed if before.status != seen.after.status else None,
        unknown=seen.after.unknown if event is Event.MONITOR_LOST else None,
        last_login=seen.last_login if verdict.cause is Cause.LOGIN_REFUSED else None,
        nodes=_nodes(verdict),
        uptime=_uptime(seen.ledger, seen.at),
        window=_window(current(_reservations(verdict), seen.at)) if in_maintenance else None,
        unknown_since=was_unknown.since if was_unknown else None,
        login_only=_is_login_only(verdict),
    )


def _schedule_maintenance(outbox: Outbox, seen: Observation) -> Outbox:
    """Announce the next maintenance that was not announced yet; one a poll, each by itself."""
    announced = tuple(
        window for window in outbox.announced_maintenance if window.end and window.end > seen.at
    )
    outbox = replace(outbox, announced_maintenance=announced)
    times = [(window.begin, window.end) for window in announced if window.end]
    window = _window(coming(_reservations(seen.verdict), seen.at, notified=times))
    if window is None or seen.after.confirmed is None:
        return outbox
    notification = Notification(
        id=f"{seen.poll_id}.1",
        event=Event.MAINTENANCE_SCHEDULED,
        at=seen.at,
        period=seen.after.confirmed,
        nodes=_nodes(seen.verdict),
        window=window,
    )
    announced = (*announced, window)[-ANNOUNCED_MAINTENANCE_KEPT:]
    return replace(enqueue(outbox, notification), announced_maintenance=announced)


def _nodes(verdict: Verdict) -> NodeCounts | None:
    state = verdict.cluster_state
    return state.nodes if state and not state.login_only else None


def _is_login_only(verdict: Verdict) -> bool:
    return verdict.cluster_state is not None and verdict.cluster_state.login_only


def _uptime(ledger: UptimeLedger, at: datetime) -> Uptime | None:
    return uptime(ledger, WINDOWS["30 d"], at)


def _reservations(verdict: Verdict) -> tuple[Reservation, ...]:
    maintenance = verdict.cluster_state.maintenance if verdict.cluster_state else None
    return maintenance.reservations if maintenance else ()


def _window(reservation: Reservation | None) -> Window | None:
    if reservation is None:
        return None
    return Window(reservation.begin, last_instant(reservation), reservation.nodes)
