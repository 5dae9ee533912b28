"""The issue of an incident: which notification opens, comments on, closes or reopens one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.event import CHANGES, Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status

RELAPSE_WITHIN = timedelta(hours=6)
_OF_INCIDENTS = CHANGES | {Event.INITIAL, Event.CAUSE_CHANGED, Event.STATUS_UNSTABLE, Event.MONITOR_RESTORED}


class Issue(Struct, frozen=True, omit_defaults=True):
    """The issue of the latest incident of a cluster, in the repository with this digest.

    Several clusters can share one. It is closed while the incidents of all of them are over.
    """

    repository: str
    number: int
    since: Instant  # of the incident
    over_at: Instant | None = None


class Step(Enum):
    OPEN = "open"
    COMMENT = "comment"
    CLOSE = "close"
    REOPEN = "reopen"


class IssueStep(Struct, frozen=True):
    """What a message does to an issue.

    Without a `number` it is the open one of these clusters; if there is none, OPEN opens it.
    """

    step: Step
    clusters: tuple[str, ...]  # their keys
    notifications: tuple[str, ...]  # their ids
    number: int | None = None
    lasted: timedelta | None = None  # from the begin of the incident to its end


class Unnumbered(Enum):
    """The issue that a notification changes, if the history does not have its number."""

    NEW = "new"
    OPEN = "open"  # if one is open


class _Effect(Enum):
    BEGIN = "begin"
    END = "end"
    NEWS = "news"  # while the incident lasts


def _effect(notification: Notification) -> _Effect | None:
    """Return the effect on the incident of the cluster, if any; a maintenance is none and ends none."""
    if notification.event is Event.REMOVED:
        return _Effect.END
    is_about_it = notification.event in _OF_INCIDENTS and not notification.is_about_window
    if not is_about_it or notification.period is None or notification.unknown:
        return None
    status = notification.period.status
    if status is Status.ONLINE and notification.event is not Event.STATUS_UNSTABLE:
        return _Effect.END
    return _Effect.BEGIN if status in {Status.OFFLINE, Status.DEGRADED} else _Effect.NEWS


IssueTarget = int | Unnumbered
"""The number of an issue, or what is known of it without one."""


def target_of(issue: Issue | None, notification: Notification) -> IssueTarget | None:
    """Return the issue that a notification changes, if any."""
    effect, current = _effect(notification), _current(issue, notification.at)
    if effect is _Effect.BEGIN:
        return current.number if current else Unnumbered.NEW
    if effect is None or (issue is None and notification.event is Event.INITIAL):
        return None
    if issue is None:
        return Unnumbered.OPEN if effect is _Effect.END else None
    return None if issue.over_at else issue.number


def after(issue: Issue | None, notification: Notification, number: int, repository: str) -> Issue | None:
    """Return the issue of the cluster after a notification has changed the one with this number."""
    match _effect(notification):
        case _Effect.BEGIN:
            current = _current(issue, notification.at)
            if current:
                return replace(current, number=number, over_at=None)
            since = notification.period.since if notification.period else notification.at
            return Issue(repository, number, since)
        case _Effect.END if issue:
            return replace(issue, over_at=notification.at)
        case _:
            return issue


def step(
    batch: Sequence[tuple[str, Notification]], issues: Mapping[str, Issue], target: IssueTarget
) -> IssueStep:
    """Return what the notifications of a batch do to their issue.

    `issues` has those of all clusters by key.
    """
    keys, ids = tuple(key for key, _ in batch), tuple(one.id for _, one in batch)
    if target is Unnumbered.NEW:
        return IssueStep(Step.OPEN, keys, ids)
    if not isinstance(target, int):
        return IssueStep(Step.CLOSE, keys, ids)
    effects = {key: _effect(one) for key, one in batch}
    was_open = any(one.number == target and not one.over_at for one in issues.values())
    others_open = any(
        one.number == target and not one.over_at and key not in effects for key, one in issues.items()
    )
    if set(effects.values()) == {_Effect.END} and not others_open:
        return IssueStep(Step.CLOSE, keys, ids, target, max(_lasted(batch, issues), default=None))
    return IssueStep(Step.COMMENT if was_open else Step.REOPEN, keys, ids, target)


def _lasted(batch: Sequence[tuple[str, Notification]], issues: Mapping[str, Issue]) -> Iterator[timedelta]:
    """Yield how long the incidents lasted, as far as that is known: a clock may have been set back."""
    for key, one in batch:
        end = one.period.since if one.period else one.at
        if one.event is not Event.REMOVED and key in issues and end >= issues[key].since:
            yield end - issues[key].since


def _current(issue: Issue | None, at: datetime) -> Issue | None:
    """Return the issue if the incident is not over, or only for so long that a new one is its relapse."""
    if issue is None or issue.over_at is None:
        return issue
    return issue if at - issue.over_at < RELAPSE_WITHIN else None
