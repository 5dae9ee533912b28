"""Words of the status page. A status never stands without the time at which it was found."""

from datetime import date, datetime

from cluster_status.domain.instant import WEEKDAYS
from cluster_status.domain.report.report import Report, ReportedIncident, ReportedMaintenance
from cluster_status.domain.status.cause import Status, cause_info
from cluster_status.render.phrases import day_and_month, utc

STATUS_WORDS = {
    Status.ONLINE: "Online",
    Status.DEGRADED: "Degraded",
    Status.MAINTENANCE: "In maintenance",
    Status.OFFLINE: "Offline",
    Status.UNKNOWN: "Unknown",
}
INCIDENT_WORDS = {
    Status.DEGRADED: "Degraded",
    Status.MAINTENANCE: "Maintenance",
    Status.OFFLINE: "Outage",
}


def day(at: date) -> str:
    return f"{day_and_month(at)} {at.year}"


def clock(at: datetime) -> str:
    return f"{utc(at):%H:%M} UTC"


def soon(at: datetime) -> str:
    """Return a time of the next weeks: ``Wed 2 Dec, 08:05 UTC``."""
    at = utc(at)
    return f"{WEEKDAYS[at.weekday()]} {day_and_month(at)}, {clock(at)}"


def moment(at: datetime) -> str:
    return f"{day(utc(at))}, {clock(at)}"


def at(time: datetime) -> str:
    """Return a time to follow "at": ``14:05 UTC on 28 Nov 2026``."""
    return f"{clock(time)} on {day(utc(time))}"


def iso(at: datetime) -> str:
    return f"{utc(at):%Y-%m-%dT%H:%M:%SZ}"


def status_word(status: Status) -> str:
    """Return a status as a word; one of a later version is unknown."""
    return STATUS_WORDS.get(status, STATUS_WORDS[Status.UNKNOWN])


def css_class(status: Status) -> str:
    return status.value if status in STATUS_WORDS else Status.UNKNOWN.value


def headline(report: Report) -> str:
    """Return the status with its time: ``Online at 14:05 UTC on 28 Nov 2026``."""
    return f"{status_word(report.shown.status)} at {at(report.shown_at)}"


def sentence(clause: str) -> str:
    """Return a clause as a sentence."""
    return f"{clause[:1].upper()}{clause[1:]}." if clause else ""


def summary(report: Report) -> str:
    """Return the status, why, and what is free, in one line with its times."""
    parts = [headline(report) + (f": {report.shown.clause}" if report.shown.clause else "")]
    if report.nodes:
        free = report.nodes.idle + report.nodes.powered_down
        parts.append(f"{free} of {report.nodes.total} nodes idle at {clock(report.checked_at)}")
    return ". ".join(parts) + "."


def incident_title(incident: ReportedIncident) -> str:
    return INCIDENT_WORDS.get(incident.status, "Incident")


def causes(incident: ReportedIncident) -> str:
    return ", then ".join(cause_info(cause).clause for cause in incident.causes)


def scope(window: ReportedMaintenance) -> str:
    """Return what a maintenance takes."""
    if window.partitions:
        return f"partition{'s' if window.partitions[1:] else ''} {', '.join(window.partitions)}"
    return "all nodes" if window.all_nodes else f"{window.nodes} nodes"
