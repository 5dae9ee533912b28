"""Which notifications a poll adds to the outbox, and how the latest one is kept up to date."""

from msgspec.structs import replace

from cluster_status.domain.maintenance.calendar import KnownWindow
from cluster_status.domain.notification.check_events import check_events, named_checks
from cluster_status.domain.notification.damping import Damping, after_change, without_change
from cluster_status.domain.notification.event import CHANGES, Event, event_between, is_monitor_restored
from cluster_status.domain.notification.mute import Mute, end_event, without_missed
from cluster_status.domain.notification.notification import DOWNTIME_OF, Instability, Notification
from cluster_status.domain.notification.observation import (
    Observation,
    is_login_only,
    nodes_of,
    uptime_of,
    window_to_show,
)
from cluster_status.domain.notification.outbox import ChannelOutbox, Outbox, enqueue, without_stale
from cluster_status.domain.notification.partition_events import named_partitions, partition_events
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.selection import is_chosen, is_problem
from cluster_status.domain.notification.window_events import EVENTS, is_needed, shown_window, without_windows
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.site_checks.report import CAUSES_OF_CHECKS
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.incident import downtime

RECOVERIES = frozenset({Event.RECOVERY, Event.PARTIAL_RECOVERY})
_SAME = {Event.CHECK_FAILED: Event.PARTITION_LOST, Event.CHECK_PASSED: Event.PARTITION_BACK}
_NOT_BACK = frozenset({Event.OUTAGE, Event.DEGRADED, Event.PARTIAL_RECOVERY})


def notify_after_mute(
    outbox: Outbox, seen: Observation, channels: tuple[ChannelPolicy, ...], mute: Mute
) -> Outbox:
    """Return the outbox with the notifications of the first poll after a mute.

    Muted channels get the difference from its begin instead of the changes of this poll.
    """
    of_issues = tuple(policy for policy in channels if policy.issues)
    others = tuple(policy for policy in channels if not policy.issues)
    outbox = notify(without_missed(outbox, mute, channels), seen, of_issues)
    event = end_event(mute, seen.after)
    if event:
        missed = _missed(seen, mute) if event is Event.MUTE_ENDED else mute.confirmed
        ended = replace(_notification(event, seen), previous=missed, nothing_back=False)
        for policy in others:
            outbox = enqueue(outbox, ended, only=policy.id)
    return _with_chosen(outbox, seen.poll_id, others)


def _missed(seen: Observation, mute: Mute) -> StatusPeriod | None:
    """Return the last incident that a mute has kept back."""
    missed = [one for one in seen.incidents if one.until > mute.since]
    return StatusPeriod(missed[-1].status, missed[-1].since, missed[-1].causes) if missed else None


def notify(outbox: Outbox, seen: Observation, channels: tuple[ChannelPolicy, ...]) -> Outbox:
    """Return the outbox with the notifications of this poll."""
    seen = replace(seen, verdict=_without_windows(seen))
    events = _events(seen)
    is_confirmed = seen.verdict.status is seen.after.status
    for policy in channels:
        is_reminded = is_confirmed
        is_stable = outbox.channel(policy.id).damping.unstable_since is None
        own = _incident_events(seen) if policy.issues and is_stable else ()
        for number, event in enumerate(events or own or [_unnamed_losses(outbox, policy.id, seen)]):
            outbox, damped = _damp(outbox, policy.id, event, seen, is_confirmed=is_confirmed)
            if damped:
                damped = replace(damped, id=f"{seen.poll_id}.{f'p{number}' if number else 0}")
                outbox, is_reminded = enqueue(outbox, damped, only=policy.id), False
        if is_reminded or policy.overview:
            outbox = remind(outbox, seen, policy)
    outbox = _notify_of_conditions(outbox, seen)
    outbox = without_stale(_notify_of_windows(outbox, seen), seen.calendar)
    return _with_chosen(outbox, seen.poll_id, channels)


def _with_chosen(outbox: Outbox, poll_id: str, channels: tuple[ChannelPolicy, ...]) -> Outbox:
    """Remove those notifications of this poll that a channel has not chosen."""
    states = {policy.id: _chosen(outbox.channel(policy.id), poll_id, policy) for policy in channels}
    return replace(outbox, channels={**outbox.channels, **states})


def _chosen(state: ChannelOutbox, poll_id: str, policy: ChannelPolicy) -> ChannelOutbox:
    kept, missed, knows_problem = list[Notification](), state.missed_polls, state.knows_problem
    for one in state.pending:
        is_new = one.id.startswith(f"{poll_id}.")
        if is_new and not is_chosen(one, policy.kinds, knows_problem=knows_problem):
            missed += one.missed_polls
            continue
        kept.append(one)
        if is_new and not (policy.overview and one.event is Event.REMINDER):  # else it is no message
            knows_problem = is_problem(one)
    return replace(state, pending=tuple(kept), missed_polls=missed, knows_problem=knows_problem)


def _without_windows(seen: Observation) -> Verdict:
    report = seen.verdict.partitions
    return replace(seen.verdict, partitions=report and without_windows(report, seen.calendar, seen.changes))


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
        status = seen.after.status
        of_partitions = list(partition_events(status, seen.verdict.partitions))
        # the message about partitions names the checks as well
        of_checks = [one for one in check_events(status, seen.verdict) if _SAME[one] not in of_partitions]
        return [*filter(None, [event]), *of_partitions, *of_checks]
    return [Event.MAINTENANCE_OVERDUE if event in _NOT_BACK and _overdue(seen) else event]


