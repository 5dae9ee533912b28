"""What becomes of a history by telling what is pending in it, or by failing to."""

from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.announcement import Announcement
from cluster_status.domain.complaint import Undelivered, complaint
from cluster_status.domain.history import History

TELLING_TAKES_AT_MOST = timedelta(minutes=10)  # no job that polls should take longer


def may_tell(history: History, now: datetime) -> bool:
    """Tell whether there is something to tell, and no other run that may be telling it at this moment."""
    since = history.telling_since
    return bool(history.pending) and (since is None or abs(now - since) >= TELLING_TAKES_AT_MOST)


def told(history: History, announcement: Announcement, channel: str, *, due_to: Collection[str]) -> History:
    """Return the history after a channel was told; what each of `due_to` has been told is pending no more."""

    def marked(one: Announcement) -> Announcement:
        is_it = (one.telling, one.at) == (announcement.telling, announcement.at)
        return replace(one, told_to=(*one.told_to, channel)) if is_it and channel not in one.told_to else one

    marks = replace(history, pending=tuple(map(marked, history.pending)), telling_since=None)
    return delivered(settled(marks, due_to), channel)


def settled(history: History, due_to: Collection[str]) -> History:
    """Return the history without what every channel of `due_to` has been told."""
    pending = tuple(one for one in history.pending if not set(due_to) <= set(one.told_to))
    return replace(history, pending=pending)


def delivered(history: History, channel: str) -> History:
    """Return the history after a channel took something: there is nothing to complain of any more."""
    failing = {name: complaint for name, complaint in history.undelivered.items() if name != channel}
    return replace(history, undelivered=failing)


def taken_as_told(history: History) -> History:
    """Return a history whose successor is lost: what it was about to tell was told before there was one."""
    return replace(history, pending=(), telling_since=None) if history.telling_since else history


def untold(history: History, channel: str, reason: str, at: datetime, *, gone: str | None) -> History:
    """Return the history after telling failed; `gone` is the digest of a webhook that is no more."""
    latest = complaint(history.undelivered.get(channel), reason, at)
    failing = {**history.undelivered, channel: Undelivered(latest.cause, latest.at, gone)}
    return replace(history, telling_since=None, undelivered=failing)
