"""One message for the changes of several clusters."""

from collections.abc import Sequence

from cluster_status.domain.notification.content.headline import phrase
from cluster_status.domain.notification.message import Message
from cluster_status.domain.status.severity import counted, rank

MOST_SINGLE = 3  # clusters whose changes are messages of their own


def combined(messages: Sequence[Message]) -> Message:
    """Return a message that lists the headlines and sentences of these, the worst first."""
    ordered = sorted(messages, key=lambda one: rank(one.status))
    return Message(
        status=ordered[0].status,
        headline=_headline(ordered),
        sentence="",
        at=max(one.at for one in messages),
        changes=tuple(ordered),
        mention=next((one.mention for one in ordered if one.mention), ""),
        is_news=any(one.is_news for one in messages),
        url=ordered[0].url,
        page=ordered[0].page.rpartition("clusters/")[0],
    )


def _headline(messages: Sequence[Message]) -> str:
    counts = counted(one.status for one in messages)
    return ", ".join(f"{count} {phrase(status)}" for status, count in counts)
