"""Try out channels: send a sample of each message to each channel, and say what arrived."""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import Channel
from cluster_status.app.report import report_error
from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.samples import samples
from cluster_status.domain.notification.selection import is_chosen
from cluster_status.errors import DeliveryError, ExitStatus
from cluster_status.ports import Runner
from cluster_status.threads import run_in_thread


class _Sent(Struct, frozen=True):
    delivered: int
    chosen: int
    error: DeliveryError | None = None


def send_samples(cluster: str, channels: Sequence[Channel], runner: Runner, at: Instant) -> ExitStatus:
    """Send to all channels at the same time; a channel gets the events that it has chosen."""
    sending = [(channel, run_in_thread(partial(_send, cluster, channel, at))) for channel in channels]
    lines = []
    has_failed = False
    for channel, future in sending:
        sent = future.result()
        lines.append(f"{channel.id}: {sent.delivered} of {sent.chosen} sample messages delivered")
        if sent.error:
            has_failed = True
            report_error(runner, sent.error, f"Channel {channel.id}: ")
    runner.summarize("\n".join(lines), "\n".join(f"- {line}" for line in lines) + "\n")
    return ExitStatus.UNDELIVERED if has_failed else ExitStatus.OK


def _send(cluster: str, channel: Channel, at: Instant) -> _Sent:
    policy = channel.policy
    chosen = [one for one in samples(at) if is_chosen(one, policy.kinds, knows_problem=True)]
    for number, one in enumerate(chosen):
        message = compose(one, cluster, policy, None)
        try:
            channel.notifier.send(replace(message, headline=f"Sample: {message.headline}"))
        except DeliveryError as error:
            return _Sent(number, len(chosen), error)
    return _Sent(len(chosen), len(chosen))
