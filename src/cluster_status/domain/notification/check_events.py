"""What is notified of site checks, besides the status of the cluster."""

from collections.abc import Iterator

from msgspec import Struct

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.site_checks.report import CheckChange
from cluster_status.domain.status.verdict import Verdict


class NamedChecks(Struct, frozen=True):
    """The checks that fail, and those that have passed after a failure."""

    failing: tuple[CheckChange, ...] = ()
    passed: tuple[CheckChange, ...] = ()


def check_events(status: Status | None, verdict: Verdict) -> Iterator[Event]:
    """Yield an event for each kind of change of checks, while the status stays degraded."""
    report = verdict.site_checks
    if report is None or status is not Status.DEGRADED or verdict.status is not Status.DEGRADED:
        return
    if report.newly_confirmed:
        yield Event.CHECK_FAILED
    if report.passed:
        yield Event.CHECK_PASSED


def named_checks(event: Event, status: Status | None, verdict: Verdict) -> NamedChecks:
    """Return the checks that the notification of an event names, where this status is confirmed."""
    report = verdict.site_checks
    if report is None or status not in {Status.ONLINE, Status.DEGRADED}:
        return NamedChecks()
    failing = report.changes(report.confirmed) if status is Status.DEGRADED else ()
    has_passed = event in {Event.RECOVERY, Event.CHECK_PASSED, Event.PARTITION_BACK}
    return NamedChecks(failing, report.passed if has_passed else ())
