"""A message in neutral words: headline, sentence, facts, table. Each channel dresses it as it can."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification, Window
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.quotation import Quotation, quotation_for
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    NodeCounts,
    Partition,
)
from cluster_status.domain.status.cause import Cause, Status, cause_info
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.uptime import Uptime


class Fact(Struct, frozen=True):
    """One labelled fact. An instant stays one, so that a channel can show it in the reader's time zone."""

    label: str
    value: str | datetime | timedelta


class Message(Struct, frozen=True):
    status: Status  # gives the colour
    headline: str
    sentence: str
    at: datetime
    facts: tuple[Fact, ...] = ()
    partitions: tuple[Partition, ...] = ()
    gpus: dict[str, tuple[Gpus, ...]] = {}  # by name of the partition
    drain_reasons: tuple[DrainReason, ...] = ()  # newest first
    quotation: Quotation | None = None
    mention: str = ""  # who is mentioned, as the channel writes it
    is_news: bool = True  # otherwise no sound is needed


UPTIME_DAYS = 30
_WELL_KNOWN = 0.9  # from this coverage on, an uptime needs no words about what it is based on
_EPSILON = 1e-6  # 0.29 * 100 is a little less than 29

_PHRASES = {
    Status.ONLINE: "online",
    Status.DEGRADED: "degraded",
    Status.MAINTENANCE: "in maintenance",
    Status.OFFLINE: "offline",
}

_HEADLINES = {
    Event.INITIAL: "{name} is {status}",
    Event.OUTAGE: "{name} is {status}",
    Event.DEGRADED: "{name} is {status}",
    Event.MAINTENANCE_STARTED: "{name} is {status}",
    Event.PARTIAL_RECOVERY: "{name} is back, but {status}",
    Event.RECOVERY: "{name} is back {status}",
    Event.MONITOR_LOST: "The monitor cannot tell how {name} is",
    Event.MONITOR_RESTORED: "The monitor sees {name} again, still {status}",
    Event.MAINTENANCE_SCHEDULED: "Maintenance of {name} is coming",
    Event.REMINDER: "{name} is still {status}",
}


def compose(
    notification: Notification, cluster_name: str, policy: ChannelPolicy, cluster_state: ClusterState | None
) -> Message:
    """Return the message for a channel; `cluster_state` is what Slurm listed at that poll, if it did."""
    status = _status(notification)
    details = (cluster_state.details if cluster_state else None) or Details()
    partitions = cluster_state.partitions if cluster_state and policy.with_partitions else ()
    window = notification.window or _maintenance(details, notification.at)
    return Message(
        status=status,
        headline=_headline(notification, cluster_name),
        sentence=_sentence(notification),
        at=notification.at,
        facts=tuple(_facts(notification, window)),
        partitions=partitions,
        gpus=details.gpus if policy.with_partitions else {},
        drain_reasons=details.drain_reasons if policy.with_partitions else (),
        quotation=quotation_for(status, notification.at) if policy.with_quotation else None,
        mention=policy.mention if notification.event is Event.OUTAGE else "",
        is_news=notification.event is not Event.REMINDER,
    )


def _status(notification: Notification) -> Status:
    """Return the status that gives the colour; one that a later version stored shows as unknown."""
    if notification.event is Event.MAINTENANCE_SCHEDULED:
        return Status.MAINTENANCE
    status = notification.period.status
    return status if status in _PHRASES and not notification.unknown else Status.UNKNOWN


def _headline(notification: Notification, cluster_name: str) -> str:
    status = notification.period.status
    headline = _HEADLINES.get(notification.event, "{name} is {status}")
    if notification.unknown and notification.unknown.cause is Cause.LOGIN_REFUSED:
        headline = "The monitor can no longer log in to {name}"
    return headline.format(name=cluster_name, status=_phrase(status))


def _phrase(status: Status) -> str:
    return _PHRASES.get(status, str(status))


