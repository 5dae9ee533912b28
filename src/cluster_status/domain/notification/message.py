"""A message, independent of the channel: headline, sentence, facts, table. Each channel formats it."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.plan import Plan
from cluster_status.domain.notification.content.facts import Fact, facts, once, with_planned
from cluster_status.domain.notification.content.headline import headline, shown_status
from cluster_status.domain.notification.content.quotation import Quotation, quotation_for
from cluster_status.domain.notification.content.sentence import remedy, sentence
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.issue import IssueStep
from cluster_status.domain.notification.mute import Mute
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    Partition,
    Pending,
)
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import PartitionReport
from cluster_status.domain.status.site_checks.report import SiteCheckReport
from cluster_status.domain.status.site_checks.result import failing


class Message(Struct, frozen=True):
    status: Status  # gives the colour
    headline: str
    sentence: str
    at: datetime  # shown by each channel
    changes: tuple["Message", ...] = ()  # of a message about several clusters: theirs
    is_overview: bool = False  # of several clusters as they are, not of changes
    is_report: bool = False  # weekly, on several clusters
    cluster: str = ""  # name; empty for several
    notification: Notification | None = None
    remedy: str = ""  # what to do; never text of a server
    facts: tuple[Fact, ...] = ()
    partitions: tuple[Partition, ...] = ()
    lost: tuple[str, ...] = ()  # names of partitions to show first
    usual: tuple[str, ...] = ()  # names of partitions to show last
    gpus: dict[str, tuple[Gpus, ...]] = {}  # by partition name
    drain_reasons: tuple[DrainReason, ...] = ()  # newest first
    pending: dict[str, Pending] = {}  # jobs by partition name; empty if not known
    quotation: Quotation | None = None
    mention: str = ""  # role or user to mention, in the syntax of the channel
    is_news: bool = True  # otherwise it is sent without a notification sound
    issue: IssueStep | None = None  # for a channel of issues
    notice: str = ""  # as in the facts
    note: str = ""  # of a maintenance, as in the facts
    url: str = ""  # page of the run that sends or edits it; alone it is no reason for an edit
    page: str = ""  # status page of the cluster, or of all


def compose(
    notification: Notification,
    cluster_name: str,
    policy: ChannelPolicy,
    cluster_state: ClusterState | None,
    url: str = "",
) -> Message:
    """Return the message for a channel; `cluster_state` is that of the same poll, if there is one."""
    status = shown_status(notification)
    details = (cluster_state.details if cluster_state else None) or Details()
    partitions = cluster_state.partitions if cluster_state and policy.with_partitions else ()
    return Message(
        status=status,
        headline=headline(notification, cluster_name),
        sentence=sentence(notification),
        at=notification.at,
        cluster=cluster_name,
        notification=notification,
        remedy=remedy(notification),
        facts=tuple(once(facts(notification), notification.at)),
        partitions=partitions,
        gpus=details.gpus if policy.with_partitions else {},
        drain_reasons=details.drain_reasons if policy.with_partitions else (),
        pending=details.pending if policy.with_partitions else {},
        quotation=quotation_for(status, notification.at) if policy.with_quotation else None,
        mention=policy.mention if _is_outage(notification) else "",
        is_news=notification.event is not Event.REMINDER,
        url=url,
    )


def with_order(message: Message, report: PartitionReport | None) -> Message:
    """Return the message with the partitions to show first and last, as this poll found them."""
    return replace(message, lost=report.found, usual=report.usual) if report else message


def with_check_outputs(message: Message, report: SiteCheckReport | None) -> Message:
    """Return the message with what the failing checks that it names printed in this poll."""
    names = {one.name for one in message.notification.checks} if message.notification else set()
    results = [one for one in failing(report.results) if one.name in names] if report else []
    outputs = (Fact(f"Output of {one.name}", one.output) for one in results if one.output)
    return replace(message, facts=(*message.facts, *outputs))


def with_mute(message: Message, mute: Mute | None) -> Message:
    """Return the message with the mute of the other channels."""
    fact = Fact("Muted until", mute.until or "the end of this incident") if mute else None
    return replace(message, facts=(*message.facts, fact)) if fact else message


def with_plan(message: Message, plan: Plan) -> Message:
    """Return the message with what the user has written for readers."""
    window = message.notification.window if message.notification else None
    note = plan.note_of(window) if window else ""
    return replace(
        message,
        notice=plan.notice,
        note=note,
        facts=with_planned(message.facts, plan.notice, note),
    )


def _is_outage(notification: Notification) -> bool:
    """Return whether the cluster has gone offline."""
    is_offline = notification.period is not None and notification.period.status is Status.OFFLINE
    return notification.event is Event.OUTAGE or (
        notification.event is Event.MAINTENANCE_OVERDUE and is_offline
    )
