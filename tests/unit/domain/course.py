"""Tracks verdicts that are a minute apart, from noon."""

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
    def changed(self) -> bool:
        return self.before.status is not self.after.status


def course(*verdicts: Verdict, confirm_after: int = 2) -> list[Step]:
    steps, tracker = [], StatusTracker()
    for minute, verdict in enumerate(verdicts):
        after = track(tracker, verdict, noon_plus(minute), confirm_after=confirm_after)
        steps.append(Step(tracker, after, event_between(tracker, after)))
        tracker = after
    return steps


def statuses_of(*verdicts: Verdict, confirm_after: int = 2) -> list[Status | None]:
    """Return the confirmed status after each verdict."""
    return [step.after.status for step in course(*verdicts, confirm_after=confirm_after)]


def events_of(*verdicts: Verdict, confirm_after: int = 2) -> list[Event | None]:
    return [step.event for step in course(*verdicts, confirm_after=confirm_after)]
