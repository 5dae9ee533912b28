"""A message in neutral words: headline, sentence, facts, table. Each channel dresses it as it can."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.announcement import Announcement, Window
from cluster_status.domain.cause import TRAITS, Cause, Status
from cluster_status.domain.cluster import Details, DrainReason, Gpus, Listing, NodeCounts, Partition
from cluster_status.domain.quotation import Quotation, quotation_for
from cluster_status.domain.standing import Spell
from cluster_status.domain.transitions import Telling
from cluster_status.domain.uptime import Uptime
from cluster_status.domain.verdict import Verdict


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


class Wording(Struct, frozen=True):
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
    Telling.FIRST: "{name} is {status}",
    Telling.OUTAGE: "{name} is {status}",
    Telling.IMPAIRED: "{name} is {status}",
    Telling.MAINTENANCE: "{name} is {status}",
    Telling.PARTLY_BACK: "{name} is back, but {status}",
    Telling.RECOVERY: "{name} is back {status}",
    Telling.BLIND: "The monitor cannot tell how {name} is",
    Telling.SIGHTED: "The monitor sees {name} again, still {status}",
    Telling.COMING: "Maintenance of {name} is coming",
    Telling.REPEAT: "{name} is still {status}",
}


def compose(announcement: Announcement, wording: Wording, listing: Listing | None) -> Message:
    """Put an announcement into words; `listing` is what Slurm listed at that very poll, if it did."""
    doubt, spell = announcement.doubt, announcement.spell
    status = Status.UNKNOWN if doubt else spell.status
    if announcement.telling is Telling.COMING:
        status = Status.MAINTENANCE
    details = (listing.details if listing else None) or Details()
    shows_partitions = listing is not None and wording.with_partitions
    headline = _HEADLINES[announcement.telling]
    if doubt and doubt.cause is Cause.LOGIN_REFUSED:
        headline = "The monitor can no longer log in to {name}"
    return Message(
        status=status,
        headline=headline.format(name=wording.cluster_name, status=_PHRASES[spell.status]),
        sentence=_sentence(announcement),
        at=announcement.at,
        facts=tuple(_facts(announcement, announcement.window or _maintenance(details, announcement.at))),
        partitions=listing.partitions if listing and shows_partitions else (),
        gpus=details.gpus if shows_partitions else {},
        drain_reasons=details.drain_reasons if shows_partitions else (),
        quotation=quotation_for(status, announcement.at) if wording.with_quotation else None,
        urgent=announcement.telling is Telling.OUTAGE,
        is_news=announcement.telling is not Telling.REPEAT,
    )


def describe(verdict: Verdict, cluster_name: str) -> str:
    """Say in one line what a poll saw."""
    if verdict.status is Status.UNKNOWN:
        words = f"The monitor cannot tell how {cluster_name} is"
    else:
        words = f"{cluster_name} is {_PHRASES[verdict.status]}"
    if verdict.cause:
        words += f": {TRAITS[verdict.cause].words}"
    if verdict.listing is not None:
        words += f" ({_in_service(verdict.listing.nodes)})"
    return words


def _in_service(nodes: NodeCounts) -> str:
    return f"{nodes.in_service} of {nodes.total} nodes in service" if nodes.total else "no nodes listed"


def _sentence(announcement: Announcement) -> str:
    """Why, in plain words; empty where the headline says it all."""
    if announcement.telling is Telling.COMING:
        return ""
    doubt = announcement.doubt
    causes = (doubt.cause,) if doubt else announcement.spell.causes[-1:]
    words = [TRAITS[cause].words for cause in causes if cause and cause is not Cause.MAINTENANCE]
    if doubt and doubt.cause and TRAITS[doubt.cause].network:
        words = ["this run reaches neither it nor anything else"]  # else it would be an outage
    if announcement.telling is Telling.FIRST:
        words.append("watching from now on")
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in words)


def _maintenance(details: Details, at: datetime) -> Window | None:
    """Return the time of the maintenance that is next, or now."""
    return next((Window(one.begin, one.end, one.nodes) for one in details.reservations if one.end > at), None)


def _facts(announcement: Announcement, maintenance: Window | None) -> Iterator[Fact]:
    doubt, spell, before = announcement.doubt, announcement.spell, announcement.before
    if doubt:
        yield Fact("Cannot tell since", doubt.since)
        if announcement.login_worked_at:
            yield Fact("The login worked until", announcement.login_worked_at)
        yield Fact("Last known", spell.status.value)
    elif announcement.telling is not Telling.COMING:
        yield Fact("Since", spell.since)
    elif maintenance:
        yield Fact("Begins", maintenance.begin)
        yield Fact("Ends", maintenance.end)
        yield Fact("Nodes reserved", str(maintenance.nodes))
    if announcement.blind_since and announcement.at >= announcement.blind_since:
        yield Fact("Could not tell for", announcement.at - announcement.blind_since)
    if before:
        yield from _replaced(before, spell)
    if announcement.nodes:
        nodes = announcement.nodes
        yield Fact(
            "Nodes", f"{nodes.in_service} of {nodes.total} in service" if nodes.total else "none listed"
        )
    yield from _record(announcement)
    if maintenance and announcement.telling is not Telling.COMING:
        yield from _reserved(maintenance, announcement.at)
    if announcement.left_out:
        yield Fact("Older messages that could not be delivered", str(announcement.left_out))


def _reserved(maintenance: Window, at: datetime) -> Iterator[Fact]:
    if maintenance.begin > at:
        yield Fact("Nodes reserved", str(maintenance.nodes))
        yield Fact("Maintenance begins", maintenance.begin)
    yield Fact("Maintenance ends", maintenance.end)


def _replaced(before: Spell, spell: Spell) -> Iterator[Fact]:
    if spell.since >= before.since:  # else the clock was set back, and nobody knows for how long
        yield Fact(f"Was {_PHRASES[before.status]} for", spell.since - before.since)
    causes = [TRAITS[cause].noun for cause in before.causes if cause is not Cause.MAINTENANCE]
    if causes:
        yield Fact("The cause was", ", then ".join(causes))


def _record(announcement: Announcement) -> Iterator[Fact]:
    if announcement.uptime and announcement.uptime.coverage * UPTIME_DAYS >= 1:  # less says nothing yet
        yield Fact(f"Uptime, {UPTIME_DAYS} days", _uptime(announcement.uptime))
    if announcement.missed_polls:
        yield Fact("Polls missed before this one", str(announcement.missed_polls))


def _uptime(uptime: Uptime) -> str:
    """Put it in tenths of a percent, rounded down: what was down for a minute was not up all the time."""
    share = f"{int(uptime.up * 1000 + _EPSILON) / 10:.1f} %"
    if uptime.coverage >= _WELL_KNOWN:
        return share
    days = round(uptime.coverage * UPTIME_DAYS)
    return f"{share} of the {days} days known" if days > 1 else f"{share} of the one day known"
