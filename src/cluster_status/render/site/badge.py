"""The badge of a cluster, as SVG and for shields.io. Its text has the time, because caches keep it."""

from html import escape

from msgspec import json

from cluster_status.domain.report.report import Report
from cluster_status.domain.status.cause import Status
from cluster_status.render.phrases import utc
from cluster_status.render.site.words import day, status_word
from cluster_status.render.width import columns, fitted

_COLOURS = {
    Status.ONLINE: "00705a",
    Status.DEGRADED: "8a5300",
    Status.MAINTENANCE: "0059a3",
    Status.OFFLINE: "b3261e",
}
_GREY = "565f6b"
_LABEL = "333b45"
_NAME_WIDTH = 30
_CACHE_SECONDS = 300
_COLUMN, _PADDING = 7, 10  # pixels; `textLength` fits the text in any font


def svg(report: Report) -> str:
    name, text = fitted(report.name, _NAME_WIDTH), _message(report)
    left, right = (_COLUMN * columns(part) + 2 * _PADDING for part in (name, text))
    label = escape(f"{report.name}: {text}")
    colour = _COLOURS.get(report.shown.status, _GREY)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="22" role="img" '
        f'aria-label="{label}"><title>{label}</title>'
        f'<rect width="{left + right}" height="22" rx="4" fill="#{_LABEL}"/>'
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v14a4 4 0 0 1-4 4h-{right - 4}z" fill="#{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(name, _PADDING)}{_text(text, left + _PADDING)}</g></svg>\n"
    )


def shields(report: Report) -> bytes:
    """Return the JSON of an endpoint badge."""
    content = {
        "schemaVersion": 1,
        "label": fitted(report.name, _NAME_WIDTH),
        "message": _message(report),
        "color": _COLOURS.get(report.shown.status, _GREY),
        "cacheSeconds": _CACHE_SECONDS,
    }
    return json.encode(content) + b"\n"


def _message(report: Report) -> str:
    at = utc(report.shown_at)
    return f"{status_word(report.shown.status).lower()} at {at:%H:%M} UTC, {day(at).rpartition(' ')[0]}"


def _text(text: str, x: int) -> str:
    return f'<text x="{x}" y="15" textLength="{_COLUMN * columns(text)}">{escape(text)}</text>'
