"""What becomes of a history by telling what is pending in it, or by failing to."""

from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.run_failure import FailingChannel, run_failure

DELIVERY_TAKES_AT_MOST = timedelta(minutes=10)  # no job that polls should take longer


def may_deliver(history: History, now: datetime) -> bool:
    """Tell whether there is something to tell, and no other run that may be telling it at this moment."""
    since = history.delivering_since
    return bool(history.pending) and (since is None or abs(now - since) >= DELIVERY_TAKES_AT_MOST)


def told(history: History, notification: Notification, channel: str, *, due_to: Collection[str]) -> History:
    """Return the history after a channel was told; what each of `due_to` has been told is pending no more."""

    def marked(one: Notification) -> Notification:
        is_it = (one.event, one.at) == (notification.event, notification.at)
        return (
            replace(one, delivered_to=(*one.delivered_to, channel))
            if is_it and channel not in one.delivered_to
            else one
        )

    marks = replace(history, pending=tuple(map(marked, history.pending)), delivering_since=None)
    return delivered(drop_delivered(marks, due_to), channel)


def drop_delivered(history: History, due_to: Collection[str]) -> History:
    """Return the history without what every channel of `due_to` has been told."""
    pending = tuple(one for one in history.pending if not set(due_to) <= set(one.delivered_to))
    return replace(history, pending=pending)


def delivered(history: History, channel: str) -> History:
    """Return the history after a channel took something: there is nothing to complain of any more."""
    failing = {name: run_failure for name, run_failure in history.failing_channels.items() if name != channel}
    return replace(history, failing_channels=failing)


def assume_delivered(history: History) -> History:
    """Return a history whose successor is lost: what it was about to tell was told before there was one."""
    return replace(history, pending=(), delivering_since=None) if history.delivering_since else history


def delivery_failed(
    history: History, channel: str, reason: str, at: datetime, *, gone: str | None
) -> History:
    """Return the history after telling failed; `gone` is the digest of a webhook that is no more."""
    latest = run_failure(history.failing_channels.get(channel), reason, at)
    failing = {**history.failing_channels, channel: FailingChannel(latest.cause, latest.at, gone)}
    return replace(history, delivering_since=None, failing_channels=failing)
