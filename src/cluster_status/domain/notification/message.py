"""A message in neutral words: headline, sentence, facts, table. Each channel dresses it as it can."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.notification.notification import Notification, Window
from cluster_status.domain.notification.quotation import Quotation, quotation_for
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    NodeCounts,
    Partition,
)
from cluster_status.domain.status.cause import CAUSES, Cause, Status
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
    urgent: bool = False  # somebody may want to be called
    is_news: bool = True  # else nobody needs to be disturbed


class MessageOptions(Struct, frozen=True):
    """What the user wants in a message."""

    cluster_name: str
    with_partitions: bool = True
    with_quotation: bool = False


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
    notification: Notification, message_options: MessageOptions, cluster_state: ClusterState | None
) -> Message:
    """Put an announcement into words; `listing` is what Slurm listed at that very poll, if it did."""
    unknown_period, period = notification.unknown_period, notification.period
    status = Status.UNKNOWN if unknown_period else period.status
    if notification.event is Event.MAINTENANCE_SCHEDULED:
        status = Status.MAINTENANCE
    details = (cluster_state.details if cluster_state else None) or Details()
    shows_partitions = cluster_state is not None and message_options.with_partitions
    headline = _HEADLINES[notification.event]
    if unknown_period and unknown_period.cause is Cause.LOGIN_REFUSED:
        headline = "The monitor can no longer log in to {name}"
    return Message(
        status=status,
        headline=headline.format(name=message_options.cluster_name, status=_PHRASES[period.status]),
        sentence=_sentence(notification),
        at=notification.at,
        facts=tuple(_facts(notification, notification.window or _maintenance(details, notification.at))),
        partitions=cluster_state.partitions if cluster_state and shows_partitions else (),
        gpus=details.gpus if shows_partitions else {},
        drain_reasons=details.drain_reasons if shows_partitions else (),
        quotation=quotation_for(status, notification.at) if message_options.with_quotation else None,
        urgent=notification.event is Event.OUTAGE,
        is_news=notification.event is not Event.REMINDER,
    )


def describe(verdict: Verdict, cluster_name: str) -> str:
    """Say in one line what a poll saw."""
    if verdict.status is Status.UNKNOWN:
        words = f"The monitor cannot tell how {cluster_name} is"
    else:
        words = f"{cluster_name} is {_PHRASES[verdict.status]}"
    if verdict.cause:
        words += f": {CAUSES[verdict.cause].words}"
    if verdict.cluster_state is not None:
        words += f" ({_in_service(verdict.cluster_state.nodes)})"
    return words


def _in_service(nodes: NodeCounts) -> str:
    return f"{nodes.in_service} of {nodes.total} nodes in service" if nodes.total else "no nodes listed"


def _sentence(notification: Notification) -> str:
    """Why, in plain words; empty where the headline says it all."""
    if notification.event is Event.MAINTENANCE_SCHEDULED:
        return ""
    unknown_period = notification.unknown_period
    causes = (unknown_period.cause,) if unknown_period else notification.period.causes[-1:]
    words = [CAUSES[cause].words for cause in causes if cause and cause is not Cause.MAINTENANCE]
    if unknown_period and unknown_period.cause and CAUSES[unknown_period.cause].network:
        words = ["this run reaches neither it nor anything else"]  # else it would be an outage
    if notification.event is Event.INITIAL:
        words.append("watching from now on")
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in words)


def _maintenance(details: Details, at: datetime) -> Window | None:
    """Return the time of the maintenance that is next, or now."""
    return next((Window(one.begin, one.end, one.nodes) for one in details.reservations if one.end > at), None)


def _facts(notification: Notification, maintenance: Window | None) -> Iterator[Fact]:
    unknown_period, period, before = notification.unknown_period, notification.period, notification.before
    if unknown_period:
        yield Fact("Cannot tell since", unknown_period.since)
        if notification.login_worked_at:
            yield Fact("The login worked until", notification.login_worked_at)
        yield Fact("Last known", period.status.value)
    elif notification.event is not Event.MAINTENANCE_SCHEDULED:
        yield Fact("Since", period.since)
    elif maintenance:
        yield Fact("Begins", maintenance.begin)
        yield Fact("Ends", maintenance.end)
        yield Fact("Nodes reserved", str(maintenance.nodes))
    if notification.unknown_since and notification.at >= notification.unknown_since:
        yield Fact("Could not tell for", notification.at - notification.unknown_since)
    if before:
        yield from _replaced(before, period)
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
        yield Fact(f"Was {_PHRASES[before.status]} for", period.since - before.since)
    causes = [CAUSES[cause].noun for cause in before.causes if cause is not Cause.MAINTENANCE]
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
