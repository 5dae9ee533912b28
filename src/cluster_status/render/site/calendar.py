"""The maintenance windows of all clusters as iCalendar (RFC 5545), to subscribe to."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cluster_status.domain.report.report import Report, ReportedMaintenance
from cluster_status.render.phrases import utc
from cluster_status.render.site.words import scope

_LINE_BYTES = 75
_OPEN_LASTS = timedelta(hours=24)  # is shown, although the end is not known


def calendar(reports: Sequence[Report]) -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//cluster-status//status page//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Maintenance",
        "X-WR-CALNAME:Maintenance",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        *(line for report in reports for one in report.maintenance for line in _event(report, one)),
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(report: Report, one: ReportedMaintenance) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{report.slug}-{_time(one.begin)}@cluster-status"
    yield f"DTSTAMP:{_time(report.checked_at)}"
    yield f"DTSTART:{_time(one.begin)}"
    yield f"DTEND:{_time(one.end or max(one.begin, report.checked_at) + _OPEN_LASTS)}"
    yield f"SUMMARY:{_escaped(f'{report.name}: maintenance of {scope(one)}')}"
    if one.end is None:
        yield "DESCRIPTION:The end is open."
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _time(at: datetime) -> str:
    return f"{utc(at):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Yield the line in parts of at most 75 bytes; a part that continues begins with a blank."""
    part = ""
    for character in line:
        if len((part + character).encode()) > _LINE_BYTES:
            yield part
            part = " "
        part += character
    yield part
