"""Reads and writes the history document. An unreadable document is an error, not an empty history."""

from datetime import MAXYEAR, MINYEAR
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, json

from cluster_status.domain.history import legacy
from cluster_status.domain.history.histories import SCHEMA, Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.history.redacted import redacted
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.roll_up import DAY, HOUR
from cluster_status.errors import HistoryError, UnreadableHistoryError

UNNAMED = ""  # the key of a history that knew of one cluster only
MAX_BYTES = 50_000_000  # a year of 200 clusters takes half of it

_WITH_WINDOW = frozenset(
    {
        Event.MAINTENANCE_SCHEDULED,
        Event.MAINTENANCE_CHANGED,
        Event.MAINTENANCE_CANCELLED,
        Event.MAINTENANCE_OVERDUE,
    }
)
_KEEP = "No message was sent and nothing was overwritten."
_UNREADABLE = f"Restore an older copy, or delete it to start a new history. {_KEEP}"
_LONG_ORIGINAL = (
    f"Shorten it as docs/migration.md shows: only poll_time and online of each poll are needed. {_KEEP}"
)


class _Envelope(Struct):
    """The part that every schema has."""

    schema: Annotated[int, Meta(ge=1)]


class _Document(Struct):
    """The rest of a document of this schema. One without clusters is damaged, not empty."""

    clusters: dict[str, History]


def parse(content: bytes, redaction: Redaction = PLAIN) -> Histories:
    """Read a stored document; raise HistoryError with the fault and its place."""
    is_original = legacy.is_original(content)
    limit, remedy = (legacy.MAX_BYTES, _LONG_ORIGINAL) if is_original else (MAX_BYTES, _UNREADABLE)
    if len(content) > limit:
        raise UnreadableHistoryError(f"The history is larger than {limit} bytes.", remedy=remedy)
    try:
        if is_original:
            return Histories(clusters={UNNAMED: legacy.restore(content)})
        schema = json.decode(content, type=_Envelope).schema
        if schema > SCHEMA:
            raise HistoryError(
                f"The history has schema {schema}, but this version only reads up to schema {SCHEMA}.",
                remedy=f"Use the newer version of the action that wrote it. {_KEEP}",
            )
        clusters = json.decode(content, type=_Document).clusters.items()
        histories = Histories(clusters={key: redacted(history, redaction) for key, history in clusters})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableHistoryError(
            f"The history cannot be read: {redaction.clean(str(error))}.", remedy=_UNREADABLE
        ) from None
    if not all(map(_is_consistent, histories.clusters.values())):
        raise UnreadableHistoryError("The history is inconsistent.", remedy=_UNREADABLE)
    return histories


def _is_consistent(history: History) -> bool:
    tracker = history.tracker
    pending = [one for channel in history.outbox.channels.values() for one in channel.pending]
    periods = [tracker.confirmed, tracker.pending, *(one.period for one in pending)]
    periods += [one.previous for one in pending]
    return (
        all(period is None or period.status is not Status.UNKNOWN for period in periods)
        and all(map(_is_complete, pending))
        and _adds_up(history.record.ledger)
        and history.capacity.is_consistent
    )


def _is_complete(notification: Notification) -> bool:
    """Return whether the notification has the parts of its event, and no others."""
    if notification.event is Event.MONITOR_LOST:
        return notification.unknown is not None
    if notification.event in _WITH_WINDOW and notification.window is None:
        return False
    if notification.period is None:
        return False
    return notification.unknown is None or not notification.event.is_known


def _adds_up(ledger: UptimeLedger) -> bool:
    """Return whether each hour and day comes once, in order, and has no more seconds than it spans."""
    for resolution, roll_ups in ((HOUR, ledger.hours), (DAY, ledger.days)):
        begins = [roll_up.begin for roll_up in roll_ups]
        if begins != sorted(set(begins)) or any(
            roll_up.monitored > resolution.seconds for roll_up in roll_ups
        ):
            return False
    return all(MINYEAR < interval.begin.year <= interval.end.year < MAXYEAR for interval in ledger.open)


def render(histories: Histories) -> bytes:
    """Write the histories; the same ones always give the same bytes.

    Raises HistoryError for a document that no later run would read.
    """
    content = json.encode(histories, order="deterministic") + b"\n"
    if len(content) > MAX_BYTES:
        raise HistoryError(
            f"The history of {len(histories.clusters)} clusters is larger than {MAX_BYTES} bytes.",
            remedy="Check some of the clusters in a workflow of their own, or start a new history.",
        )
    return content
