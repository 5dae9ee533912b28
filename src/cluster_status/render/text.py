"""A message as plain text, for a terminal."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.message import Message
from cluster_status.domain.slurm.reason_group import grouped
from cluster_status.domain.status.cause import Status
from cluster_status.render import queue, reasons
from cluster_status.render.phrases import duration, instant
from cluster_status.render.table import ordered, table

SIGNS = {
    Status.ONLINE: "🟢",
    Status.DEGRADED: "🔶",
    Status.MAINTENANCE: "🔧",
    Status.OFFLINE: "❌",
    Status.UNKNOWN: "❓",
}
"""They differ by shape, because some readers see no difference between red and green."""

REMEDY = "What to do"
_TABLE_LIMIT = 20_000
_TABLE_WIDTH = 80
_REASONS = 5


def text(message: Message) -> str:
    return "\n".join(_lines(message))


def value(fact: Fact) -> str:
    """Return the value of a fact as text."""
    if isinstance(fact.value, datetime):
        return instant(fact.value)
    if isinstance(fact.value, timedelta):
        return duration(fact.value)
    return fact.value


def _lines(message: Message) -> Iterator[str]:
    yield f"{SIGNS[message.status]} {message.headline}"
    if message.sentence:
        yield message.sentence
    for change in message.changes:
        yield f"{SIGNS[change.status]} {change.headline}{f': {change.sentence}' if change.sentence else ''}"
    yield f"Time: {instant(message.at)}"
    for fact in message.facts:
        yield f"{fact.label}: {value(fact)}"
    if message.remedy:
        yield f"{REMEDY}: {message.remedy}"
    if message.partitions:
        partitions = ordered(message.partitions, first=message.lost, last=message.usual)
        yield table(partitions, message.gpus, width=_TABLE_WIDTH, limit=_TABLE_LIMIT)
    if waiting := queue.line(message.pending, message.at):
        yield f"{queue.HEADING}: {waiting}"
    yield from _reasons(message)
    if message.quotation:
        yield f"“{message.quotation.text}” — {message.quotation.source}"


def _reasons(message: Message) -> Iterator[str]:
    groups = grouped(message.drain_reasons, first=message.lost)
    if groups:
        yield f"{reasons.HEADING}:"
    for group in groups[:_REASONS]:
        ages = " to ".join(reasons.age(time, message.at) for time in reasons.times(group, message.at))
        yield f"- {reasons.which(group)}: {reasons.why(group)}" + (f", {ages} ago" if ages else "")
    if len(groups) > _REASONS:
        yield f"… {len(groups) - _REASONS} more"
