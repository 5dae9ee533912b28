"""Draws two messages as Discord shows them, for the README.

Text is left-aligned and the table is monospaced, so that the layout does not depend on the reader's fonts.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from cluster_status.adapters.discord.embed import card
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, Partition
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.uptime import Uptime
from tools.docs.messages import as_shown
from tools.docs.situations import NOW

_BEFORE = StatusPeriod(Status.ONLINE, NOW - timedelta(days=3, hours=5, minutes=30))
_OUTAGE = StatusPeriod(Status.OFFLINE, NOW - timedelta(hours=1, minutes=20), (Cause.REFUSED,))
_RECOVERY = StatusPeriod(Status.ONLINE, NOW)
_BATCH = NodeCounts(total=38, idle=12, allocated=24, down=2)
_GPU = NodeCounts(total=2, allocated=2)
_CLUSTER_STATE = ClusterState(
    (
        Partition("batch", default=True, availability="up", time_limit="3-00:00:00", nodes=_BATCH),
        Partition("gpu", default=False, availability="up", time_limit="1-00:00:00", nodes=_GPU),
    ),
    NodeCounts(total=40, idle=12, allocated=26, down=2),
)

_WIDTH = 560
_MARGIN = 20
_TEXT_LEFT = _MARGIN + 56  # right of the avatar
_LINE = 21
_GAP = 8  # for an empty line
_TABLE_LINE = 18
_EMBED_WIDTH = _WIDTH - _TEXT_LEFT - _MARGIN
# colour and outline, in a square of 14 pixels
_SIGNS = {
    "🟢": ("#2ecc71", "M0 7a7 7 0 1 0 14 0a7 7 0 1 0-14 0z"),
    "❌": ("#e74c3c", "M2.5 0 7 4.5 11.5 0 14 2.5 9.5 7 14 11.5 11.5 14 7 9.5 2.5 14 0 11.5 4.5 7 0 2.5z"),
}
_STYLE = """\
    text { font: 14px "gg sans", "Noto Sans", "Helvetica Neue", Helvetica, Arial, sans-serif; fill: #dbdee1 }
    .author { font-size: 15px; font-weight: 600; fill: #f2f3f5 }
    .app { font-size: 10px; font-weight: 600; fill: #ffffff }
    .title { font-size: 15px; font-weight: 600; fill: #f2f3f5 }
    .label { font-weight: 600; fill: #f2f3f5 }
    .table { font: 13px ui-monospace, SFMono-Regular, Consolas, monospace; white-space: pre }"""


class _Message(NamedTuple):
    """A message in parts; `lines` are those between its headline and its table."""

    content: str
    sign: str
    headline: str
    lines: list[str]
    table: list[str]

    @property
    def height(self) -> int:
        """Return the height of its embed, in pixels."""
        table = len(self.table) * _TABLE_LINE + 30 if self.table else 0
        return 44 + sum(map(_advance, self.lines)) + table


def image() -> str:
    """Return the SVG."""
    drawn: list[str] = []
    top = _MARGIN
    messages = [_parsed(text) for text in _messages()]
    for message in messages:
        drawn += _drawn(message, top)
        top += 30 + _LINE + message.height + _MARGIN
    description = ". ".join(message.headline for message in messages)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}"'
        f' viewBox="0 0 {_WIDTH} {top}" role="img" aria-label={quoteattr(description)}>'
    )
    background = f'  <rect width="{_WIDTH}" height="{top}" rx="8" fill="#313338"/>'
    return "\n".join([head, f"  <style>\n{_STYLE}\n  </style>", background, *drawn, "</svg>\n"])


def _messages() -> Iterator[str]:
    outage = Notification(
        "1", Event.OUTAGE, _OUTAGE.since, _OUTAGE, previous=_BEFORE, uptime=Uptime(0.9943, 1.0)
    )
    recovery = Notification(
        "1",
        Event.RECOVERY,
        NOW,
        _RECOVERY,
        previous=_OUTAGE,
        nodes=_CLUSTER_STATE.nodes,
        uptime=Uptime(0.9924, 1.0),
    )
    for notification, cluster_state in ((outage, None), (recovery, _CLUSTER_STATE)):
        yield as_shown(card(compose(notification, "mscluster", ChannelPolicy("discord"), cluster_state)))


def _parsed(text: str) -> _Message:
    content, _, text = text.partition("\n\n")
    text, _, table = text.partition("\n\nPARTITION ")
    first, *lines = text.splitlines()
    sign, headline = first.split(maxsplit=1)
    rows = f"PARTITION {table}".splitlines() if table else []
    return _Message(content.removeprefix(sign).strip(), sign, headline, lines, rows)


def _advance(line: str) -> int:
    return _LINE if line else _GAP


def _drawn(message: _Message, top: int) -> Iterator[str]:
    (color, _), left = _SIGNS[message.sign], _TEXT_LEFT
    yield f'  <circle cx="{_MARGIN + 20}" cy="{top + 20}" r="20" fill="#5865f2"/>'
    yield from _icon(_MARGIN + 20, top + 20)
    yield f'  <text class="author" x="{left}" y="{top + 14}">Cluster status</text>'
    yield _box(left + 112, top + 1, 32, 16, "#5865f2")
    yield f'  <text class="app" x="{left + 128}" y="{top + 13}" text-anchor="middle">APP</text>'
    yield from _signed(message.content, message.sign, left, top + 36)
    top += 26 + _LINE
    yield _box(left, top, _EMBED_WIDTH, message.height, "#2b2d31")
    yield _box(left, top, 4, message.height, color)
    left, top = left + 20, top + 29
    yield from _signed(message.headline, message.sign, left, top, style="title")
    for line in message.lines:
        top += _advance(line)
        if line:
            yield f'  <text x="{left}" y="{top}">{_with_label(line)}</text>'
    yield from _table(message.table, left, top + 14)


def _signed(text: str, sign: str, left: int, top: int, *, style: str = "") -> Iterator[str]:
    """Draw a text behind the sign of its status."""
    (color, outline), class_ = _SIGNS[sign], f' class="{style}"' if style else ""
    yield f'  <path transform="translate({left} {top - 12})" fill="{color}" d="{outline}"/>'
    yield f'  <text{class_} x="{left + 22}" y="{top}">{escape(text)}</text>'


def _icon(x: int, y: int) -> Iterator[str]:
    """Draw the icon of the action: the line of a heartbeat."""
    points = ((-12, 0), (-5, 0), (-2, -9), (3, 9), (6, 0), (12, 0))
    line = " ".join(f"{x + right},{y + down}" for right, down in points)
    yield (
        f'  <polyline points="{line}" fill="none" stroke="#ffffff" stroke-width="2.5" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _with_label(line: str) -> str:
    """Return a line with its label in bold, as Discord shows it: without the colon."""
    label = re.match(r"([A-Z][\w, ]*): ", line)
    if not label:
        return escape(line)
    return f'<tspan class="label">{escape(label[1])}</tspan> {escape(line[label.end() :])}'


def _table(lines: list[str], left: int, top: int) -> Iterator[str]:
    if not lines:
        return
    yield _box(left, top, _EMBED_WIDTH - 40, len(lines) * _TABLE_LINE + 16, "#1e1f22")
    for number, line in enumerate(lines, 1):
        y = top + 3 + number * _TABLE_LINE
        yield f'  <text class="table" xml:space="preserve" x="{left + 10}" y="{y}">{escape(line)}</text>'


def _box(left: int, top: int, width: int, height: int, fill: str) -> str:
    radius = min(4, width // 2)
    return f'  <rect x="{left}" y="{top}" width="{width}" height="{height}" rx="{radius}" fill="{fill}"/>'
