"""How the findings of single polls become the status of a partition."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.status.partitions.problem import Finding
from cluster_status.domain.status.partitions.state import LOSSES, PartitionState, PartitionStatus, Problem

USUAL_AFTER = 7 * 86_400  # seconds
USUAL_DAYS = 3  # not up, of the last DAYS_KEPT
DAYS_KEPT = 14  # before the latest one

_IN_SERVICE, _LOST, _USUAL = PartitionStatus.IN_SERVICE, PartitionStatus.LOST, PartitionStatus.USUAL


class PollConditions(Struct, frozen=True):
    """What a poll means for every partition.

    `interrupted`: nothing that is not confirmed survives. `after_gap`: no run goes on. `all_out`, now and
    before: no partition is of use, which is not a matter of single partitions. `all_reserved`: all are in
    a planned maintenance.
    """

    at: datetime
    confirm_after: int
    interrupted: bool = False
    after_gap: bool = False
    all_reserved: bool = False
    all_out: bool = False
    was_all_out: bool = False

    @property
    def second(self) -> int:
        return int(self.at.timestamp())


def first_state(found: Finding, poll: PollConditions, *, counts: bool) -> PartitionState:
    """Return the state at the first poll that lists a partition: as it is, it is usual.

    `counts` says that it has to be in service: the input names it, or it is the default partition.
    """
    status = status_for(found.problem)
    if status is not _IN_SERVICE and not counts:
        status = _USUAL
    since = poll.second if status is _LOST and not poll.all_out else None
    days = int(found.problem is Problem.NOT_UP)
    return PartitionState(status, found.problem, found.availability, since, not_up_days=days)


def next_state(
    before: PartitionState, found: Finding, poll: PollConditions, *, named: bool
) -> PartitionState:
    """Return the state after a poll; `named` says that the input names the partition."""
    status, earlier = status_for(found.problem), status_for(before.problem)
    goes_on = status is earlier or (before.status is _LOST and _LOST not in {status, earlier})
    polls = before.polls + 1 if goes_on and not poll.interrupted else 1
    if _is_often_not_up(before, found) and not named:
        status, polls = _USUAL, 0
    elif status is before.status or (before.status is _USUAL and status is not _IN_SERVICE and not named):
        status, polls = before.status, 0
    elif polls >= poll.confirm_after or _is_at_once(before, found, poll, status, named=named):
        polls = 0
    else:
        status = before.status
    since = _since(before, status, found, poll, goes_on=goes_on and not poll.after_gap)
    days = before.not_up_days | (found.problem is Problem.NOT_UP)
    after = PartitionState(status, found.problem, found.availability, since, polls, not_up_days=days)
    return after if named else _usual_in_time(after, poll)


def undetermined_state(before: PartitionState, poll: PollConditions, *, named: bool) -> PartitionState:
    """Return the state after a poll that could not determine it: the same, unless runs were interrupted."""
    polls = 0 if poll.interrupted else before.polls
    since = poll.second if poll.after_gap and before.since else before.since
    after = replace(before, polls=polls, since=since, unlisted=0)
    return after if named else _usual_in_time(after, poll)


def unlisted_state(before: PartitionState, poll: PollConditions) -> PartitionState | None:
    """Return the state after a poll that did not list the partition; None if it is to be forgotten."""
    unlisted = 1 if poll.interrupted else before.unlisted + 1
    if unlisted >= poll.confirm_after:
        return None
    return replace(undetermined_state(before, poll, named=False), unlisted=unlisted)


def days_later(state: PartitionState, days: int) -> PartitionState:
    """Return the state for a poll that is so many days after the latest listing."""
    if days <= 0 or not state.not_up_days:
        return state
    kept = (1 << DAYS_KEPT + 1) - 1
    return replace(state, not_up_days=state.not_up_days << min(days, DAYS_KEPT + 1) & kept)


def status_for(problem: Problem | None) -> PartitionStatus:
    if problem in LOSSES:
        return _LOST
    return PartitionStatus.MAINTENANCE if problem is Problem.MAINTENANCE else _IN_SERVICE


def _is_at_once(
    before: PartitionState, found: Finding, poll: PollConditions, status: PartitionStatus, *, named: bool
) -> bool:
    """Return whether one poll confirms the change: an administrator has made it, or the input names it.

    It does so, too, if no partition is of use, or was, and for a partition that was out as usual.
    """
    changed_by_administrator = bool(before.availability) is not bool(found.availability)
    is_end = status is not _LOST and poll.was_all_out
    is_back = status is _IN_SERVICE and before.status is _USUAL
    return named or changed_by_administrator or poll.all_out or is_end or is_back


def _is_often_not_up(before: PartitionState, found: Finding) -> bool:
    """Return whether the partition is not up from this poll on, as on some of the days before."""
    is_new = found.problem is Problem.NOT_UP is not before.problem
    return is_new and before.not_up_days.bit_count() >= USUAL_DAYS


def _since(
    before: PartitionState, status: PartitionStatus, found: Finding, poll: PollConditions, *, goes_on: bool
) -> int | None:
    if status_for(found.problem) is not _LOST or status is _USUAL or poll.all_out:
        return None
    return before.since if goes_on and before.since else poll.second


def _usual_in_time(state: PartitionState, poll: PollConditions) -> PartitionState:
    """Return the state; one that has been lost for long enough is usual."""
    is_long = state.since is not None and poll.second - state.since >= USUAL_AFTER
    return replace(state, status=_USUAL, since=None) if is_long and state.status is _LOST else state
