"""One message about several clusters: their changes, or how all of them are."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from cluster_status.domain.notification.content.headline import phrase
from cluster_status.domain.notification.content.week_text import brief, numbers, period, uptime
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.weekly.week import Week
from cluster_status.domain.status.severity import counted, rank

_MOST_BLOCKS = 8  # in a report, else each cluster has a line
MOST_SINGLE = 3  # clusters whose changes are messages of their own


def combined(messages: Sequence[Message]) -> Message:
    """Return a message that lists the headlines and sentences of these, which are in the order of their time.

    A cluster can have several, if they waited for the channel. It counts once, with the status of the last
    one. The clusters with the worst status come first.
    """
    latest = {one.cluster: one for one in messages}
    places = {cluster: place for place, cluster in enumerate(latest)}
    ordered = sorted(messages, key=lambda one: (rank(latest[one.cluster].status), places[one.cluster]))
    worst = latest[ordered[0].cluster]
    return Message(
        status=worst.status,
        headline=_headline(list(latest.values())),
        sentence="",
        at=max(one.at for one in messages),
        changes=tuple(ordered),
        mention=next((one.mention for one in ordered if one.mention), ""),
        is_news=any(one.is_news for one in messages),
        url=worst.url,
    )


def weekly(messages: Sequence[Message]) -> Message:
    """Return one report on all clusters, the lowest uptime first."""
    ordered = sorted(messages, key=lambda one: (_week(one).up is not None, _week(one).up))
    number = sum(_week(one).outages for one in messages)
    what = "no outage" if number == 0 else "1 outage" if number == 1 else f"{number} outages"
    return Message(
        status=min((one.status for one in messages), key=rank),
        headline=f"Weekly report of {len(messages)} clusters: {what}",
        sentence=period(_week(ordered[-1])),
        at=max(one.at for one in messages),
        changes=tuple(_block(one, is_brief=len(messages) > _MOST_BLOCKS) for one in ordered),
        is_report=True,
        url=ordered[0].url,
        page=_index(ordered[0]),
    )


def _week(message: Message) -> Week:
    week = message.notification.week if message.notification else None
    return week or Week(message.at)


def _block(message: Message, *, is_brief: bool) -> Message:
    week = _week(message)
    sentence = f"{brief(week)}." if is_brief else numbers(week)
    return replace(message, headline=f"{message.cluster}: {uptime(week)}", sentence=sentence)


def overview(messages: Sequence[Message]) -> Message:
    """Return the message that shows all clusters, the worst first; it is no news."""
    ordered = sorted(messages, key=lambda one: rank(one.status))
    number = "1 cluster" if len(ordered) == 1 else f"{len(ordered)} clusters"
    return Message(
        status=ordered[0].status,
        headline=f"{number}: {_headline(ordered)}",
        sentence="",
        at=max(map(_since, messages)),
        changes=tuple(map(_row, ordered)),
        is_overview=True,
        is_news=False,
        url=ordered[0].url,
        page=_index(ordered[0]),
    )


def _index(message: Message) -> str:
    """Return the status page of all clusters."""
    return message.page.rpartition("clusters/")[0]


def _row(message: Message) -> Message:
    """Return what an overview shows of a cluster. The time of this poll alone is no reason for an edit."""
    return Message(
        message.status,
        message.cluster,
        message.sentence,
        _since(message),
        cluster=message.cluster,
        notification=message.notification,
        notice=message.notice,
    )


def _since(message: Message) -> datetime:
    """Return when the status began that a message shows."""
    notification = message.notification
    period = (notification.unknown or notification.period) if notification else None
    return period.since if period else message.at


def _headline(messages: Sequence[Message]) -> str:
    monitored = [one for one in messages if not _is_of_removed(one)]
    parts = [f"{count} {phrase(status)}" for status, count in counted(one.status for one in monitored)]
    removed = len(messages) - len(monitored)
    return ", ".join([*parts, f"{removed} not monitored any more"] if removed else parts)


def _is_of_removed(message: Message) -> bool:
    return message.notification is not None and message.notification.event is Event.REMOVED
