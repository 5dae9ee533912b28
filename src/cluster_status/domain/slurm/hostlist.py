"""Names of nodes from a list as Slurm prints it, such as ``n[01-10,15],gpu[1-2]n[1-4],login1``."""

import re
from math import prod
from typing import NamedTuple

MOST_NAMES = 100_000  # of one list
_MOST_NAMES_TOGETHER = 300_000
_LONGEST_NAME = 255

_RANGE = r"[0-9]{1,18}(?:-[0-9]{1,18})?"
_ITEM = rf"(?:[A-Za-z0-9_.-]|\[{_RANGE}(?:,{_RANGE})*\])+"
_ITEMS = re.compile(_ITEM)
_LIST = re.compile(rf"{_ITEM}(?:,{_ITEM})*")
_BRACKETS = re.compile(r"\[([^\]]*)\]")


def expand(text: str, *, most: int = MOST_NAMES) -> frozenset[str] | None:
    """Return the names in a list; None if it is malformed, or can have more than `most` names."""
    if not text:
        return frozenset()
    if not _LIST.fullmatch(text):
        return None
    names: set[str] = set()
    for item in _ITEMS.findall(text):
        found = _names(item, most - len(names))
        if found is None:
            return None
        names.update(found)
    return frozenset(names)


class HostLists:
    """Expands many lists. Equal lists share one set, and all sets together are bounded."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str] | None] = {}
        self._left = _MOST_NAMES_TOGETHER

    def expand(self, text: str) -> frozenset[str] | None:
        if text not in self._known:
            names = expand(text, most=min(MOST_NAMES, self._left))
            self._left -= len(names or ())
            self._known[text] = names
        return self._known[text]


class _Range(NamedTuple):
    numbers: range
    width: int  # with leading zeros


def _names(item: str, most: int) -> list[str] | None:
    """Return the names of one item; None if a range is reversed, or the names are too long or too many."""
    literals, brackets = _BRACKETS.split(item)[::2], _BRACKETS.findall(item)
    ranges = [list(map(_range, bracket.split(","))) for bracket in brackets]
    widths = [max(one.width for one in alternatives) for alternatives in ranges]
    # before a name is made: a short list can stand for any number of names
    count = prod(sum(len(one.numbers) for one in alternatives) for alternatives in ranges)
    is_reversed = any(not one.numbers for alternatives in ranges for one in alternatives)
    if is_reversed or count > most or sum(map(len, literals)) + sum(widths) > _LONGEST_NAME:
        return None
    names = [literals[0]]
    for alternatives, literal in zip(ranges, literals[1:], strict=True):
        tails = [str(number).zfill(width) + literal for numbers, width in alternatives for number in numbers]
        names = [name + tail for name in names for tail in tails]
    return names


def _range(text: str) -> _Range:
    first, _, last = text.partition("-")
    return _Range(range(int(first), int(last or first) + 1), len(first))
