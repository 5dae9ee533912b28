"""The JSON of a message. docs/webhook.schema.json is generated from these types."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import asdict

from cluster_status.domain.maintenance.window import Window as KnownWindow
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import Notification as Known
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Status

_Time = Annotated[datetime, Meta(tz=True, description="ISO 8601 time in UTC.")]


class Nodes(Struct, frozen=True, kw_only=True):
    """Numbers of nodes by group. `in_service` is the sum of the first five groups."""

    total: int
    in_service: int
    idle: int
    allocated: int
    reserved: int
    powered_down: int
    draining: int
    maintenance: int
    down: int
    unknown: int
    other: int


class Partition(Struct, frozen=True, kw_only=True):
    """A partition with the numbers of its nodes. `availability` and `time_limit` are the words of Slurm."""

    name: str
    availability: str
    time_limit: str
    nodes: Nodes


class Window(Struct, frozen=True, kw_only=True):
    """A maintenance. `partitions` is empty if it takes all; without an `end` it is open.

    `note` is that of the input `maintenance`.
    """

    begin: _Time
    end: _Time | None
    partitions: Sequence[str]
    note: str


class Notification(Struct, frozen=True, kw_only=True):
    """What was found. `headline`, `text` and `remedy` are for people, the other fields for programs."""

    event: Annotated[
        str, Meta(description="Kind of the event, such as outage. A later version can add others.")
    ]
    cluster: Annotated[str, Meta(description="Name of the cluster.")]
    at: _Time
    status: Annotated[str, Meta(description="online, degraded, maintenance, offline or unknown.")]
    previous_status: Annotated[str | None, Meta(description="Status that this one has replaced.")]
    since: Annotated[_Time | None, Meta(description="Start of the status.")]
    cause: Annotated[str | None, Meta(description="Latest cause, such as refused: see docs/causes.md.")]
    headline: str
    text: str
    remedy: str
    notice: Annotated[str, Meta(description="Input notice.")]
    nodes: Nodes | None
    partitions: Annotated[
        Sequence[Partition], Meta(description="Empty in a late message and without discord-msg-info.")
    ]
    window: Annotated[Window | None, Meta(description="Maintenance that runs, or is next.")]


class Payload(Struct, frozen=True, kw_only=True):
    """The body of a request."""

    schema_: Literal[1] = field(name="schema")
    notifications: Annotated[
        Sequence[Notification],
        Meta(
            min_length=1, description="Usually one; all at once if more than three clusters change in a run."
        ),
    ]
    run_url: Annotated[str | None, Meta(description="Page of the run that sends it.")]
    page_url: Annotated[str | None, Meta(description="Status page, if site-url is set.")]


def payload(message: Message) -> Payload:
    parts = message.changes or (message,)
    found = [_notification(one, one.notification) for one in parts if one.notification]
    return Payload(schema_=1, notifications=found, run_url=message.url or None, page_url=message.page or None)


def _notification(message: Message, known: Known) -> Notification:
    period, unknown, previous = known.period, known.unknown, known.previous
    current = unknown or period
    causes = (unknown.cause,) if unknown else (period.causes[-1:] if period else ())
    return Notification(
        event=str(known.event),
        cluster=message.cluster,
        at=known.at,
        status=str(period.status) if period and not unknown else str(Status.UNKNOWN),
        previous_status=str(previous.status) if previous else None,
        since=current.since if current else None,
        cause=next((str(cause) for cause in causes if cause), None),
        headline=message.headline,
        text=message.sentence,
        remedy=message.remedy,
        notice=message.notice,
        nodes=_nodes(known.nodes) if known.nodes else None,
        partitions=[
            Partition(
                name=one.name,
                availability=one.availability,
                time_limit=one.time_limit,
                nodes=_nodes(one.nodes),
            )
            for one in message.partitions
        ],
        window=_window(known.window, message.note) if known.window else None,
    )


def _nodes(counts: NodeCounts) -> Nodes:
    return Nodes(**asdict(counts), in_service=counts.in_service)


def _window(known: KnownWindow, note: str) -> Window:
    return Window(begin=known.begin, end=known.end, partitions=known.partitions, note=note)
