"""The incidents and maintenance windows of all clusters as an Atom feed (RFC 4287)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from msgspec import Struct

from cluster_status.domain.report.report import Report, ReportedIncident
from cluster_status.render.phrases import duration
from cluster_status.render.site.words import causes, incident_title, iso, moment, sentence

_ENTRIES = 50
_EPOCH_TEXT = "1970-01-01T00:00:00Z"  # of a feed without entries: its content has never changed


class _Entry(Struct, frozen=True):
    id: str
    title: str
    text: str
    page: str
    published: datetime
    updated: datetime


def feed(reports: Sequence[Report], site_url: str) -> str:
    """Return the feed. An entry keeps its id, and is updated only with its content: when it ends."""
    found = (_entry(report, one) for report in reports for one in report.incidents)
    entries = sorted(found, key=lambda one: (one.updated, one.id), reverse=True)[:_ENTRIES]
    return "".join(_lines(entries, site_url))


def _lines(entries: Sequence[_Entry], site_url: str) -> Iterator[str]:
    base = f'<link href="{escape(site_url)}"/>' if site_url else ""
    own = f'<link rel="self" href="{escape(site_url)}feed.atom"/>' if site_url else ""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    yield f"<title>Cluster status</title><id>{escape(site_url or 'urn:cluster-status')}</id>{base}{own}"
    yield f"<updated>{iso(entries[0].updated) if entries else _EPOCH_TEXT}</updated>"
    yield "<author><name>cluster-status</name></author>\n"
    for one in entries:
        link = f'<link href="{escape(site_url)}{escape(one.page)}"/>' if site_url else ""
        yield (
            f"<entry><id>urn:cluster-status:{escape(one.id)}</id><title>{escape(one.title)}</title>{link}"
            f"<published>{iso(one.published)}</published><updated>{iso(one.updated)}</updated>"
            f'<content type="text">{escape(one.text)}</content></entry>\n'
        )
    yield "</feed>\n"


def _entry(report: Report, incident: ReportedIncident) -> _Entry:
    why = sentence(causes(incident))
    if incident.end is None:
        text = f"Began at {moment(incident.begin)}. {why}"
    else:
        length = duration(incident.end - incident.begin)
        text = f"From {moment(incident.begin)} to {moment(incident.end)} ({length}). {why}"
    return _Entry(
        incident.id,
        f"{report.name}: {incident_title(incident).lower()} from {moment(incident.begin)}",
        text.rstrip(),
        f"clusters/{report.slug}.html",
        incident.begin,
        incident.end or incident.begin,
    )
