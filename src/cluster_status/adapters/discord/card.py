"""A message as a Discord embed. Pure; the limits are Discord's own."""

from datetime import datetime
from typing import Any

from cluster_status.domain.cause import Status
from cluster_status.domain.message import Fact, Message
from cluster_status.render.table import table
from cluster_status.render.text import SIGNS, value

TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4096
FIELD_NAME_LIMIT = 256
FIELD_VALUE_LIMIT = 1024
TOTAL_LIMIT = 6000  # all texts of a message's embeds together

_COLORS = {
    Status.ONLINE: 0x2ECC71,
    Status.DEGRADED: 0xF1C40F,
    Status.MAINTENANCE: 0x3498DB,
    Status.OFFLINE: 0xE74C3C,
    Status.UNKNOWN: 0x95A5A6,
}
_FENCED = "```\n{}\n```"
_MARKDOWN = str.maketrans({character: f"\\{character}" for character in r"\`*_~|<>#[]@:"})


def card(message: Message, *, username: str = "", avatar_url: str = "") -> dict[str, Any]:
    """Return the body of an execute-webhook request; nothing in it mentions anybody."""
    title = _cut(f"{SIGNS[message.status]} {_escape(message.headline)}", TITLE_LIMIT)
    fields = [_field(fact) for fact in message.facts]
    spent = len(title) + sum(len(field["name"]) + len(field["value"]) for field in fields)
    embed = {
        "title": title,
        "description": _description(message, limit=min(DESCRIPTION_LIMIT, TOTAL_LIMIT - spent)),
        "color": _COLORS[message.status],
        "timestamp": message.at.isoformat(),
        "fields": fields,
    }
    body = {"embeds": [embed], "allowed_mentions": {"parse": []}}
    return (
        body
        | ({"username": username} if username else {})
        | ({"avatar_url": avatar_url} if avatar_url else {})
    )


def _description(message: Message, *, limit: int) -> str:
    sentence = [_escape(message.sentence)] if message.sentence else []
    quotation = (
        [f"*“{_escape(message.quotation.text)}”* — {_escape(message.quotation.source)}"]
        if message.quotation
        else []
    )
    left = limit - len("\n\n".join([*sentence, _FENCED.format(""), *quotation]))
    # a back-tick in a name would end the block
    listed = (
        [_FENCED.format(table(message.partitions, limit=left).replace("`", "'"))]
        if message.partitions
        else []
    )
    return _cut("\n\n".join([*sentence, *listed, *quotation]), limit)


def _field(fact: Fact) -> dict[str, Any]:
    if isinstance(fact.value, datetime):
        at = int(fact.value.timestamp())
        shown = f"<t:{at}:f> (<t:{at}:R>)"  # in the reader's own time zone
    else:
        shown = _escape(value(fact))
    return {
        "name": _cut(fact.label, FIELD_NAME_LIMIT),
        "value": _cut(shown, FIELD_VALUE_LIMIT),
        "inline": True,
    }


def _escape(text: str) -> str:
    return text.translate(_MARKDOWN)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
