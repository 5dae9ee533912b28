"""Courses of verdicts, observed one after the other."""

from msgspec import Struct

from cluster_status.domain.cause import Status
from cluster_status.domain.standing import Standing, observe
from cluster_status.domain.transitions import Telling
from cluster_status.domain.verdict import Verdict
from tests.unit.domain.build import noon_plus


class Step(Struct):
    before: Standing
    after: Standing
    telling: Telling | None

    @property
    def statuses(self) -> tuple[Status | None, Status | None]:
        return _status(self.before), _status(self.after)

    @property
    def changed(self) -> bool:
        before, after = self.statuses
        return before is not after


def _status(standing: Standing) -> Status | None:
    return standing.confirmed.status if standing.confirmed else None


def course(*verdicts: Verdict, confirm_after: int = 2) -> list[Step]:
    """Observe a verdict a minute, from noon on."""
    steps, standing = [], Standing()
    for minute, verdict in enumerate(verdicts):
        after, telling = observe(standing, verdict, noon_plus(minute), confirm_after=confirm_after)
        steps.append(Step(standing, after, telling))
        standing = after
    return steps


def told(*verdicts: Verdict, confirm_after: int = 2) -> list[Telling | None]:
    return [step.telling for step in course(*verdicts, confirm_after=confirm_after)]
