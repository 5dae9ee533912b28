"""The summary of a run: its content, and as plain text for a terminal. Markdown is in its own module."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from cluster_status.domain.history.history import History
from cluster_status.domain.maintenance.plan import NO_PLAN, Plan
from cluster_status.domain.notification.content.description import describe
from cluster_status.domain.slurm.cluster_state import Partition
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import PartitionReport
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.uptime import Uptime
from cluster_status.render.days import Strip
from cluster_status.render.overview import ClusterRow, as_text, headline, worst_first
from cluster_status.render.phrases import instant
from cluster_status.render.record import UPTIME_LEGEND, outage_facts, strip_of, uptime_table, uptimes
from cluster_status.render.section import Section, check_section, planned_maintenance, sections
from cluster_status.render.table import ordered, table
from cluster_status.render.text import SIGNS

PAGE = "Status page"
_NAMES = 20
TABLE_LIMIT = 100_000  # GitHub accepts 1 MiB per step
_TABLE_WIDTH = 80
TABLE_LEGEND = (
    "A star marks the default partition. ALLOC: in service, not idle. DOWN: not in service. "
    "A node in several partitions counts in each."
)


class Summary(Struct, frozen=True):
    status: Status
    headline: str
    facts: tuple[str, ...]
    partitions: tuple[Partition, ...]  # in the order of the table
    sections: tuple[Section, ...] = ()
    strip: Strip | None = None  # of the last days
    uptimes: Sequence[tuple[str, Uptime | None]] = ()  # by window
    clusters: Sequence[ClusterRow] = ()  # of a summary of several
    page: str = ""  # URL of the status page


def summary_of(
    verdict: Verdict,
    cluster_name: str,
    history: History | None,
    plan: Plan = NO_PLAN,
    at: datetime | None = None,
) -> Summary:
    """Return the summary of a poll at a time; `plan` is what is not over."""
    state, report = verdict.cluster_state, verdict.partitions or PartitionReport()
    checks = verdict.site_checks
    return Summary(
        status=verdict.status,
        headline=describe(verdict, cluster_name),
        facts=(*_notice(plan), *_facts(verdict, history)),
        partitions=tuple(ordered(state.partitions, first=report.found, last=report.usual)) if state else (),
        sections=(
            *check_section(checks.results if checks else ()),
            *sections(state, planned=plan.windows, lost=report.found, at=at),
        ),
        strip=strip_of(history) if history else None,
        uptimes=uptimes(history) if history else (),
    )


def overview(rows: Sequence[ClusterRow], fact: str = "", page: str = "") -> Summary:
    """Return the summary of all clusters of a run."""
    rows = worst_first(rows)
    facts = [fact] if fact else []
    facts += [f"{row.name}: {row.notice}" for row in rows if row.notice]
    planned = tuple(planned_maintenance((row.name, row.planned) for row in rows))
    return Summary(
        rows[0].status,
        headline(rows),
        tuple(facts),
        partitions=(),
        sections=planned,
        clusters=rows,
        page=page,
    )


def plain(summary: Summary, *, with_table: bool) -> str:
    lines = [f"{SIGNS[summary.status]} {summary.headline}", *summary.facts]
    if summary.page:
        lines.append(f"{PAGE}: {summary.page}")
    if summary.clusters:
        lines.append(as_text(summary.clusters))
    if summary.partitions and with_table:
        lines += [table(summary.partitions, width=_TABLE_WIDTH, limit=TABLE_LIMIT), TABLE_LEGEND]
    for section in summary.sections:
        lines += [f"{section.title}:", *(f"- {line}" for line in section.lines)]
    if summary.strip:
        lines += [summary.strip.legend, *(f"{first:>6}  {signs}" for first, signs in summary.strip.rows)]
    if summary.uptimes:
        lines += [uptime_table(summary.uptimes), UPTIME_LEGEND]
    return "\n".join(lines)


def _notice(plan: Plan) -> Iterator[str]:
    if plan.notice:
        yield f"Notice: {plan.notice}"


def _facts(verdict: Verdict, history: History | None) -> Iterator[str]:
    if verdict.detail:
        yield f"Details: {verdict.detail}"
    if verdict.remedy:
        yield f"What to do: {verdict.remedy}"
    if history:
        yield from _memory(history, verdict)
    yield from _of_partitions(verdict)
    maintenance = verdict.cluster_state.maintenance if verdict.cluster_state else None
    if maintenance and maintenance.error:
        yield without_maintenance(maintenance.error)
    if verdict.cluster_state and verdict.cluster_state.unmatched_patterns:
        yield f"Partitions not found: {', '.join(verdict.cluster_state.unmatched_patterns)}"
    if verdict.cluster_state and verdict.cluster_state.unknown_states:
        states = ", ".join(verdict.cluster_state.unknown_states)
        yield f"Node states that this version does not know: {states}. Update the action."


def without_maintenance(error: str) -> str:
    return f"Maintenance cannot be announced, because scontrol fails: {error}"


def _of_partitions(verdict: Verdict) -> Iterator[str]:
    report = verdict.partitions or PartitionReport()
    for label, names in (
        ("Partitions in maintenance", report.in_maintenance),
        ("Out of service for 7 days, now usual, which is no recovery", report.newly_usual),
        ("Usually out of service, not counted", report.usual),
    ):
        if names:
            more = len(names) - _NAMES
            yield f"{label}: {', '.join(names[:_NAMES])}" + (f" and {more} more" if more > 0 else "")


def _memory(history: History, verdict: Verdict) -> Iterator[str]:
    confirmed, pending = history.tracker.confirmed, history.tracker.pending
    if confirmed:
        causes = f" ({', '.join(confirmed.causes)})" if confirmed.causes else ""
        yield f"Confirmed status: {confirmed.status} since {instant(confirmed.since)}{causes}"
    if history.mute:
        end = instant(history.mute.until) if history.mute.until else "the end of this incident"
        yield f"Muted until {end}: only issues are notified"
    if pending and pending.status is verdict.status:
        yield f"Not confirmed yet: {pending.status} since {instant(pending.since)}"
    yield from outage_facts(history)
    undelivered = sum(len(channel.pending) for channel in history.outbox.channels.values())
    if undelivered:
        yield f"Pending messages: {undelivered}"
