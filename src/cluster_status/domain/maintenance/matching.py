"""Which of the listed windows is which of the known ones.

Names of reservations are not stored: administrators may choose any text.
"""

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.maintenance.calendar import OPEN_END_COUNTS_FOR
from cluster_status.domain.maintenance.listing import Listing
from cluster_status.domain.maintenance.window import Window, contains, overlap

Rank = Callable[[Window, Window], object]
"""Returns how well a known and a listed window match, the best lowest; None if they do not."""


class Matches(Struct, frozen=True):
    """Listed windows by the number of the known one, and those of none.

    `merged` are the numbers of known windows that have become a part of a listed one.
    """

    found: dict[int, Window]
    new: tuple[Window, ...]
    merged: frozenset[int]


def matches(
    known: Sequence[Window], listed: Listing, at: datetime, begun: Collection[Window] = ()
) -> Matches:
    """Match windows with the same times first, then those that overlap, then those that were moved.

    A window was moved if it has not begun, and takes all nodes as the other one does, or a part as that one.
    A reservation and a planned window were not.
    It may have been moved in a gap that its begin was in. `begun` are those whose begin was notified.
    One that runs with an open end does not overlap with one that begins much later.
    """
    found: dict[int, Window] = {}
    new = list(listed.windows)
    for rank in (_same_times, _overlapping(at), _moved(at, begun)):
        for _, number, window in sorted(_candidates(known, found, new, rank), key=lambda one: one[:2]):
            if number not in found and window in new:
                found[number] = window
                new.remove(window)
    for number, window in enumerate(known):
        rest = next((few for few in listed.few if _is_rest(window, few, at)), None)
        if number not in found and rest:
            found[number] = rest
    merged = (
        number
        for number, window in enumerate(known)
        if number not in found and any(_has_become(one, window) for one in _grown(known, found, listed))
    )
    return Matches(found, tuple(new), frozenset(merged))


def _candidates(
    known: Sequence[Window], found: Container[int], new: Sequence[Window], rank: Rank
) -> Iterator[tuple[Any, int, Window]]:
    for number, window in enumerate(known):
        for one in new:
            place = rank(window, one)
            was_announced = one.recurring and not window.recurring  # what recurs is not
            if number not in found and place is not None and not was_announced:
                yield place, number, one


def _same_times(known: Window, listed: Window) -> object:
    same = (known.begin, known.last) == (listed.begin, listed.last)
    return _is_of_all_nodes(known) is not _is_of_all_nodes(listed) if same else None


def _overlapping(at: datetime) -> Rank:
    def rank(known: Window, listed: Window) -> object:
        is_open = known.begin <= at and known.end is None
        before = replace(known, end=at + OPEN_END_COUNTS_FOR) if is_open else known
        shared = overlap(before, listed)
        return -shared if shared > timedelta() else None

    return rank


def _moved(at: datetime, begun: Collection[Window]) -> Rank:
    def rank(known: Window, listed: Window) -> object:
        is_alike = _is_of_all_nodes(known) is _is_of_all_nodes(listed) and _have_one_source(known, listed)
        may_be_moved = known.begin > at or (known.last > at and known not in begun)
        return abs(known.begin - listed.begin) if is_alike and may_be_moved else None

    return rank


def _is_rest(known: Window, few: Window, at: datetime) -> bool:
    """Return whether few nodes are the rest of a maintenance whose other nodes are back."""
    has_begun = known.begin <= at and not known.all_nodes
    return has_begun and few.last == known.last and overlap(known, few) > timedelta()


def _grown(known: Sequence[Window], found: Mapping[int, Window], listed: Listing) -> list[Window]:
    """Return the listed windows with a time that no known one had."""
    before = [number for number, window in found.items() if contains(known[number], window)]
    return [one for one in listed.windows if all(found[number] is not one for number in before)]


def _has_become(listed: Window, known: Window) -> bool:
    return contains(listed, known) and (_is_of_all_nodes(listed) or not _is_of_all_nodes(known))


def _have_one_source(known: Window, listed: Window) -> bool:
    return (known.planned and listed.planned) or (known.reserved and listed.reserved)


def _is_of_all_nodes(window: Window) -> bool:
    return window.all_nodes is not None
