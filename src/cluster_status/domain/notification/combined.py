"""One message for the changes of several clusters."""

from collections.abc import Sequence

from cluster_status.domain.notification.content.headline import phrase
from cluster_status.domain.notification.message import Message
from cluster_status.domain.status.cause import Status

MOST_SINGLE = 3  # clusters whose changes are messages of their own
_WORST_FIRST = (Status.OFFLINE, Status.DEGRADED, Status.UNKNOWN, Status.MAINTENANCE, Status.ONLINE)


def combined(messages: Sequence[Message]) -> Message:
    """Return a message that lists the headlines and sentences of these, the worst first."""
    ordered = sorted(messages, key=lambda one: _WORST_FIRST.index(one.status))
    return Message(
        status=ordered[0].status,
        headline=_headline(ordered),
        sentence="",
        at=max(one.at for one in messages),
        changes=tuple(ordered),
        mention=next((one.mention for one in ordered if one.mention), ""),
        is_news=any(one.is_news for one in messages),
        url=ordered[0].url,
    )


def _headline(messages: Sequence[Message]) -> str:
    counts = {status: sum(one.status is status for one in messages) for status in _WORST_FIRST}
    return ", ".join(f"{count} {phrase(status)}" for status, count in counts.items() if count)
