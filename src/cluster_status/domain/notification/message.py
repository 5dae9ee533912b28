"""A message, independent of the channel: headline, sentence, facts, table. Each channel formats it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.partition_news import is_of_partition_maintenance
from cluster_status.domain.notification.partition_words import are, clauses_of, clauses_of_poll
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.quotation import Quotation, quotation_for
from cluster_status.domain.notification.window_facts import (
    FORMER_TIMES,
    clause_behind,
    window_facts,
    window_sentence,
)
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    NodeCounts,
    Partition,
)
from cluster_status.domain.status.cause import RUNNER_OFFLINE, Cause, Status, cause_info
from cluster_status.domain.status.partitions import PartitionReport
from cluster_status.domain.status.tracker import RECENT_POLLS, StatusPeriod
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.uptime import Uptime


class Fact(Struct, frozen=True):
    """One labelled fact. A datetime is kept, so that a channel can show it in the reader's time zone."""

    label: str
    value: str | datetime | timedelta


class Message(Struct, frozen=True):
    status: Status  # gives the colour
    headline: str
    sentence: str
    at: datetime  # shown by each channel
    remedy: str = ""  # what to do; never text of a server
    facts: tuple[Fact, ...] = ()
    partitions: tuple[Partition, ...] = ()
    lost: tuple[str, ...] = ()  # names of partitions to show first
    usual: tuple[str, ...] = ()  # names of partitions to show last
    gpus: dict[str, tuple[Gpus, ...]] = {}  # by partition name
    drain_reasons: tuple[DrainReason, ...] = ()  # newest first
    quotation: Quotation | None = None
    mention: str = ""  # role or user to mention, in the syntax of the channel
    is_news: bool = True  # otherwise it is sent without a notification sound
    url: str = ""  # page of the run that sends or edits it; alone it is no reason for an edit


SINCE = "Since"  # label of the fact
UPTIME_DAYS = 30
_WELL_KNOWN = 0.9  # from this coverage on, an uptime is shown without the number of days it is based on
_EPSILON = 1e-6  # 0.29 * 100 is a little less than 29

_PHRASES = {
    Status.ONLINE: "online",
    Status.DEGRADED: "degraded",
    Status.MAINTENANCE: "in maintenance",
    Status.OFFLINE: "offline",
}

_UNSTABLE = "the status changes often: single changes are not notified until it has been the same for an hour"
_STABLE = "the status has been the same for an hour"

_PARTITION_MAINTENANCE = "{name} is {status}: {partitions} in maintenance"

_PLAIN = "{name} is {status}"
_HEADLINES = {
    Event.INITIAL: _PLAIN,
    Event.OUTAGE: _PLAIN,
    Event.DEGRADED: _PLAIN,
    Event.MAINTENANCE_STARTED: _PLAIN,
    Event.PARTIAL_RECOVERY: "{name} is partially back: {status}",
    Event.RECOVERY: "{name} is back {status}",
    Event.MONITOR_LOST: "{name}: status unknown",
    Event.MONITOR_RESTORED: "Monitoring of {name} restored: still {status}",
    Event.PARTITION_LOST: "{name} is still {status}: {partitions} lost, too",
    Event.PARTITION_BACK: "{name} is still {status}: {partitions} back",
    Event.MAINTENANCE_SCHEDULED: "Maintenance of {name} scheduled",
    Event.MAINTENANCE_CHANGED: "Maintenance of {name} changed",
    Event.MAINTENANCE_CANCELLED: "Maintenance of {name} cancelled",
    Event.MAINTENANCE_OVERDUE: "Maintenance of {name} is overdue: {status}",
    Event.STATUS_UNSTABLE: "{name} is unstable: now {status}",
    Event.HISTORY_NOT_SAVED: "Monitoring of {name} cannot save its history",
    Event.REMINDER: "{name} is still {status}",
}

_WINDOW_HEADLINES = {
    Event.MAINTENANCE_STARTED: "Maintenance of {name} has started",
    Event.RECOVERY: "Maintenance of {name} has ended",
}  # where the status stays
_PLANS = frozenset({Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CHANGED, Event.MAINTENANCE_STARTED})