def describe(verdict: Verdict, cluster_name: str) -> str:
    """Say in one line what a poll saw."""
    if verdict.status is Status.UNKNOWN:
        words = f"The monitor cannot tell how {cluster_name} is"
    else:
        words = f"{cluster_name} is {_phrase(verdict.status)}"
    if verdict.cause:
        words += f": {cause_info(verdict.cause).words}"
    if verdict.cluster_state is not None:
        words += f" ({_in_service(verdict.cluster_state.nodes)})"
    return words


def _in_service(nodes: NodeCounts) -> str:
    return f"{nodes.in_service} of {nodes.total} nodes in service" if nodes.total else "no nodes listed"


def _sentence(notification: Notification) -> str:
    """Why, in plain words; empty where the headline says it all."""
    if notification.event is Event.MAINTENANCE_SCHEDULED:
        return ""
    unknown = notification.unknown
    causes = (unknown.cause,) if unknown else notification.period.causes[-1:]
    words = [cause_info(cause).words for cause in causes if cause and cause is not Cause.MAINTENANCE]
    if unknown and unknown.cause and cause_info(unknown.cause).network:
        words = ["this run reaches neither it nor anything else"]  # else it would be an outage
    if notification.event is Event.INITIAL:
        words.append("watching from now on")
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in words)


def _maintenance(details: Details, at: datetime) -> Window | None:
    """Return the time of the maintenance that is next, or now."""
    return next((Window(one.begin, one.end, one.nodes) for one in details.reservations if one.end > at), None)


def _facts(notification: Notification, maintenance: Window | None) -> Iterator[Fact]:
    unknown, period, previous = notification.unknown, notification.period, notification.previous
    if unknown:
        yield Fact("Cannot tell since", unknown.since)
        if notification.last_login:
            yield Fact("The login worked until", notification.last_login)
        yield Fact("Last known", period.status.value)
    elif notification.event is not Event.MAINTENANCE_SCHEDULED:
        yield Fact("Since", period.since)
    elif maintenance:
        yield Fact("Begins", maintenance.begin)
        yield Fact("Ends", maintenance.end)
        yield Fact("Nodes reserved", str(maintenance.nodes))
    if notification.unknown_since and notification.at >= notification.unknown_since:
        yield Fact("Could not tell for", notification.at - notification.unknown_since)
    if previous:
        yield from _replaced(previous, period)
    if notification.nodes:
        nodes = notification.nodes
        yield Fact(
            "Nodes", f"{nodes.in_service} of {nodes.total} in service" if nodes.total else "none listed"
        )
    yield from _record(notification)
    if maintenance and notification.event is not Event.MAINTENANCE_SCHEDULED:
        yield from _reserved(maintenance, notification.at)
    if notification.dropped:
        yield Fact("Older messages that could not be delivered", str(notification.dropped))


def _reserved(maintenance: Window, at: datetime) -> Iterator[Fact]:
    if maintenance.begin > at:
        yield Fact("Nodes reserved", str(maintenance.nodes))
        yield Fact("Maintenance begins", maintenance.begin)
    yield Fact("Maintenance ends", maintenance.end)


def _replaced(before: StatusPeriod, period: StatusPeriod) -> Iterator[Fact]:
    if period.since >= before.since:  # else the clock was set back, and nobody knows for how long
        yield Fact(f"Was {_phrase(before.status)} for", period.since - before.since)
    causes = [cause_info(cause).noun for cause in before.causes if cause is not Cause.MAINTENANCE]
    if causes:
        yield Fact("The cause was", ", then ".join(causes))


def _record(notification: Notification) -> Iterator[Fact]:
    if notification.uptime and notification.uptime.coverage * UPTIME_DAYS >= 1:  # less says nothing yet
        yield Fact(f"Uptime, {UPTIME_DAYS} days", _uptime(notification.uptime))
    if notification.missed_polls:
        yield Fact("Polls missed before this one", str(notification.missed_polls))


def _uptime(uptime: Uptime) -> str:
    """Put it in tenths of a percent, rounded down: what was down for a minute was not up all the time."""
    share = f"{int(uptime.up * 1000 + _EPSILON) / 10:.1f} %"
    if uptime.coverage >= _WELL_KNOWN:
        return share
    days = round(uptime.coverage * UPTIME_DAYS)
    return f"{share} of the {days} days known" if days > 1 else f"{share} of the one day known"
