"""Composes the messages of a run from its polls."""

from collections.abc import Mapping

from msgspec import Struct

from cluster_status.app.cluster import Tools
from cluster_status.app.poll import PollResult
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.message import (
    Message,
    compose,
    with_check_outputs,
    with_mute,
    with_order,
    with_plan,
)
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy


class Messages(Struct, frozen=True):
    """`polls` and the histories of `removed` clusters are by the key of the cluster."""

    polls: Mapping[str, PollResult]
    removed: Mapping[str, History]
    tools: Tools

    def compose(self, key: str, notification: Notification, policy: ChannelPolicy) -> Message:
        """Compose a message. A late one has no table, because the nodes at its time are not stored."""
        poll = self.polls.get(key)
        if poll is None:
            return compose(notification, self.removed[key].name or key, policy, None, self.tools.run_url)
        is_late = not notification.id.startswith(f"{poll.id}.")
        if is_late:
            message = compose(notification, poll.cluster, policy, None, self.tools.run_url)
        else:
            verdict = poll.verdict
            message = compose(notification, poll.cluster, policy, verdict.cluster_state, self.tools.run_url)
            message = with_check_outputs(with_order(message, verdict.partitions), verdict.site_checks)
        message = self.tools.with_page(with_plan(message, poll.context.plan))
        return with_mute(message, poll.after.mute) if policy.issues and poll.after else message
