"""Which status a report shows: never one that no poll has confirmed, and never more than is known."""

from datetime import datetime

from cluster_status.domain.history.history import History
from cluster_status.domain.report.report import Finding
from cluster_status.domain.status.cause import Status, cause_info
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.polls import Polls


def shown(verdict: Verdict | None, history: History, clause: str) -> Finding:
    """Return the confirmed status; `unknown` if the poll could not determine it."""
    confirmed, unknown = history.tracker.confirmed, history.tracker.unknown
    if verdict is None or verdict.status is Status.UNKNOWN or confirmed is None:
        cause = verdict.cause if verdict and verdict.status is Status.UNKNOWN else None
        return Finding(Status.UNKNOWN, cause, clause if cause else "", unknown.since if unknown else None)
    if verdict.status is confirmed.status:
        return Finding(confirmed.status, verdict.cause, clause, confirmed.since)
    return _confirmed(confirmed, history)


def unconfirmed(verdict: Verdict, history: History, clause: str) -> Finding | None:
    """Return what the poll found, if it is another status that no poll has confirmed yet."""
    confirmed, pending = history.tracker.confirmed, history.tracker.pending
    if verdict.status is Status.UNKNOWN or (confirmed and confirmed.status is verdict.status):
        return None
    since = pending.since if pending and pending.status is verdict.status else None
    return Finding(verdict.status, verdict.cause, clause, since)


def last_known(finding: Finding, history: History) -> Finding | None:
    """Return the confirmed status where the shown one is unknown."""
    confirmed = history.tracker.confirmed
    return _confirmed(confirmed, history) if confirmed and finding.status is Status.UNKNOWN else None


def shown_at(finding: Finding, polls: Polls, at: datetime) -> datetime:
    """Return the last poll that found this status."""
    return next((poll.at for poll in reversed(polls) if poll.status is finding.status), at)


def _confirmed(confirmed: StatusPeriod, history: History) -> Finding:
    cause = None if confirmed.status is Status.ONLINE else history.tracker.cause
    return Finding(confirmed.status, cause, cause_info(cause).clause if cause else "", confirmed.since)
