"""Try out channels: send a sample of each message to each channel, and say what arrived."""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import Channel
from cluster_status.app.issues import step_of
from cluster_status.app.report import report_crash, report_error
from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.combined import overview
from cluster_status.domain.notification.event import OF_ISSUES, Event
from cluster_status.domain.notification.issue import Issue, after
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.samples import samples
from cluster_status.domain.notification.selection import is_chosen
from cluster_status.domain.notification.unsaved import not_saved_message
from cluster_status.errors import HELD_BACK, PENDING, DeliveryError, ExitStatus
from cluster_status.ports import Runner
from cluster_status.threads import result_or_exception, run_in_thread

_REMEDY = "Delete old runs with their artifacts."
_KEY = "\0sample"  # no name of a cluster
_OF_ONE_INCIDENT = frozenset({Event.OUTAGE, Event.CAUSE_CHANGED, Event.PARTIAL_RECOVERY, Event.RECOVERY})


class _Sent(Struct, frozen=True):
    delivered: int
    chosen: int
    error: DeliveryError | None = None


def send_samples(cluster: str, channels: Sequence[Channel], runner: Runner, at: Instant) -> ExitStatus:
    """Send to all channels at the same time; a channel gets the events that it has chosen.

    Raises the first unexpected exception of a channel, after the results of the others are reported.
    """
    sending = [(channel, run_in_thread(partial(_send, cluster, channel, at))) for channel in channels]
    lines = []
    crashes = []
    has_failed = False
    for channel, future in sending:
        sent = result_or_exception(future)
        if isinstance(sent, Exception):
            report_crash(runner, f"Channel {channel.id}: The delivery", sent)
            crashes.append(sent)
            continue
        lines.append(f"{channel.id}: {sent.delivered} of {sent.chosen} sample messages delivered")
        if sent.error:
            has_failed = True
            report_error(runner, _without_next_run(sent.error), f"Channel {channel.id}: ")
    runner.summarize("\n".join(lines), "\n".join(f"- {line}" for line in lines) + "\n")
    if crashes:
        raise crashes[0]
    return ExitStatus.UNDELIVERED if has_failed else ExitStatus.OK


def _send(cluster: str, channel: Channel, at: Instant) -> _Sent:
    policy = channel.policy
    chosen = [one for one in samples(at) if _is_sent(one, policy)]
    issue: Issue | None = None
    for number, one in enumerate(chosen):
        message = compose(one, cluster, policy, None)
        if one.event is Event.HISTORY_NOT_SAVED and one.period:
            message = not_saved_message(message, one.period, one.period.since, _REMEDY)
        if policy.overview and one.event is Event.REMINDER:
            message = overview([message])
        message = replace(message, headline=f"Sample: {message.headline}")
        if policy.issues:
            known = {_KEY: issue} if issue else {}
            message = replace(message, issue=step_of([(_KEY, one)], known))
        try:
            ref = channel.notifier.send(message)
        except DeliveryError as error:
            return _Sent(number, len(chosen), error)
        issue = after(issue, one, int(ref.id), policy.issues) if policy.issues and ref else None
    return _Sent(len(chosen), len(chosen))


def _is_sent(sample: Notification, policy: ChannelPolicy) -> bool:
    """Return whether a channel gets a sample; an issue shows the course of one incident."""
    if policy.issues:
        return sample.event in _OF_ONE_INCIDENT
    return sample.event not in OF_ISSUES and is_chosen(sample, policy.kinds, knows_problem=True)


def _without_next_run(error: DeliveryError) -> DeliveryError:
    """Return the error without what the next runs do: they do not send a sample."""
    remedy = error.remedy.partition(HELD_BACK)[0].partition(PENDING)[0]
    return DeliveryError(str(error), cause=error.cause, remedy=remedy)
