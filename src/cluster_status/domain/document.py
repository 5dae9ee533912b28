"""The history as bytes, and back. Corrupt is not empty: what cannot be read is an error."""

from datetime import MAXYEAR, MINYEAR
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, json

from cluster_status.domain import original
from cluster_status.domain.history import SCHEMA, History
from cluster_status.domain.ledger import Ledger
from cluster_status.domain.roll_up import DAY, HOUR
from cluster_status.domain.text import clean
from cluster_status.domain.transitions import TELLINGS, Telling
from cluster_status.errors import HistoryError, UnreadableHistoryError

MAX_BYTES = 5_000_000  # a year of polls is 25 times smaller

_KEEP = "It was left as it is: nothing was announced and nothing overwritten."
_UNREADABLE = f"Restore an older copy, or remove it to start anew. {_KEEP}"
_LONG_ORIGINAL = (
    f"Shorten it as docs/migration.md shows: of each poll only poll_time and online count. {_KEEP}"
)


class _Envelope(Struct):
    """The part that every schema has."""

    schema: Annotated[int, Meta(ge=1)]


def parse(content: bytes) -> History:
    """Read a history; raise HistoryError, naming what is wrong with it and where."""
    if len(content) > MAX_BYTES:
        remedy = _LONG_ORIGINAL if original.is_original(content) else _UNREADABLE
        raise UnreadableHistoryError(f"The history is larger than {MAX_BYTES} bytes.", remedy=remedy)
    try:
        if original.is_original(content):
            return original.restore(content)
        schema = json.decode(content, type=_Envelope).schema
        if schema > SCHEMA:
            raise HistoryError(
                f"The history has schema {schema}; this version reads {SCHEMA} at the most.",
                remedy=f"Use the newer version of the action that wrote it. {_KEEP}",
            )
        history = json.decode(content, type=History)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableHistoryError(
            f"The history cannot be read: {clean(str(error))}.", remedy=_UNREADABLE
        ) from None
    if not _makes_sense(history):
        raise UnreadableHistoryError("The history contradicts itself.", remedy=_UNREADABLE)
    return history


def _makes_sense(history: History) -> bool:
    """Tell whether every status that counts is one that can, and what is to be told is there."""
    standing = history.standing
    spells = [standing.confirmed, standing.candidate]
    for announcement in history.pending:
        spells += [announcement.spell, announcement.before]
        if (announcement.telling is Telling.BLIND) is not (announcement.doubt is not None):
            return False
        if announcement.telling is Telling.COMING and announcement.window is None:
            return False
    return all(spell is None or spell.status in TELLINGS for spell in spells) and _adds_up(history.ledger)


def _adds_up(ledger: Ledger) -> bool:
    """Tell whether no hour and no day has more than it spans, and each comes once, in order."""
    for grain, roll_ups in ((HOUR, ledger.hours), (DAY, ledger.days)):
        begins = [roll_up.begin for roll_up in roll_ups]
        if begins != sorted(set(begins)) or any(roll_up.watched > grain.seconds for roll_up in roll_ups):
            return False
    return all(MINYEAR < stretch.begin.year <= stretch.end.year < MAXYEAR for stretch in ledger.open)


def render(history: History) -> bytes:
    """Write a history; the same one always gives the same bytes."""
    return json.format(json.encode(history), indent=1) + b"\n"