def compose(
    notification: Notification,
    cluster_name: str,
    policy: ChannelPolicy,
    cluster_state: ClusterState | None,
    url: str = "",
) -> Message:
    """Return the message for a channel; `cluster_state` is that of the same poll, if there is one."""
    status = _status(notification)
    details = (cluster_state.details if cluster_state else None) or Details()
    partitions = cluster_state.partitions if cluster_state and policy.with_partitions else ()
    return Message(
        status=status,
        headline=_headline(notification, cluster_name),
        sentence=_sentence(notification),
        at=notification.at,
        remedy=_remedy(notification),
        facts=tuple(_once(_facts(notification), notification.at)),
        partitions=partitions,
        gpus=details.gpus if policy.with_partitions else {},
        drain_reasons=details.drain_reasons if policy.with_partitions else (),
        quotation=quotation_for(status, notification.at) if policy.with_quotation else None,
        mention=policy.mention if _is_outage(notification) else "",
        is_news=notification.event is not Event.REMINDER,
        url=url,
    )


def with_order(message: Message, report: PartitionReport | None) -> Message:
    """Return the message with the partitions to show first and last, as this poll found them."""
    return replace(message, lost=report.found, usual=report.usual) if report else message


def _status(notification: Notification) -> Status:
    """Return the status that gives the colour; one that a later version stored shows as unknown."""
    is_plan = notification.is_about_window and notification.event in _PLANS
    if is_plan or is_of_partition_maintenance(notification):
        return Status.MAINTENANCE
    status = notification.period.status if notification.period else Status.UNKNOWN
    return status if status in _PHRASES and not notification.unknown else Status.UNKNOWN


def _headline(notification: Notification, cluster_name: str) -> str:
    period = notification.period
    headline = _HEADLINES.get(notification.event, _PLAIN)
    if notification.is_about_window:
        headline = _window_headline(notification, headline)
    if notification.unknown and notification.unknown.cause is Cause.LOGIN_REFUSED:
        headline = "Login to {name} no longer works"
    elif is_of_partition_maintenance(notification):
        headline = _PARTITION_MAINTENANCE
    elif notification.nothing_back:
        headline = _PLAIN
    elif notification.event is Event.REMINDER and notification.instability:  # "still" may not be true
        headline = _HEADLINES[Event.STATUS_UNSTABLE]
    elif period and period.excused:  # the status was another one, and no message was sent of the change
        headline = headline.replace("still ", "")
    return headline.format(
        name=cluster_name,
        status=_phrase(period.status if period else Status.UNKNOWN),
        partitions=are(notification.partitions),
    )


def _window_headline(notification: Notification, headline: str) -> str:
    if notification.event is Event.MAINTENANCE_SCHEDULED and notification.previous_window:
        return "Maintenance of {name} begins within a day"
    return _WINDOW_HEADLINES.get(notification.event, headline)


def _is_outage(notification: Notification) -> bool:
    """Return whether the cluster has gone offline."""
    is_offline = notification.period is not None and notification.period.status is Status.OFFLINE
    return notification.event is Event.OUTAGE or (
        notification.event is Event.MAINTENANCE_OVERDUE and is_offline
    )


def _phrase(status: Status) -> str:
    return _PHRASES.get(status, str(status))


def describe(verdict: Verdict, cluster_name: str) -> str:
    """Return the result of one poll as one line."""
    if verdict.status is Status.UNKNOWN:
        line = f"Status of {cluster_name} is unknown"
    else:
        line = f"{cluster_name} is {_phrase(verdict.status)}"
    if verdict.behind:
        line += f": {clause_behind(verdict.behind)}"
    elif verdict.cause:
        line += f": {'; '.join(clauses_of_poll(verdict)) or cause_info(verdict.cause).clause}"
    if verdict.cluster_state is not None:
        state = verdict.cluster_state
        line += " (only the login is checked)" if state.login_only else f" ({_in_service(state.nodes)})"
    return line


def _in_service(nodes: NodeCounts) -> str:
    return f"{nodes.in_service} of {nodes.total} nodes in service" if nodes.total else "no nodes listed"


