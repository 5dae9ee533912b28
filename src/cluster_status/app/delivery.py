"""Delivers the pending notifications of one channel: which are one message, and what a send changes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import Channel
from cluster_status.app.issues import Batch, issue_batches, step_of
from cluster_status.domain.notification.combined import MOST_SINGLE, combined, overview, weekly
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.issue import Issue, after
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import LiveMessage, MessageRef, Notification
from cluster_status.domain.notification.outbox import ChannelOutbox, Outbox, delivered, failed
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.errors import ChannelRefusedError, DeliveryError, Refusal

Compose = Callable[[str, Notification, ChannelPolicy], Message]
"""Returns the message for a channel; the first argument is the key of the cluster."""

Change = Callable[[Outbox], Outbox]


class Ended(Struct, frozen=True):
    """The messages that were sent and those for which no time was left, and the error of the channel."""

    sent: int = 0
    left: int = 0
    error: DeliveryError | None = None


class ChannelDelivery(Struct, frozen=True):
    """The delivery to one channel in one run.

    `outboxes` returns its states by the key of the cluster, as the deliveries of this run have left them.
    `apply` changes the outbox of a cluster.
    """

    channel: Channel
    pending: Batch  # oldest first
    outboxes: Callable[[], Mapping[str, ChannelOutbox]]
    apply: Callable[[str, Change], None]
    compose: Compose
    at: datetime

    def run(self, *, is_cancelled: Callable[[], bool], is_over: Callable[[], bool]) -> Ended:
        """Send, oldest first; stop at the first failure."""
        sent, left = 0, len(self.pending)
        for batch in self._batches():
            if is_cancelled():
                break
            if is_over():
                return Ended(sent, left)
            try:
                ref = self._send(batch)
            except DeliveryError as error:
                failure = partial(record_failure, channel=self.channel, error=error, at=self.at)
                for key in dict.fromkeys(key for key, _ in batch):
                    self.apply(key, failure)
                return Ended(sent, error=error)
            for key, one in batch:
                self.apply(key, self._accepted(key, one, ref))
            sent, left = sent + 1, left - len(batch)
        return Ended(sent)

    def _batches(self) -> Iterator[Batch]:
        """Yield what is one message each."""
        policy = self.channel.policy
        if policy.issues:
            yield from issue_batches(self.pending, self._issues)
            return
        reports = [(key, one) for key, one in self.pending if one.event is Event.REPORT]
        others = [(key, one) for key, one in self.pending if one.event is not Event.REPORT]
        rows = [(key, one) for key, one in others if self._is_row(one)]
        changes = [(key, one) for key, one in others if not self._is_row(one)]
        is_about_one = policy.live and not policy.overview
        if len({key for key, _ in changes}) > MOST_SINGLE and not is_about_one:
            yield changes
        else:
            yield from ([one] for one in changes)
        if rows:
            yield rows
        if reports:
            yield reports

    def _send(self, batch: Batch) -> MessageRef | None:
        policy = self.channel.policy
        issue_step = step_of(batch, self._issues()) if policy.issues else None
        if policy.issues and issue_step is None:
            return None
        outboxes = self.outboxes()
        for key, _ in batch:
            require_acceptance(outboxes[key], self.channel, self.at)
        message = self._message([self.compose(key, one, policy) for key, one in batch], batch)
        return self.channel.notifier.send(replace(message, issue=issue_step))

    def _message(self, messages: Sequence[Message], batch: Batch) -> Message:
        if self._is_row(batch[0][1]):
            return overview(messages)
        if len(messages) == 1:
            return messages[0]
        return weekly(messages) if batch[0][1].event is Event.REPORT else combined(messages)

    def _accepted(self, key: str, one: Notification, ref: MessageRef | None) -> Change:
        policy, live, issue = self.channel.policy, None, None
        is_edited = one.event is not Event.REPORT  # a report stays as it was sent
        if ref and is_edited and self.channel.editor and (self._is_row(one) or not policy.overview):
            live = LiveMessage(policy.digest, ref, one, overview=policy.overview)
        if ref and policy.issues:
            issue = after(self._issues().get(key), one, int(ref.id), policy.issues)
        return partial(delivered, channel_id=policy.id, notification_id=one.id, live=live, issue=issue)

    def _is_row(self, notification: Notification) -> bool:
        """Return whether a notification is a row of the overview of this channel."""
        return self.channel.policy.overview and notification.event is Event.REMINDER

    def _issues(self) -> Mapping[str, Issue]:
        return {key: one.issue for key, one in self.outboxes().items() if one.issue}


def require_acceptance(outbox: ChannelOutbox, channel: Channel, at: datetime) -> None:
    """Raise the refusal of the channel again, without a request, until its address changes or a day is over.

    A day later it is tried again: the reason may be fixed, or the refusal was an error of the service.
    """
    failure = outbox.failure
    if failure and failure.holds_back(channel.policy.digest, at):
        cause = failure.run.cause
        unknown = Refusal(cause, f"The channel refuses messages ({cause}).")  # stored by a later version
        raise ChannelRefusedError(channel.notifier.refusals.get(cause, unknown))


def record_failure(outbox: Outbox, channel: Channel, error: DeliveryError, at: datetime) -> Outbox:
    """Return the outbox after a channel did not accept a message."""
    refused_by = channel.policy.digest if isinstance(error, ChannelRefusedError) else None
    return failed(outbox, channel.id, error.cause, at, refused_by=refused_by)