def _unnamed_losses(outbox: Outbox, channel_id: str, seen: Observation) -> Event | None:
    """Return the event for lost partitions that the latest message could not name."""
    report, status = seen.verdict.partitions, seen.after.status
    is_due = outbox.channel(channel_id).losses_unnamed and report is not None and bool(report.lost)
    return Event.PARTITION_LOST if is_due and status is seen.verdict.status is Status.DEGRADED else None


def _incident_events(seen: Observation) -> list[Event]:
    """Return what an issue shows of a poll without other events: a further cause, or a quiet end."""
    before, after = seen.before.confirmed, seen.after.confirmed
    if before is None or after is None:
        return []
    if after.status is not before.status:
        return [Event.RECOVERY] if after.nothing_back else []
    is_incident = after.status in {Status.OFFLINE, Status.DEGRADED}
    has_further_cause = after.since == before.since and not set(after.causes) <= set(before.causes)
    return [Event.CAUSE_CHANGED] if is_incident and has_further_cause else []


def _damp(
    outbox: Outbox, channel_id: str, event: Event | None, seen: Observation, *, is_confirmed: bool
) -> tuple[Outbox, Notification | None]:
    """Return the notification that the channel gets for the event of this poll, if any."""
    channel = outbox.channel(channel_id)
    before, chosen = channel.damping, None
    damping = before
    if event:
        damping, chosen = after_change(before, event, seen.at)
        if chosen is None and is_monitor_restored(seen.before, seen.after):
            chosen = Event.MONITOR_RESTORED
    elif is_confirmed and seen.after.confirmed:
        damping, chosen = without_change(before, seen.after.confirmed, seen.at)
    channel = replace(channel, damping=damping)
    if chosen in CHANGES | {Event.INITIAL, Event.STATUS_UNSTABLE}:
        is_unnamed = seen.after.status is Status.DEGRADED and seen.verdict.partitions is None
        channel = replace(channel, losses_unnamed=is_unnamed)
    outbox = replace(outbox, channels={**outbox.channels, channel_id: channel})
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
    if policy.overview:  # it can be pending with a change of the same poll
        reminder = replace(reminder, id=f"{seen.poll_id}.overview")
    instability = _instability(channel.damping, channel.damping, seen)
    return enqueue(outbox, replace(reminder, instability=instability), only=policy.id)


def _notification(event: Event, seen: Observation) -> Notification:
    before, verdict, confirmed = seen.before, seen.verdict, seen.after.confirmed
    was_unknown = before.unknown if event is Event.MONITOR_RESTORED else None
    overdue = _overdue(seen) if event is Event.MAINTENANCE_OVERDUE else None
    announced = shown_window(event, seen.calendar, seen.at, seen.after.status)
    named = named_partitions(event, before, seen.after, verdict)
    checks = named_checks(event, seen.after.status, verdict)
    return Notification(
        id=f"{seen.poll_id}.0",
        event=event,
        at=seen.at,
        period=confirmed.with_latest_cause(verdict.confirming_cause) if confirmed else None,
        previous=before.confirmed if before.status != seen.after.status else None,
        unknown=seen.after.unknown if event is Event.MONITOR_LOST else None,
        last_login=seen.last_login if verdict.cause is Cause.LOGIN_REFUSED else None,
        nodes=nodes_of(verdict),
        uptime=uptime_of(seen.ledger, seen.at),
        window=overdue.window if overdue else window_to_show(seen, seen.at),
        window_id=announced.id if announced else "",
        unknown_since=was_unknown.since if was_unknown else None,
        login_only=is_login_only(verdict),
        underlying_cause=verdict.underlying_cause,
        partitions=named.partitions,
        still_out=named.still_out,
        checks=checks.failing,
        checks_passed=checks.passed,
        nothing_back=event in RECOVERIES and _is_nothing_back(before, verdict),
    )


def _is_nothing_back(before: StatusTracker, verdict: Verdict) -> bool:
    """Return whether no partition and no site check is back, and no more nodes are in service than before."""
    was, now = before.in_service, verdict.in_service
    has_partition_back = verdict.partitions is not None and bool(verdict.partitions.back)
    has_passed = verdict.site_checks is not None and bool(verdict.site_checks.passed)
    is_back = has_partition_back or has_passed or before.cause in CAUSES_OF_CHECKS
    return was is not None and now is not None and now <= was and not is_back


def _notify_of_conditions(outbox: Outbox, seen: Observation) -> Outbox:
    if not seen.conditions:
        return outbox
    notification = Notification(
        id=f"{seen.poll_id}.c",
        event=Event.CONDITION_MET,
        at=seen.at,
        period=seen.after.confirmed,
        nodes=nodes_of(seen.verdict),
        conditions=seen.conditions,
    )
    return enqueue(outbox, notification)


def _notify_of_windows(outbox: Outbox, seen: Observation) -> Outbox:
    confirmed = seen.after.confirmed
    for number, change in enumerate(seen.changes, 1):
        if confirmed and is_needed(change, confirmed, seen.incidents, seen.at):
            notification = Notification(
                id=f"{seen.poll_id}.{number}",
                event=EVENTS[change.event],
                at=seen.at,
                period=confirmed,
                nodes=nodes_of(seen.verdict),
                window=change.window,
                previous_window=change.previous,
                window_id=change.id,
                further_windows=change.further,
            )
            outbox = enqueue(outbox, notification)
    return outbox
