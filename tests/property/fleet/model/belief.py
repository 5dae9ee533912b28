"""The confirmed status, from the evidence of the polls; where more than one is right, the product's."""

from enum import StrEnum

from msgspec import Struct

from cluster_status.domain.status.cause import Status
from tests.property.fleet.model.evidence import (
    AT_ONCE,
    EITHER,
    FAILURES,
    NEVER,
    SHARE,
    TWICE,
    Evidence,
    Polls,
)

LAPSES_AFTER = 3  # unknown polls


class Period(Struct, frozen=True, eq=False):
    """A confirmed status; `since` is the clock at its first poll, `from_second` the true time of it.

    `set_back` has the times of polls whose clock was set back to before `since`: the period then seems to
    begin there, because it cannot begin in the future.
    """

    status: Status
    since: int
    from_second: int
    set_back: list[int] = []

    def is_since(self, second: float, tolerance: int) -> bool:
        """Return whether it began then: by the clock of that time, by the true time, or as a clock showed."""
        return any(abs(second - one) <= tolerance for one in (self.since, self.from_second, *self.set_back))


class News(StrEnum):
    """Whether a channel is notified of a change of the status."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"  # what was lost has become usual, or is in maintenance: that is no recovery


class Change(Struct, frozen=True):
    before: Period | None
    after: Period
    news: News = News.YES


class Belief:
    """`confirmed` after each poll; a pending status begins again after a gap, a clock step, unknown polls."""

    def __init__(self) -> None:
        self.confirmed: Period | None = None
        self._pending: dict[Status, Period] = {}  # that polls in a row may have shown, from the first on
        self._polls: dict[Status, int] = {}
        self._reason_polls: dict[str, int] = {}
        self._last_reasons: dict[str, Polls] = {}  # of the last degraded poll
        self._unconfirmed_reason = False
        self._is_reason_sure = False
        self._unknown_polls = 0

    def interrupt(self) -> None:
        self._clear()
        self._reason_polls = {}

    def _clear(self) -> None:
        self._pending, self._polls = {}, {}

    def set_back(self, at: int) -> None:
        """Note that the clock was set back to this time."""
        if self.confirmed and self.confirmed.since > at:
            self.confirmed.set_back.append(at)

    def poll(self, seen: Evidence, at: int, second: int, product: Status | None) -> Change | None:
        """Return the change of the confirmed status by this poll; `product` is that of the product."""
        status = self._status(seen, product)
        if status is Status.UNKNOWN:
            self._unknown_polls += 1
            if self._unknown_polls == LAPSES_AFTER:
                self.interrupt()
            return None
        self._unknown_polls = 0
        self._reason_polls = {reason: self._reason_polls.get(reason, 0) + 1 for reason in seen.reasons}
        before = self.confirmed
        if before and status is before.status:
            self._clear()
            self._note_reasons(status, seen)
            return None
        possible = self._possible(seen)
        self._pending = {one: self._pending.get(one) or Period(one, at, second) for one in possible}
        self._polls = {one: self._polls.get(one, 0) + 1 for one in possible}
        if not self._is_confirmed(seen, status, product):
            return None
        change = Change(before, self._pending[status], self._news(before, seen))
        self.confirmed = self._pending[status]
        self._clear()
        self._note_reasons(status, seen)
        return change

    @property
    def _is_degraded(self) -> bool:
        return self.confirmed is not None and self.confirmed.status is Status.DEGRADED

    def _status(self, seen: Evidence, product: Status | None) -> Status:
        """Return the status that the poll shows: the one of the product where that may be right."""
        return product if product is not None and product in self._possible(seen) else seen.status

    def _possible(self, seen: Evidence) -> set[Status]:
        is_part = seen.is_lost and not self._is_degraded
        return {seen.status, *seen.instead, *([Status.DEGRADED] if is_part else [])}

    def _is_confirmed(self, seen: Evidence, status: Status, product: Status | None) -> bool:
        needed = self._needed(seen, status)
        polls = self._polls[status]
        return polls >= needed.most or (polls >= needed.least and product is status)

    def _needed(self, seen: Evidence, status: Status) -> Polls:
        if status is not seen.status or seen.instead or (seen.is_lost and not self._is_degraded):
            return Polls(1, 1 if status is not seen.status else 2)
        if status is Status.DEGRADED:
            ready = any(self._reason_polls[one] >= polls.most for one, polls in seen.reasons.items())
            may = seen.is_known or any(
                self._reason_polls[one] >= polls.least for one, polls in seen.reasons.items()
            )
            return AT_ONCE if ready else EITHER if may else Polls(2, 3)
        if self._is_degraded and status is Status.ONLINE:
            return self._needed_to_leave(seen)
        return seen.polls

    def _needed_to_leave(self, seen: Evidence) -> Polls:
        if seen.is_lost:
            return NEVER  # a partition that was lost is not back yet
        kinds = {_to_leave(reason, polls) for reason, polls in self._last_reasons.items()}
        if kinds == {AT_ONCE}:
            return AT_ONCE
        return TWICE if kinds == {TWICE} and not self._unconfirmed_reason else EITHER

    def _note_reasons(self, status: Status, seen: Evidence) -> None:
        reasons = {**seen.maybe, **seen.reasons}
        if status is Status.DEGRADED and reasons:
            self._last_reasons = reasons
            self._is_reason_sure = bool(seen.reasons)
            self._unconfirmed_reason = any(
                self._reason_polls[one] < polls.most for one, polls in seen.reasons.items()
            )

    def _news(self, before: Period | None, seen: Evidence) -> News:
        """Return NO where all that was lost is still out, because that is usual or for maintenance."""
        reasons = self._last_reasons.keys()
        is_end = before is not None and before.status is Status.DEGRADED and bool(reasons)
        if not is_end or seen.status is not Status.ONLINE or not reasons <= seen.not_counted:
            return News.YES
        return News.NO if self._is_reason_sure else News.MAYBE


def _to_leave(reason: str, polls: Polls) -> Polls:
    """Return the polls that end a reason; a partition that is not lost any more has had them."""
    if reason in FAILURES:
        return AT_ONCE
    return polls if reason == SHARE else Polls(1, polls.most)
