"""A message as plain text, for a terminal."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cluster_status.domain.notification.message import Fact, Message
from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.status.cause import Status
from cluster_status.render.phrases import duration, instant
from cluster_status.render.table import table

SIGNS = {
    Status.ONLINE: "🟢",
    Status.DEGRADED: "🟡",
    Status.MAINTENANCE: "🔵",
    Status.OFFLINE: "🔴",
    Status.UNKNOWN: "⚪",
}
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


def drained(reason: DrainReason) -> str:
    """Return the number of drained nodes, with their names if known."""
    count = f"{reason.nodes} node{'' if reason.nodes == 1 else 's'}"
    return f"{reason.node_names} ({count})" if reason.node_names else count


def by(reason: DrainReason) -> str:
    return f", by {reason.set_by}" if reason.set_by else ""


def _lines(message: Message) -> Iterator[str]:
    yield f"{SIGNS[message.status]} {message.headline}"
    if message.sentence:
        yield message.sentence
    for fact in message.facts:
        yield f"{fact.label}: {value(fact)}"
    if message.partitions:
        yield table(message.partitions, message.gpus, width=_TABLE_WIDTH, limit=_TABLE_LIMIT)
    if message.drain_reasons:
        yield "Why nodes are out of service:"
        for reason in message.drain_reasons[:_REASONS]:
            age = f", {duration(message.at - reason.since)} ago" if reason.since else ""
            yield f"- {drained(reason)}: {reason.reason}{age}{by(reason)}"
    if message.quotation:
        yield f"“{message.quotation.text}” — {message.quotation.source}"
