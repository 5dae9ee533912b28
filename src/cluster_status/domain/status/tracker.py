"""How the results of single polls become the status that is believed."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import Cause, Status, cause_info
from cluster_status.domain.status.verdict import Verdict

UNKNOWN_POLLS_BEFORE_NOTIFICATION = 3
RECENT_POLLS = 12
_MANY_UNKNOWN = RECENT_POLLS // 2
_FEW_UNKNOWN = RECENT_POLLS // 4


class StatusPeriod(Struct, frozen=True):
    """A status and when it began; `causes` in the order in which they were first seen."""

    status: Status
    since: Instant
    causes: tuple[Cause, ...] = ()

    def with_cause(self, cause: Cause | None) -> "StatusPeriod":
        if cause is None or cause in self.causes:
            return self
        return replace(self, causes=(*self.causes, cause))

    def with_latest_cause(self, cause: Cause | None) -> "StatusPeriod":
        """Move a known cause to the end: it applies now, although another one was seen first after it."""
        if cause is None or cause not in self.causes:
            return self
        return replace(self, causes=(*(one for one in self.causes if one != cause), cause))


class UnknownPeriod(Struct, frozen=True):
    """Polls with an unknown status: never an outage, never counted in the uptime.

    They are consecutive, or `intermittent`: so many of the recent polls that the monitor is not reliable.
    """

    since: Instant
    polls: int = 0
    cause: Cause | None = None
    notified: bool = False
    intermittent: bool = False


class StatusTracker(Struct, frozen=True):
    """The confirmed status, and a different one that is not confirmed yet.

    A poll with an unknown status neither confirms the pending status nor clears it.
    """

    confirmed: StatusPeriod | None = None
    pending: StatusPeriod | None = None
    pending_polls: int = 0
    unknown: UnknownPeriod | None = None
    known_since: Instant | None = None  # the end of the set-up or of the last notified unknown period

    @property
    def status(self) -> Status | None:
        return self.confirmed.status if self.confirmed else None


def track(
    tracker: StatusTracker,
    verdict: Verdict,
    at: datetime,
    *,
    confirm_after: int,
    recent: Sequence[Status] = (),
) -> StatusTracker:
    """Return the tracker after this verdict.

    `confirm_after` is the number of consecutive polls that confirm a cause which may depend on the address
    of the runner, or which may pass. Every other cause is confirmed by one poll. `recent` has the statuses
    of the polls before this one, since `known_since`.
    """
    statuses = [*recent, verdict.status][-RECENT_POLLS:]
    unknown_polls = sum(status is Status.UNKNOWN for status in statuses)
    if verdict.status is Status.UNKNOWN:
        return replace(tracker, unknown=_unknown(tracker.unknown, verdict, at, unknown_polls))
    confirmed, unknown = tracker.confirmed, tracker.unknown
    was_notified = unknown is not None and unknown.notified
    if confirmed and verdict.status is confirmed.status:
        lasts = unknown is not None and unknown.intermittent and unknown_polls > _FEW_UNKNOWN
        known_since = at if was_notified and not lasts else tracker.known_since
        confirmed = confirmed.with_cause(verdict.cause)
        return StatusTracker(confirmed, unknown=unknown if lasts else None, known_since=known_since)
    pending, polls = _pending(tracker, verdict, at)
    if polls >= _polls_needed(verdict, confirm_after):
        return StatusTracker(pending, known_since=at if was_notified else tracker.known_since)
    # a period that was notified ends with a confirmed status only
    return StatusTracker(confirmed, pending, polls, unknown if was_notified else None, tracker.known_since)


def _pending(tracker: StatusTracker, verdict: Verdict, at: datetime) -> tuple[StatusPeriod, int]:
    pending = tracker.pending
    if pending and pending.status is verdict.status:
        return pending.with_cause(verdict.cause), tracker.pending_polls + 1
    return StatusPeriod(verdict.status, at).with_cause(verdict.cause), 1


def _polls_needed(verdict: Verdict, confirm_after: int) -> int:
    by_cause = verdict.cause is not None and cause_info(verdict.cause).needs_confirmation
    return confirm_after if by_cause or verdict.needs_confirmation else 1


def _unknown(
    period: UnknownPeriod | None, verdict: Verdict, at: datetime, unknown_polls: int
) -> UnknownPeriod:
    period = period or UnknownPeriod(at)
    polls = period.polls + 1
    in_a_row = polls >= UNKNOWN_POLLS_BEFORE_NOTIFICATION
    many = unknown_polls >= _MANY_UNKNOWN
    return UnknownPeriod(
        period.since,
        polls,
        verdict.cause,
        notified=period.notified or in_a_row or many,
        intermittent=period.intermittent or (many and not in_a_row),
    )
