"""The sentences of a message: the cause of the status, and what to do."""

from cluster_status.domain.notification.content.check_clauses import clauses_of_failing, clauses_of_passed
from cluster_status.domain.notification.content.conditions import met_sentence
from cluster_status.domain.notification.content.partition_clauses import clauses_of
from cluster_status.domain.notification.content.week_text import numbers, period
from cluster_status.domain.notification.content.window_facts import underlying_clause, window_sentence
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import RUNNER_OFFLINE, Cause, cause_info
from cluster_status.domain.status.site_checks.report import CAUSES_OF_CHECKS
from cluster_status.domain.status.tracker import RECENT_POLLS

_UNSTABLE = "the status changes often: single changes are not notified until it has been the same for an hour"
_REMOVED = "It was removed from the input clusters, so that its recovery is not notified."
_STABLE = "the status has been the same for an hour"


def sentence(notification: Notification) -> str:
    """Return the cause as a sentence; empty if the headline is enough."""
    if notification.event is Event.REMOVED:
        return _REMOVED
    if notification.is_about_window:
        return window_sentence(notification)
    if notification.week:
        return f"{period(notification.week)} {numbers(notification.week)}"
    if notification.event is Event.CONDITION_MET:
        return met_sentence(notification.conditions)
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in _clauses(notification))


def _clauses(notification: Notification) -> list[str]:
    unknown, period = notification.unknown, notification.period
    known_causes = period.causes[-1:] if period else ()
    causes = (unknown.cause,) if unknown else known_causes
    parts = [cause_info(cause).clause for cause in causes if cause and cause is not Cause.MAINTENANCE]
    if notification.underlying_cause:
        parts = [*parts, underlying_clause(notification.underlying_cause)]
    if not unknown:
        if notification.checks and known_causes and known_causes[0] in CAUSES_OF_CHECKS:
            parts = []
        parts = [*clauses_of(notification, parts)]
        parts += [*clauses_of_failing(notification.checks), *clauses_of_passed(notification.checks_passed)]
    if unknown and unknown.cause and cause_info(unknown.cause).network:
        parts = ["the runner could reach neither the cluster nor any other host"]  # else it is an outage
    if unknown and unknown.intermittent:
        parts.append(f"at least half of the last {RECENT_POLLS} polls had an unknown status")
    if notification.login_only:
        parts.append("Slurm is not checked")
    if notification.event is Event.INITIAL:
        parts.append("monitoring started")
    if notification.instability:
        parts.append(_STABLE if notification.instability.is_over else _UNSTABLE)
    return parts


def remedy(notification: Notification) -> str:
    """Return what to do about an unknown status."""
    if not (notification.unknown and notification.unknown.cause):
        return ""
    info = cause_info(notification.unknown.cause)
    return RUNNER_OFFLINE if info.network else info.remedy