def _sentence(notification: Notification) -> str:
    """Return the cause as a sentence; empty if the headline is enough."""
    if notification.is_about_window:
        return window_sentence(notification)
    unknown, period = notification.unknown, notification.period
    known_causes = period.causes[-1:] if period else ()
    causes = (unknown.cause,) if unknown else known_causes
    parts = [cause_info(cause).clause for cause in causes if cause and cause is not Cause.MAINTENANCE]
    if notification.behind:
        parts = [*parts, clause_behind(notification.behind)]
    if not unknown:
        parts = [*clauses_of(notification, parts)]
    if unknown and unknown.cause and cause_info(unknown.cause).network:
        parts = ["the runner could reach neither the cluster nor any other host"]  # else it is an outage
    if unknown and unknown.intermittent:
        parts.append(f"at least half of the last {RECENT_POLLS} polls had an unknown status")
    if notification.login_only:
        parts.append("only the login is checked, not Slurm")
    if notification.event is Event.INITIAL:
        parts.append("monitoring started")
    if notification.instability:
        parts.append(_STABLE if notification.instability.is_over else _UNSTABLE)
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in parts)


def _remedy(notification: Notification) -> str:
    """Return what to do about an unknown status."""
    if not (notification.unknown and notification.unknown.cause):
        return ""
    info = cause_info(notification.unknown.cause)
    return RUNNER_OFFLINE if info.network else info.remedy


def _once(facts: Iterable[Fact], at: datetime) -> Iterator[Fact]:
    """Yield the facts without those whose time the message shows already; each channel shows `at`.

    A former time stays: that it is another one's time as well does not say what has changed.
    """
    shown = {at}
    for fact in facts:
        if not isinstance(fact.value, datetime) or fact.label in FORMER_TIMES:
            yield fact
        elif fact.value not in shown:
            shown.add(fact.value)
            yield fact


def _facts(notification: Notification) -> Iterator[Fact]:
    windows = [Fact(label, value) for label, value in window_facts(notification)]
    if notification.is_about_window:
        yield from windows
    else:
        yield from _times(notification)
    if notification.unknown_since and notification.at >= notification.unknown_since:
        yield Fact("Unknown for", notification.at - notification.unknown_since)
    if notification.previous and notification.period:
        yield from _replaced(notification.previous, notification.period)
    if notification.nodes:
        nodes = notification.nodes
        in_service = f"{nodes.in_service} of {nodes.total} in service"
        yield Fact("Nodes", in_service if nodes.total else "none listed")
    yield from _record(notification)
    if not notification.is_about_window:
        yield from windows
    if notification.dropped:
        yield Fact("Older messages not delivered", str(notification.dropped))


def _times(notification: Notification) -> Iterator[Fact]:
    unknown, period = notification.unknown, notification.period
    if unknown:
        yield Fact("Unknown since", unknown.since)
        if notification.last_login:
            yield Fact("Last successful login", notification.last_login)
        if period:
            yield Fact("Last known status", period.status.value)
    elif period and not is_of_partition_maintenance(notification):
        yield Fact(SINCE, period.since)


def _replaced(before: StatusPeriod, period: StatusPeriod) -> Iterator[Fact]:
    if period.since >= before.since:  # else the clock was set back, and the duration is not known
        yield Fact(f"Was {_phrase(before.status)} for", period.since - before.since)
    causes = [cause_info(cause).clause for cause in before.causes if cause is not Cause.MAINTENANCE]
    if causes:
        yield Fact("Cause", "; then ".join(causes))


def _record(notification: Notification) -> Iterator[Fact]:
    if notification.uptime and notification.uptime.coverage * UPTIME_DAYS >= 1:  # less means little
        yield Fact(f"Uptime, {UPTIME_DAYS} days", _uptime(notification.uptime))
    if notification.instability:
        downtime = notification.instability.downtime
        yield Fact("Unstable since", notification.instability.since)
        yield Fact("Outages, 24 h", str(downtime.outages))
        yield Fact("Time down, 24 h", timedelta(seconds=downtime.seconds))
    if notification.missed_polls:
        yield Fact("Missed polls", str(notification.missed_polls))


def _uptime(uptime: Uptime) -> str:
    """Return tenths of a percent, rounded down: after a minute of downtime it is below 100 %."""
    share = f"{int(uptime.up * 1000 + _EPSILON) / 10:.1f} %"
    if uptime.coverage >= _WELL_KNOWN:
        return share
    return f"{share} ({round(uptime.coverage * UPTIME_DAYS)} of {UPTIME_DAYS} days monitored)"
