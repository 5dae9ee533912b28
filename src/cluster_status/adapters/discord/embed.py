"""A message as a Discord embed. The limits are Discord's, in UTF-16 units.

The embed has only a title and a description: on a phone, each field takes two lines and a gap.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cluster_status.domain.notification.message import Fact, Message
from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.status.cause import Status
from cluster_status.render.table import PHONE_WIDTH, table
from cluster_status.render.text import SIGNS, by, drained, value
from cluster_status.render.width import units

TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4096
# limits of the description's parts; the table gets the rest
_SENTENCE_LIMIT = 500
_FACTS_LIMIT = 1200
_FACT_LIMIT = 300
_REASONS_LIMIT = 1000
_REASON_LIMIT = 100
_QUOTATION_LIMIT = 400
_PARTITIONS = 15  # a card of more than one screen hides earlier messages
_REASONS = 5
_CONTENT_SENTENCE_LIMIT = 200  # a push notification shows little more
# Discord refuses the whole message for a URL whose host has no domain (bugsink #280)
_LINK = r"https?://([a-z0-9-]+\.)+[a-z][a-z0-9-]*[a-z0-9](:[0-9]+)?/[!-~]{0,1000}"

_COLORS = {
    Status.ONLINE: 0x2ECC71,
    Status.DEGRADED: 0xF1C40F,
    Status.MAINTENANCE: 0x3498DB,
    Status.OFFLINE: 0xE74C3C,
    Status.UNKNOWN: 0x95A5A6,
}
_FENCED = "```\n{}\n```"
_MARKDOWN = {character: f"\\{character}" for character in r"\`*_~|<>#[]@:"}


def card(message: Message) -> dict[str, Any]:
    """Return the body of a message. Nothing but `message.mention` is ever mentioned."""
    title = f"{SIGNS[message.status]} {_escaped(message.headline, TITLE_LIMIT - 3)}"
    embed = {
        "title": title,
        "description": _description(message),
        "color": _COLORS[message.status],
        "timestamp": message.at.isoformat(),
    }
    if re.fullmatch(_LINK, message.url, re.IGNORECASE):
        embed["url"] = message.url
    allowed: dict[str, list[str]] = {"parse": []}
    ping = message.mention
    if ping:
        allowed["roles" if ping.startswith("<@&") else "users"] = [ping.strip("<@&>")]
    return {"content": _content(message, title), "embeds": [embed], "allowed_mentions": allowed}


def _content(message: Message, title: str) -> str:
    """Return the text outside the embed, for push notifications and for readers who do not see embeds."""
    sentence = _escaped(message.sentence, _CONTENT_SENTENCE_LIMIT)
    text = f"{title}. {sentence}" if sentence else title
    text = text.replace("\\: ", ": ")  # it begins no emoji, and a push notification may show the backslash
    return f"{message.mention} {text}".lstrip()


def _description(message: Message) -> str:
    before = [
        _escaped(message.sentence, _SENTENCE_LIMIT),
        _bounded(map(_fact, message.facts), _FACTS_LIMIT),
    ]
    after = [
        _bounded(_reasons(message.drain_reasons), _REASONS_LIMIT),
        _quotation(message),
    ]
    spent = sum(units(f"{part}\n\n") for part in [*before, *after, _FENCED])
    return "\n\n".join(filter(None, [*before, _table(message, DESCRIPTION_LIMIT - spent), *after]))


def _table(message: Message, limit: int) -> str:
    if not message.partitions:
        return ""
    listed = table(message.partitions, message.gpus, width=PHONE_WIDTH, limit=limit, most=_PARTITIONS)
    return _FENCED.format(listed.replace("`", "'"))  # a backtick in a name would end the code block


def _fact(fact: Fact) -> str:
    if isinstance(fact.value, datetime):
        at = int(fact.value.timestamp())
        shown = f"<t:{at}:f> (<t:{at}:R>)"  # in the reader's own time zone
    else:
        shown = _escaped(value(fact), _FACT_LIMIT)
    return f"**{_escaped(fact.label, _FACT_LIMIT)}** {shown}"


def _reasons(reasons: tuple[DrainReason, ...]) -> Iterator[str]:
    if reasons:
        yield "**Why nodes are out of service**"
    for reason in reasons[:_REASONS]:
        which = _escaped(drained(reason), _REASON_LIMIT)
        text = _escaped(f"{reason.reason}{by(reason)}", _REASON_LIMIT)
        yield f"• {which}: {text}" + (f", <t:{int(reason.since.timestamp())}:R>" if reason.since else "")
    if len(reasons) > _REASONS:
        yield f"… {len(reasons) - _REASONS} more"


def _quotation(message: Message) -> str:
    if not message.quotation:
        return ""
    text, source = message.quotation.text, message.quotation.source
    return f"*“{_escaped(text, _QUOTATION_LIMIT)}”* — {_escaped(source, _QUOTATION_LIMIT)}"


def _bounded(lines: Iterable[str], limit: int) -> str:
    """Return the first lines that fit."""
    kept = ""
    for line in lines:
        longer = f"{kept}\n{line}" if kept else line
        if units(longer) > limit:
            break
        kept = longer
    return kept


def _escaped(text: str, limit: int) -> str:
    """Return `text` as one line without Markdown or mentions; an ellipsis shows that it was cut."""
    line = " ".join(text.split())
    escaped = [_MARKDOWN.get(character, character) for character in line[:limit]]
    if units("".join(escaped)) <= limit and len(line) <= limit:
        return "".join(escaped)
    kept, used = "", 1
    for piece in escaped:
        used += units(piece)
        if used > limit:
            break
        kept += piece
    return f"{kept}…"
