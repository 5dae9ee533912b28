"""A message as a Discord embed. The limits are Discord's, in UTF-16 units.

The embed has only a title and a description: on a phone, each field takes two lines and a gap.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.message import Message
from cluster_status.domain.slurm.reason_group import ReasonGroup, grouped
from cluster_status.domain.status.cause import Status
from cluster_status.render import queue, reasons
from cluster_status.render.cluster_table import cluster_table
from cluster_status.render.table import PHONE_WIDTH, ordered, table
from cluster_status.render.text import REMEDY, SIGNS, value
from cluster_status.render.width import units

TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4096
# limits of the description's parts; the table gets the rest
_SENTENCE_LIMIT = 500
_FACTS_LIMIT = 1000
_FACT_LIMIT = 300
_REMEDY_LIMIT = 300
_REASON_LIMIT = 100  # of each of its two texts
_PENDING_LIMIT = 400
_QUOTATION_LIMIT = 400
_PARTITIONS = 15  # a card of more than one screen hides earlier messages
_REASONS = 5
_CLUSTERS = 40
_CHANGES = 20  # clusters in a message about several
_CHANGE_LIMIT = 90  # of each of its two texts
_NOTICE_LIMIT = 200
_REPORT_LIMIT = 3900
_BLOCK_LIMIT = 320  # of a cluster in a report
_CHANGES_LIMIT = 2400  # an overview has a table, too
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
    link = message.page or message.url
    if re.fullmatch(_LINK, link, re.IGNORECASE):
        embed["url"] = link
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
        _changes(message),
        _escaped(message.sentence, _SENTENCE_LIMIT),
        _bounded(map(_fact, message.facts), _FACTS_LIMIT),
        f"**{REMEDY}** {_escaped(message.remedy, _REMEDY_LIMIT)}" if message.remedy else "",
    ]
    after = [
        _pending(message),
        _reasons(message),
        _quotation(message),
    ]
    spent = sum(units(f"{part}\n\n") for part in [*before, *after, _FENCED])
    listed = _table(message, DESCRIPTION_LIMIT - spent)
    parts = [listed, *before, *after] if message.is_overview else [*before, listed, *after]
    return "\n\n".join(filter(None, parts))


def _changes(message: Message) -> str:
    """Return a line for each change, or in an overview for each cluster of which there is more to say."""
    text_limit = _BLOCK_LIMIT if message.is_report else _CHANGE_LIMIT
    most, limit = (_CLUSTERS, _REPORT_LIMIT) if message.is_report else (_CHANGES, _CHANGES_LIMIT)
    shown = [(one, _escaped(one.sentence, text_limit)) for one in message.changes]
    if message.is_overview:
        shown = [(one, more) for one in message.changes if (more := _more_of(one))]
    lines = [
        f"{SIGNS[one.status]} **{_escaped(one.headline, _CHANGE_LIMIT)}** {text}".rstrip()
        for one, text in shown[:most]
    ]
    kept = _bounded(lines, limit)
    left = len(shown) - len(kept.splitlines())
    return f"{kept}\n… {left} more" if left else kept


def _more_of(row: Message) -> str:
    """Return the cause of a status that is not online, and the notice."""
    cause = "" if row.status is Status.ONLINE else row.sentence
    texts = (_escaped(cause, _CHANGE_LIMIT), _escaped(row.notice, _NOTICE_LIMIT))
    return " ".join(filter(None, texts))


def _table(message: Message, limit: int) -> str:
    if message.is_overview:
        listed = cluster_table(message, width=PHONE_WIDTH, limit=limit, most=_CLUSTERS)
        return _FENCED.format(listed.replace("`", "'"))
    if not message.partitions:
        return ""
    partitions = ordered(message.partitions, first=message.lost, last=message.usual)
    listed = table(partitions, message.gpus, width=PHONE_WIDTH, limit=limit, most=_PARTITIONS)
    return _FENCED.format(listed.replace("`", "'"))  # a backtick in a name would end the code block


def _fact(fact: Fact) -> str:
    at = fact.value if isinstance(fact.value, datetime) else None
    shown = _time(at, "f") if at else _escaped(value(fact), _FACT_LIMIT)
    return f"**{_escaped(fact.label, _FACT_LIMIT)}** {shown}"


def _time(at: datetime, style: str) -> str:
    """Return a time that each reader sees in the own time zone; with the style `R`, its distance from now."""
    return f"<t:{int(at.timestamp())}:{style}>"


def _pending(message: Message) -> str:
    waiting = queue.line(message.pending, message.at)
    return f"**{queue.HEADING}** {_escaped(waiting, _PENDING_LIMIT)}" if waiting else ""


def _reasons(message: Message) -> str:
    groups = grouped(message.drain_reasons, first=message.lost)
    lines = [f"**{reasons.HEADING}**", *(_reason(one, message.at) for one in groups[:_REASONS])]
    if len(groups) > _REASONS:
        lines.append(f"… {len(groups) - _REASONS} more")
    return "\n".join(lines) if groups else ""


def _reason(group: ReasonGroup, at: datetime) -> str:
    which, why = (_escaped(text, _REASON_LIMIT) for text in (reasons.which(group), reasons.why(group)))
    times = " to ".join(_time(time, "R") for time in reasons.times(group, at))
    return f"• {which}: {why}" + (f", {times}" if times else "")


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
