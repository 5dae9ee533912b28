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


class StatusPeriod(Struct, frozen=True, omit_defaults=True):
    """A status and when it began; `causes` in the order in which they were first seen.

    With `nothing_back`, no node is back: what was missing has become usual, or does not count any more.
    """

    status: Status
    since: Instant
    causes: tuple[Cause, ...] = ()
    nothing_back: bool = False

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

    A poll with an unknown status neither confirms the pending status nor clears it, but three in a row clear
    it. `cause` and `in_service` (nodes) are those of the last poll that found the confirmed status.
    """

    confirmed: StatusPeriod | None = None
    pending: StatusPeriod | None = None
    pending_polls: int = 0
    unknown: UnknownPeriod | None = None
    known_since: Instant | None = None  # the end of the set-up or of the last notified unknown period
    cause: Cause | None = None
    in_service: int | None = None

    @property
    def status(self) -> Status | None:
        return self.confirmed.status if self.confirmed else None


def interrupted(tracker: StatusTracker, at: datetime) -> StatusTracker:
    """Return the tracker after a gap, or after a clock was set back: no pending status survives that.

    No instant is later than `at`: a wrong clock has measured it.
    """
    confirmed, unknown, known_since = tracker.confirmed, tracker.unknown, tracker.known_since
    if confirmed and confirmed.since > at:
        confirmed = replace(confirmed, since=at)
    if unknown and unknown.since > at:
        unknown = replace(unknown, since=at)
    known_since = min(known_since, at) if known_since else None
    return replace(
        tracker,
        confirmed=confirmed,
        pending=None,
        pending_polls=0,
        unknown=unknown,
        known_since=known_since,
    )


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
    of the runner, or which may pass, and a change that the share of nodes causes. Every other cause is
    confirmed by one poll. `recent` has the statuses of the polls before this one, since `known_since`.
    """
    statuses = [*recent, verdict.status][-RECENT_POLLS:]
    unknown_polls = sum(status is Status.UNKNOWN for status in statuses)
    if verdict.status is Status.UNKNOWN:
        in_a_row = statuses[-UNKNOWN_POLLS_BEFORE_NOTIFICATION:].count(Status.UNKNOWN)
        if in_a_row == UNKNOWN_POLLS_BEFORE_NOTIFICATION:
            tracker = replace(tracker, pending=None, pending_polls=0)
        return replace(tracker, unknown=_unknown(tracker.unknown, verdict, at, unknown_polls))
    unknown = tracker.unknown
    was_notified = unknown is not None and unknown.notified
    if verdict.status is tracker.status:
        return _unchanged(tracker, verdict, at, unknown_polls)
    pending, polls = _pending(tracker, verdict, at)
    if polls >= _polls_needed(tracker, verdict, confirm_after) and not verdict.unconfirmed:
        return StatusTracker(
            replace(pending, nothing_back=_is_nothing_back(tracker, verdict)),
            known_since=at if was_notified else tracker.known_since,
            cause=verdict.confirming_cause,
            in_service=verdict.in_service,
        )
    # a period that was notified ends with a confirmed status only
    unknown = unknown if was_notified else None
    return replace(tracker, pending=pending, pending_polls=polls, unknown=unknown)


def _unchanged(tracker: StatusTracker, verdict: Verdict, at: datetime, unknown_polls: int) -> StatusTracker:
    """Return the tracker after a poll that found the confirmed status."""
    unknown = tracker.unknown
    lasts = unknown is not None and unknown.intermittent and unknown_polls > _FEW_UNKNOWN
    was_notified = unknown is not None and unknown.notified
    return StatusTracker(
        tracker.confirmed.with_cause(verdict.confirming_cause) if tracker.confirmed else None,
        unknown=unknown if lasts else None,
        known_since=at if was_notified and not lasts else tracker.known_since,
        cause=verdict.confirming_cause,
        in_service=verdict.in_service,
    )


def _pending(tracker: StatusTracker, verdict: Verdict, at: datetime) -> tuple[StatusPeriod, int]:
    """Return the pending status and its number of polls, without those whose cause is not confirmed."""
    counts = 0 if verdict.unconfirmed and verdict.cause else 1
    pending = tracker.pending
    if pending and pending.status is verdict.status:
        return pending.with_cause(verdict.confirming_cause), tracker.pending_polls + counts
    return StatusPeriod(verdict.status, at).with_cause(verdict.confirming_cause), counts


def _polls_needed(tracker: StatusTracker, verdict: Verdict, confirm_after: int) -> int:
    by_cause = verdict.cause is not None and cause_info(verdict.cause).needs_confirmation
    by_share = tracker.confirmed is not None and _is_by_share(tracker, verdict)
    return confirm_after if by_cause or by_share or verdict.needs_confirmation else 1


def _is_by_share(tracker: StatusTracker, verdict: Verdict) -> bool:
    """Return whether the share of nodes causes a change to or from `degraded`."""
    cause = verdict.confirming_cause
    to_degraded = cause is not None and cause_info(cause).by_share
    was_by_share = tracker.cause is not None and cause_info(tracker.cause).by_share
    return to_degraded or (was_by_share and verdict.cause in {None, Cause.MAINTENANCE})


def _is_nothing_back(tracker: StatusTracker, verdict: Verdict) -> bool:
    """Return whether the change to `online` is no recovery; see StatusPeriod."""
    if tracker.status is not Status.DEGRADED or verdict.status is not Status.ONLINE:
        return False
    report = verdict.partitions
    if report is None or report.back:
        return False
    if tracker.cause is Cause.PARTITION_DOWN:
        return bool(report.no_longer_lost)
    before, now = tracker.in_service, verdict.in_service
    return tracker.cause is Cause.NODES_DOWN and before is not None and now is not None and now <= before


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
