"""Courses of verdicts, tracked one after the other."""

from msgspec import Struct

from cluster_status.domain.notification.event import Event, event_between
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusTracker, track
from cluster_status.domain.status.verdict import Verdict
from tests.unit.domain.build import noon_plus


class Step(Struct):
    before: StatusTracker
    after: StatusTracker
    event: Event | None

    @property
    def statuses(self) -> tuple[Status | None, Status | None]:
        return _status(self.before), _status(self.after)

    @property
    def changed(self) -> bool:
        before, after = self.statuses
        return before is not after


def _status(tracker: StatusTracker) -> Status | None:
    return tracker.confirmed.status if tracker.confirmed else None


def course(*verdicts: Verdict, confirm_after: int = 2) -> list[Step]:
    """Track a verdict a minute, from noon on."""
    steps, tracker = [], StatusTracker()
    for minute, verdict in enumerate(verdicts):
        after = track(tracker, verdict, noon_plus(minute), confirm_after=confirm_after)
        steps.append(Step(tracker, after, event_between(tracker, after)))
        tracker = after
    return steps


def events_of(*verdicts: Verdict, confirm_after: int = 2) -> list[Event | None]:
    return [step.event for step in course(*verdicts, confirm_after=confirm_after)]
