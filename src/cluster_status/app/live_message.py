"""The live message: what was told last is kept up to date where it stands, and nobody is notified of that."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from cluster_status.app.outbox import failed, is_gone
from cluster_status.app.plan import Channel
from cluster_status.domain.history.history import History, refreshed
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import LiveMessage, Notification
from cluster_status.domain.notification.outbox import delivered
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.polls import is_overtaken
from cluster_status.errors import DeliveryError, PostLostError, WebhookGoneError


def keep_up_to_date(
    history: History,
    verdict: Verdict,
    channels: Sequence[Channel],
    words: Callable[[Notification], Message],
    at: datetime,
) -> tuple[History, list[DeliveryError]]:
    """Return the history after what was told last was brought up to date, and what went wrong on the way.

    It is done before the history is saved: to do it again does no harm. Where something is still to be told,
    the next message takes over. A message that is lost leaves a history without one.
    """
    channel = next((channel for channel in channels if channel.editor), None)
    live = history.live
    if channel is None or channel.editor is None or live is None or live.webhook != channel.identity:
        return replace(history, live=None), []
    now = refreshed(live.notification, history, verdict, at)
    if now is None or history.pending or is_overtaken(history.polls, at):
        return history, []
    try:
        if is_gone(history, channel):
            raise WebhookGoneError
        post = channel.editor.edit(live.post, words(now))
    except PostLostError:
        return replace(history, live=None), []
    except DeliveryError as error:
        return failed(history, channel=channel, error=error, at=at), [error]
    return delivered(replace(history, live=LiveMessage(live.webhook, post, now)), channel.name), []
