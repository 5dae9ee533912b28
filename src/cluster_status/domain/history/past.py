"""The past: roll-ups, incidents, gaps and capacity of earlier days. It is stored apart, once a day.

So a copy of the history that a poll saves is small: it has what is recent, and names the copy with the past.
"""

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.domain.actions.retention import PAST_NAMED_FOR
from cluster_status.domain.capacity import parts
from cluster_status.domain.capacity.capacity import CapacityArchive
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.instant import Instant
from cluster_status.domain.uptime.gaps import GAPS_KEPT, Gap
from cluster_status.domain.uptime.incident import INCIDENTS_KEPT, Incident
from cluster_status.domain.uptime.record import Record
from cluster_status.domain.uptime.roll_up import DAY, HOUR, RollUp, RollUps

MAX_WAIT = timedelta(days=1)  # of a past that is due
GIVEN_UP_AFTER = PAST_NAMED_FOR - timedelta(days=1)  # a past that cannot be read

T = TypeVar("T", RollUp, Incident, Gap)


class PastRecord(Struct, frozen=True, omit_defaults=True):
    """The past of one cluster."""

    hours: RollUps = ()
    days: RollUps = ()
    incidents: tuple[Incident, ...] = ()
    gaps: tuple[Gap, ...] = ()
    capacity: CapacityArchive = CapacityArchive()


class Past(Struct, frozen=True):
    """What ended before an instant, by the key of the cluster."""

    before: Instant
    clusters: dict[str, PastRecord] = field(default_factory=dict)


class PastRef(Struct, frozen=True, omit_defaults=True):
    """Where the past of a copy is: in the artifact with this id and digest, or in the copy itself."""

    before: Instant
    artifact: int | None = None
    digest: str | None = None


class StoredPast(Struct, frozen=True):
    """The past that the last copy names; `past` is None if it could not be read."""

    ref: PastRef
    past: Past | None = None


class Copy(Struct, frozen=True):
    """What a save stores: the recent part, with the past in it or a reference to it, if there is any."""

    recent: Histories
    ref: PastRef | None = None
    past: Past | None = None


def copy_to_save(histories: Histories, stored: StoredPast | None, now: datetime, *, may_wait: bool) -> Copy:
    """Return the next copy, which has the past if it is due.

    With `may_wait`, it waits for a day. A past that could not be read is kept by its reference, for a while.
    """
    if stored is None:
        waits = may_wait and with_past(histories, now - MAX_WAIT).past is None
        return Copy(histories) if waits else with_past(histories, now)
    age = abs(_end_of_past(now) - stored.ref.before)
    if stored.past is None:
        return Copy(histories, stored.ref) if age < GIVEN_UP_AFTER else with_past(histories, now)
    recent = without(histories, stored.past)
    if recent and age <= (MAX_WAIT if may_wait else timedelta()):
        return Copy(recent, stored.ref)
    return with_past(histories, now)


def is_past_due(histories: Histories, stored: StoredPast | None, now: datetime) -> bool:
    """Return whether the copy after these histories is to have the past, if it continues the stored one."""
    if stored is None:
        return with_past(histories, now).past is not None
    age = abs(_end_of_past(now) - stored.ref.before)
    return age > timedelta() if stored.past else age >= GIVEN_UP_AFTER


def with_past(histories: Histories, now: datetime) -> Copy:
    """Return a copy with its past, if there is any."""
    before = _end_of_past(now)
    recent, past = {}, {}
    for key, history in histories.clusters.items():
        record, old = _split(history.record, before)
        older, rest = parts.parted(history.capacity.archive, before)
        old = replace(old, capacity=older)
        recent[key] = _with(history, record, rest)
        if old != PastRecord():
            past[key] = old
    if not past:
        return Copy(histories)
    return Copy(replace(histories, clusters=recent), PastRef(before), Past(before, past))


def without(histories: Histories, past: Past) -> Histories | None:
    """Return the histories without this past; None if they do not continue it."""
    recent = {}
    for key, history in histories.clusters.items():
        old = past.clusters.get(key, PastRecord())
        short, _ = _split(history.record, past.before)
        # the record of a cluster that this past does not know of is stored as a whole
        record = next((one for one in (short, history.record) if _joined(one, old) == history.record), None)
        archive = parts.addition(history.capacity.archive, old.capacity, past.before)
        if record is None or archive is None:
            return None
        recent[key] = _with(history, record, archive)
    return replace(histories, clusters=recent)


def joined(recent: Histories, past: Past) -> Histories:
    """Return the histories with their past; a cluster that was removed does not come back."""
    clusters = {
        key: _with(
            history,
            _joined(history.record, past.clusters[key]),
            parts.joined(history.capacity.archive, past.clusters[key].capacity),
        )
        if key in past.clusters
        else history
        for key, history in recent.clusters.items()
    }
    return replace(recent, clusters=clusters)


def _with(history: History, record: Record, archive: CapacityArchive) -> History:
    return replace(history, record=record, capacity=replace(history.capacity, archive=archive))


def _end_of_past(now: datetime) -> datetime:
    """Return the begin of yesterday in UTC: without the past, a whole day is still known."""
    return DAY.begin_of(now) - timedelta(days=1)


def _split(record: Record, before: datetime) -> tuple[Record, PastRecord]:
    ledger = record.ledger
    past_hours, hours = _parted(ledger.hours, before, _begin)
    past_days, days = _parted(ledger.days, before, _begin)
    past_incidents, incidents = _parted(record.incidents, before, _until)
    past_gaps, gaps = _parted(record.gaps, before, _end)
    short = replace(record, ledger=replace(ledger, hours=hours, days=days), incidents=incidents, gaps=gaps)
    return short, PastRecord(past_hours, past_days, past_incidents, past_gaps)


def _parted(
    items: tuple[T, ...], before: datetime, key: Callable[[T], datetime]
) -> tuple[tuple[T, ...], tuple[T, ...]]:
    place = bisect_left(items, before, key=key)
    return items[:place], items[place:]


def _joined(record: Record, past: PastRecord) -> Record:
    ledger = replace(
        record.ledger,
        hours=_chained(past.hours, record.ledger.hours, _begin)[-HOUR.kept :],
        days=_chained(past.days, record.ledger.days, _begin)[-DAY.kept :],
    )
    incidents = _chained(past.incidents, record.incidents, _until)[-INCIDENTS_KEPT:]
    gaps = _chained(past.gaps, record.gaps, _end)[-GAPS_KEPT:]
    return replace(record, ledger=ledger, incidents=incidents, gaps=gaps)


def _chained(past: tuple[T, ...], recent: tuple[T, ...], key: Callable[[T], datetime]) -> tuple[T, ...]:
    """Return both parts; they overlap only if the clock was set back, or the past was not readable."""
    if not (past and recent) or key(past[-1]) < key(recent[0]):
        return past + recent
    return tuple(sorted({key(one): one for one in past + recent}.values(), key=key))


def _begin(roll_up: RollUp) -> datetime:
    return roll_up.begin


def _until(incident: Incident) -> datetime:
    return incident.until


def _end(gap: Gap) -> datetime:
    return gap.end
