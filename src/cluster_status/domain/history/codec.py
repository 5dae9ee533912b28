"""Reads and writes the history document. An unreadable document is an error, not an empty history."""

from datetime import MAXYEAR, MINYEAR
from operator import attrgetter, lt
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, json

from cluster_status.domain.history import legacy
from cluster_status.domain.history.histories import SCHEMA, Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.history.limits import MOST_ENTRIES, excess_of, require_readable
from cluster_status.domain.history.past import Past, PastRef
from cluster_status.domain.history.redacted import redacted, redacted_past
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.roll_up import DAY, HOUR, RollUps
from cluster_status.errors import HistoryError, UnreadableHistoryError

UNNAMED = ""  # the key of a history that knew of one cluster only

_SECONDS = attrgetter("online", "degraded", "maintenance", "offline")  # a year of many clusters is checked
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
    past: PastRef | None = None


class _RecentPart(Histories, frozen=True, kw_only=True):
    """A document whose past is stored apart."""

    past: PastRef


def parse(content: bytes, redaction: Redaction = PLAIN, *, clusters: int = 1) -> Histories:
    """Read a whole document, or the recent part of one; raise HistoryError with the fault and its place.

    `clusters` is the number of those that a run checks: its limits depend on it.
    """
    return parse_copy(content, redaction, clusters=clusters)[0]


def parse_copy(
    content: bytes, redaction: Redaction = PLAIN, *, clusters: int = 1
) -> tuple[Histories, PastRef | None]:
    """Read a document like `parse`; return also where its past is, if it is stored apart."""
    is_original = legacy.is_original(content)
    if is_original and len(content) > legacy.MAX_BYTES:
        text = f"The history is larger than {legacy.MAX_BYTES} bytes."
        raise UnreadableHistoryError(text, remedy=_LONG_ORIGINAL)
    if not is_original:
        require_readable(content, clusters)
    try:
        if is_original:
            return Histories(clusters={UNNAMED: legacy.restore(content)}), None
        schema = json.decode(content, type=_Envelope).schema
        if schema > SCHEMA:
            raise HistoryError(
                f"The history has schema {schema}, but this version only reads up to schema {SCHEMA}.",
                remedy=f"Use the newer version of the action that wrote it. {_KEEP}",
            )
        document = json.decode(content, type=_Document)
        if len(document.clusters) > MOST_ENTRIES:
            text = f"The history has more than {MOST_ENTRIES} clusters."
            raise UnreadableHistoryError(text, remedy=_UNREADABLE)
        histories = {key: redacted(history, redaction) for key, history in document.clusters.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableHistoryError(
            f"The history cannot be read: {redaction.clean(str(error))}.", remedy=_UNREADABLE
        ) from None
    if not all(map(_is_consistent, histories.values())):
        raise UnreadableHistoryError("The history is inconsistent.", remedy=_UNREADABLE)
    return Histories(clusters=histories), document.past


def parse_past(content: bytes, redaction: Redaction = PLAIN, *, clusters: int = 1) -> Past:
    """Read a stored past; raise UnreadableHistoryError with the fault and its place."""
    require_readable(content, clusters)
    try:
        past = json.decode(content, type=Past)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableHistoryError(f"The past of the history cannot be read: {error}.") from None
    # the seconds were checked when they were recent, and copies name the past by its digest
    if not all(
        _is_ordered(one.hours) and _is_ordered(one.days) and one.capacity.is_consistent
        for one in past.clusters.values()
    ):
        raise UnreadableHistoryError("The past of the history is inconsistent.")
    return redacted_past(past, redaction)


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
    if notification.event is Event.REPORT and not (
        notification.week and notification.week.begin.year < MAXYEAR
    ):
        return False
    if notification.period is None:
        return False
    return notification.unknown is None or not notification.event.is_known


def _adds_up(ledger: UptimeLedger) -> bool:
    """Return whether each hour and day comes once, in order, and has no more seconds than it spans."""
    for resolution, roll_ups in ((HOUR, ledger.hours), (DAY, ledger.days)):
        if not _is_ordered(roll_ups):
            return False
        if max(map(sum, map(_SECONDS, roll_ups)), default=0) > resolution.seconds:
            return False
    return all(MINYEAR < interval.begin.year <= interval.end.year < MAXYEAR for interval in ledger.open)


def _is_ordered(roll_ups: RollUps) -> bool:
    begins = [roll_up.begin for roll_up in roll_ups]
    return all(map(lt, begins, begins[1:]))


def render(histories: Histories, past: PastRef | None = None) -> bytes:
    """Write the histories; the same ones always give the same bytes. `past` is where their past is.

    Raises HistoryError for a document that no later run would read.
    """
    document = _RecentPart(clusters=histories.clusters, past=past) if past else histories
    content = json.encode(document, order="deterministic") + b"\n"
    number = len(histories.clusters)
    if excess := excess_of(content, number):
        raise HistoryError(
            f"The history of {number} clusters {excess}.",
            remedy="Check some of the clusters in a workflow of their own, or start a new history.",
        )
    return content


def render_past(past: Past) -> bytes:
    return json.encode(past, order="deterministic") + b"\n"
