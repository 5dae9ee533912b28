"""What a poll finds of the known windows."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.calendar import KEPT_FOR, Calendar, KnownWindow
from cluster_status.domain.maintenance.lifecycle import Found, Stage
from cluster_status.domain.maintenance.listing import APART, Listing
from cluster_status.domain.maintenance.matching import matches
from cluster_status.domain.maintenance.plan import PlannedWindow, with_planned
from cluster_status.domain.maintenance.window import Span, Window

WINDOWS_KEPT = 50
_SMALL_MOVE = timedelta(hours=1)  # of the end of a maintenance that runs
_SMALL_SHARE = 0.1  # of its nodes
_NOT_BEGUN = frozenset({Stage.ANNOUNCED, Stage.REMINDED})


class Comparison(Struct, frozen=True):
    """The calendar with the windows as they are listed now, and what was found of each by its id.

    Nothing is found of a window whose change, or absence, a second poll has to confirm.
    """

    calendar: Calendar
    found: dict[str, Found]


def compare(
    calendar: Calendar,
    reserved: Listing | None,
    planned: Iterable[PlannedWindow],
    at: datetime,
    poll_id: str,
) -> Comparison:
    """Return the calendar after a poll; `reserved` is None if the reservations were not read.

    The `planned` windows are those that are not over.
    """
    kept = tuple(one for one in calendar.windows if calendar.time_since_end(one.window, at) < KEPT_FOR)
    listed = with_planned(reserved or _as_known(calendar, kept, at), planned)
    if reserved:
        calendar = replace(calendar, since=calendar.since or at, read_at=at)
    begun = [one.window for one in kept if one.stage not in _NOT_BEGUN]
    matched = matches([one.window for one in kept], listed, at, begun)
    windows, found = list[KnownWindow](), dict[str, Found]()
    for number, known in enumerate(kept):
        if number in matched.merged:
            continue
        window = matched.found.get(number)
        after, what = (
            _listed(known, window, calendar, at, unread=listed.unread)
            if window
            else _missing(known, listed, calendar, at)
        )
        windows.append(after)
        found |= {known.id: what} if what else {}
    new = [KnownWindow(f"{poll_id}.{number}", window) for number, window in enumerate(matched.new)]
    found |= {one.id: Found.SAME for one in new}
    return Comparison(replace(calendar, windows=tuple([*windows, *new][:WINDOWS_KEPT])), found)


def _as_known(calendar: Calendar, kept: Iterable[KnownWindow], at: datetime) -> Listing:
    """Return the reserved windows that were listed last and are not over, where none could be read."""
    current = (
        one.window
        for one in kept
        if one.window.reserved and not one.missing and calendar.time_since_end(one.window, at) < timedelta()
    )
    return Listing(tuple(replace(one, planned=False) for one in current), unread=True)


def _missing(
    known: KnownWindow, listed: Listing, calendar: Calendar, at: datetime
) -> tuple[KnownWindow, Found | None]:
    is_incomplete = listed.unread or listed.partial or (listed.by_number and bool(known.window.partitions))
    if is_incomplete and known.window.reserved:
        return known, Found.UNREAD  # it may only seem to be missing
    announced = known.announced
    if announced and known.stage in _NOT_BEGUN and known.window.last <= at < announced.begin:
        known = replace(known, window=announced)  # no message was sent of the time that is over
    is_gone = known.missing or calendar.time_since_end(known.window, at) >= timedelta()
    return replace(known, missing=True), Found.GONE if is_gone else None


def _listed(
    known: KnownWindow, listed: Window, calendar: Calendar, at: datetime, *, unread: bool
) -> tuple[KnownWindow, Found | None]:
    window = _continued(known.window, listed, calendar, at)
    after = replace(known, window=window, missing=False)
    if unread and not window.planned:
        return after, Found.UNREAD
    if known.announced is None or not _differ(known.announced, window, at):
        return after, Found.SAME
    is_confirmed = not known.missing and not _differ(known.window, window, at)
    return after, Found.CHANGED if is_confirmed else None


def _continued(known: Window, listed: Window, calendar: Calendar, at: datetime) -> Window:
    """Return the listed window with the parts of a running one that are over, and are not listed any more."""
    if known.begin > at or listed.begin > at + APART:
        return listed
    is_over = known.all_nodes is not None and calendar.time_since_end(known.all_nodes, at) >= timedelta()
    if known.all_nodes and not (is_over or listed.all_nodes):  # it has become a part
        return replace(listed, begin=known.begin)
    return replace(
        listed,
        begin=known.begin,
        nodes=max(known.nodes, listed.nodes),
        concurrent_nodes=max(known.concurrent_nodes, listed.concurrent_nodes),
        all_nodes=listed.all_nodes or known.all_nodes,
    )


def _differ(announced: Window, listed: Window, at: datetime) -> bool:
    """Return whether the difference is worth a message. The end of one that runs may move by an hour."""
    if (announced.all_nodes is None) is not (listed.all_nodes is None):
        return True
    if _is_moved(announced, listed, at):
        return True
    if announced.all_nodes and listed.all_nodes:
        return _is_moved(announced.all_nodes, listed.all_nodes, at)
    grown = listed.nodes - announced.nodes
    if listed.begin <= at:
        return grown > _SMALL_SHARE * announced.nodes
    others = bool(announced.partitions and listed.partitions) and announced.partitions != listed.partitions
    return others or abs(grown) > _SMALL_SHARE * announced.nodes


def _is_moved(before: Span, after: Span, at: datetime) -> bool:
    if after.begin > at:
        return (before.begin, before.last) != (after.begin, after.last)
    return abs(after.last - before.last) > _SMALL_MOVE
