"""What a run notifies that can load the history and cannot save it.

Its only memory are the runs that finished since the last saved poll: when they started, not what they found.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.content.facts import SINCE, Fact
from cluster_status.domain.notification.damping import Damping
from cluster_status.domain.notification.event import CHANGES, Event
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import Outbox, enqueue
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.selection import Kind, is_chosen
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.gaps import usual_interval
from cluster_status.domain.uptime.polls import Polls

NOTIFIED_RUN = 3  # this one notifies that the history cannot be saved
_HOUR = timedelta(hours=1)
_ESTIMATED_RUNS = 100
_NOT_SAVED_ID = "not-saved"
_OF_RESTORED = frozenset({Kind.MONITOR, Kind.RECOVERY})

_MAY_REPEAT = "The history cannot be saved, so this message may repeat."
_UNCONFIRMED = "No other poll could confirm it."
_UNTIL_SAVED = "Until the history is saved again, changes are notified once an hour, and messages may repeat."


class UnsavedRun(Struct, frozen=True):
    """This run, and the earlier ones since the last saved poll, by their start; the oldest first."""

    saved_at: Instant
    started_at: Instant
    earlier: tuple[Instant, ...] = ()

    @property
    def number(self) -> int:
        return len(self.earlier) + 1

    def is_first_of_hour(self, polls_needed: int) -> bool:
        """Return whether no earlier run of this hour can have notified a status that needs so many polls.

        The hours begin at the last saved poll.
        """
        hours = {self._hour(at) for at in self.earlier[polls_needed - 1 :]}
        return self._hour(self.started_at) not in hours

    def _hour(self, at: datetime) -> int:
        return (at - self.saved_at) // _HOUR


def estimated_run(polls: Polls, at: datetime) -> UnsavedRun:
    """Return this run with the earlier ones that the usual interval of the saved polls suggests.

    All count as half an interval early: then no hour begins when a run is expected.
    """
    saved_at, interval = polls[-1].at, usual_interval(polls)
    if interval is None:
        return UnsavedRun(saved_at, at)
    number = min(round((at - saved_at) / interval) - 1, _ESTIMATED_RUNS)
    started_at = at - interval / 2
    return UnsavedRun(
        saved_at, started_at, tuple(started_at - ago * interval for ago in range(number, 0, -1))
    )


def undamped(outbox: Outbox) -> Outbox:
    """Return the outbox without its damping: it withholds changes for a time that no run remembers."""
    channels = {name: replace(channel, damping=Damping()) for name, channel in outbox.channels.items()}
    return replace(outbox, channels=channels)


def chosen(
    pending: Sequence[Notification], poll_id: str, run: UnsavedRun, polls_needed: int
) -> tuple[Notification, ...]:
    """Return which of the pending notifications of a channel this run sends.

    Those of earlier polls wait for a channel that failed. All are sent in the first run, because they could
    wait for hours. Later runs cannot know whether they have arrived, and repeat only the latest.
    """
    if not run.is_first_of_hour(polls_needed):
        return ()
    changes = [one for one in pending if one.event in CHANGES]
    if run.number == 1:
        return tuple(changes)
    # how long the status before it lasted is not known
    new = [replace(one, previous=None, missed_polls=0) for one in changes if is_new(one, poll_id)]
    return tuple(new or changes[-1:])


def is_new(notification: Notification, poll_id: str) -> bool:
    """Return whether the notification is of this poll."""
    return notification.id.startswith(f"{poll_id}.")


def with_not_saved(
    outbox: Outbox, at: datetime, saved: StatusPeriod, channels: Iterable[ChannelPolicy]
) -> Outbox:
    """Notify the channels that have chosen it that the history cannot be saved, in the third run."""
    notification = Notification(_NOT_SAVED_ID, Event.HISTORY_NOT_SAVED, at, saved)
    for policy in channels:
        if is_chosen(notification, policy.kinds, knows_problem=False):
            outbox = enqueue(outbox, notification, only=policy.id)
    return outbox


def restored(
    outbox: Outbox, poll_id: str, at: datetime, confirmed: StatusPeriod, channels: Iterable[ChannelPolicy]
) -> Outbox:
    """Notify the channels that get nothing else from this poll that the status is as it was saved.

    It may be the end of a change that they were notified of, and counts as a recovery as well.
    """
    notification = Notification(f"{poll_id}.2", Event.MONITOR_RESTORED, at, confirmed)
    for policy in channels:
        is_wanted = not policy.kinds or bool(policy.kinds & _OF_RESTORED)
        if is_wanted and not any(is_new(one, poll_id) for one in outbox.channel(policy.id).pending):
            outbox = enqueue(outbox, notification, only=policy.id)
    return outbox


def not_saved_message(message: Message, saved: StatusPeriod, saved_at: datetime, remedy: str) -> Message:
    """Return the message of HISTORY_NOT_SAVED; `remedy` is that of the error."""
    return replace(
        message,
        status=Status.UNKNOWN,
        sentence=f"{remedy} {_UNTIL_SAVED}".lstrip(),
        facts=(Fact("Last saved status", saved.status.value), Fact("Last saved", saved_at)),
    )


def repeatable_message(message: Message, *, confirmed: bool = True, since_known: bool = True) -> Message:
    """Return the message of a change; an earlier run may have seen it first, unless `since_known` is true."""
    note = _MAY_REPEAT if confirmed else f"{_MAY_REPEAT} {_UNCONFIRMED}"
    facts = tuple(fact for fact in message.facts if since_known or fact.label != SINCE)
    return replace(message, sentence=f"{message.sentence} {note}".lstrip(), facts=facts)
