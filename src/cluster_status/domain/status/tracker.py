"""How what single polls saw becomes the status that counts: confirmation, and patience with not knowing."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from cluster_status.domain.notification.transitions import TRANSITIONS, Event
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.verdict import Verdict

Instant = Annotated[datetime, Meta(tz=True)]
"""An aware UTC datetime, in whole seconds; a naive one in a document is an error."""

UNKNOWN_POLLS_BEFORE_NOTIFICATION = 3


class StatusPeriod(Struct, frozen=True):
    """A status and the time it lasts; `causes` in the order they were first seen."""

    status: Status
    since: Instant
    causes: tuple[Cause, ...] = ()

    def with_cause(self, cause: Cause | None) -> "StatusPeriod":
        if cause is None or cause in self.causes:
            return self
        return replace(self, causes=(*self.causes, cause))

    def with_latest_cause(self, cause: Cause | None) -> "StatusPeriod":
        """Return it with one of its causes last: the one that is now, though another was new after it."""
        if cause is None or cause not in self.causes:
            return self
        return replace(self, causes=(*(one for one in self.causes if one is not cause), cause))


class UnknownPeriod(Struct, frozen=True):
    """A spell of polls that could not tell; never an outage, never in the uptime."""

    since: Instant
    polls: int = 0
    cause: Cause | None = None
    told: bool = False


class StatusTracker(Struct, frozen=True):
    """The confirmed status, and what may be about to replace it.

    `candidate` is a differing status that was seen but is not believed yet. A poll that cannot tell
    neither confirms it nor clears it.
    """

    confirmed: StatusPeriod | None = None
    pending: StatusPeriod | None = None
    pending_polls: int = 0
    unknown_period: UnknownPeriod | None = None


def observe(
    tracker: StatusTracker, verdict: Verdict, at: datetime, *, confirm_after: int
) -> tuple[StatusTracker, Event | None]:
    """Return the standing after this verdict, and what is to be told of it.

    `confirm_after` counts the polls in a row that a cause needs to be believed if another runner, with
    another address, might see otherwise; every other cause is believed at once.
    """
    if verdict.status is Status.UNKNOWN:
        return _unknown(tracker, verdict, at)
    confirmed = tracker.confirmed
    if confirmed and verdict.status is confirmed.status:
        event = Event.MONITOR_RESTORED if tracker.unknown_period and tracker.unknown_period.told else None
        return StatusTracker(confirmed.with_cause(verdict.cause)), event
    pending, polls = _pending(tracker, verdict, at)
    if polls < _polls_needed(verdict, confirm_after):
        # a doubt that was told ends with a confirmed status, not with a guess
        unknown_period = (
            tracker.unknown_period if tracker.unknown_period and tracker.unknown_period.told else None
        )
        return StatusTracker(confirmed, pending, polls, unknown_period), None
    before = confirmed.status if confirmed else None
    return StatusTracker(pending), TRANSITIONS[before][pending.status]


def _pending(tracker: StatusTracker, verdict: Verdict, at: datetime) -> tuple[StatusPeriod, int]:
    pending = tracker.pending
    if pending and pending.status is verdict.status:
        return pending.with_cause(verdict.cause), tracker.pending_polls + 1
    return StatusPeriod(verdict.status, at).with_cause(verdict.cause), 1


def _polls_needed(verdict: Verdict, confirm_after: int) -> int:
    return confirm_after if verdict.cause and CAUSES[verdict.cause].needs_confirmation else 1


def _unknown(tracker: StatusTracker, verdict: Verdict, at: datetime) -> tuple[StatusTracker, Event | None]:
    unknown_period = tracker.unknown_period or UnknownPeriod(at)
    unknown_period = replace(unknown_period, polls=unknown_period.polls + 1, cause=verdict.cause)
    tell = (
        bool(tracker.confirmed)
        and not unknown_period.told
        and unknown_period.polls >= UNKNOWN_POLLS_BEFORE_NOTIFICATION
    )
    return (
        replace(tracker, unknown_period=replace(unknown_period, told=unknown_period.told or tell)),
        Event.MONITOR_LOST if tell else None,
    )
