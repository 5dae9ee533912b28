"""The history as bytes, and back. Corrupt is not empty: what cannot be read is an error."""

from datetime import MAXYEAR, MINYEAR
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, json

from cluster_status.domain.history import legacy
from cluster_status.domain.history.history import SCHEMA, History
from cluster_status.domain.notification.transitions import TRANSITIONS, Event
from cluster_status.domain.text import clean
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.roll_up import DAY, HOUR
from cluster_status.errors import HistoryError, UnreadableHistoryError

MAX_BYTES = 5_000_000  # a year of polls is 25 times smaller

_KEEP = "No message was sent and nothing was overwritten."
_UNREADABLE = f"Restore an older copy, or delete it to start a new history. {_KEEP}"
_LONG_ORIGINAL = (
    f"Shorten it as docs/migration.md shows: only poll_time and online of each poll are needed. {_KEEP}"
)


class _Envelope(Struct):
    """The part that every schema has."""

    schema: Annotated[int, Meta(ge=1)]


def parse(content: bytes) -> History:
    """Read a history; raise HistoryError, naming what is wrong with it and where."""
    if len(content) > MAX_BYTES:
        remedy = _LONG_ORIGINAL if legacy.is_original(content) else _UNREADABLE
        raise UnreadableHistoryError(f"The history is larger than {MAX_BYTES} bytes.", remedy=remedy)
    try:
        if legacy.is_original(content):
            return legacy.restore(content)
        schema = json.decode(content, type=_Envelope).schema
        if schema > SCHEMA:
            raise HistoryError(
                f"The history has schema {schema}, but this version only reads up to schema {SCHEMA}.",
                remedy=f"Use the newer version of the action that wrote it. {_KEEP}",
            )
        history = json.decode(content, type=History)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableHistoryError(
            f"The history cannot be read: {clean(str(error))}.", remedy=_UNREADABLE
        ) from None
    if not _makes_sense(history):
        raise UnreadableHistoryError("The history is inconsistent.", remedy=_UNREADABLE)
    return history


def _makes_sense(history: History) -> bool:
    """Tell whether every status that counts is one that can, and what is to be told is there."""
    tracker = history.tracker
    periods = [tracker.confirmed, tracker.pending]
    for notification in history.pending:
        periods += [notification.period, notification.before]
        if (notification.event is Event.MONITOR_LOST) is not (notification.unknown_period is not None):
            return False
        if notification.event is Event.MAINTENANCE_SCHEDULED and notification.window is None:
            return False
    return all(period is None or period.status in TRANSITIONS for period in periods) and _adds_up(
        history.ledger
    )


def _adds_up(ledger: UptimeLedger) -> bool:
    """Tell whether no hour and no day has more than it spans, and each comes once, in order."""
    for resolution, roll_ups in ((HOUR, ledger.hours), (DAY, ledger.days)):
        begins = [roll_up.begin for roll_up in roll_ups]
        if begins != sorted(set(begins)) or any(roll_up.watched > resolution.seconds for roll_up in roll_ups):
            return False
    return all(MINYEAR < interval.begin.year <= interval.end.year < MAXYEAR for interval in ledger.open)


def render(history: History) -> bytes:
    """Write a history; the same one always gives the same bytes."""
    return json.format(json.encode(history), indent=1) + b"\n"
