"""The width of text on a screen, and its length where UTF-16 units are counted."""

from itertools import accumulate, takewhile
from unicodedata import east_asian_width

_WIDE = frozenset({"W", "F"})


def columns(text: str) -> int:
    """Return the number of monospace columns; wide characters take two, all others one."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def units(text: str) -> int:
    """Return the length in UTF-16 units, in which Discord counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def fitted(text: str, width: int) -> str:
    """Return `text` in at most `width` columns; an ellipsis shows that the end was cut."""
    return text if columns(text) <= width else f"{beginning(text, width - 1)}…"


def beginning(text: str, width: int) -> str:
    """Return the first characters that fit in `width` columns."""
    ends = accumulate(map(_columns, text))
    return text[: sum(1 for _ in takewhile(lambda end: end <= width, ends))]


def ending(text: str, width: int) -> str:
    """Return the last characters that fit in `width` columns."""
    return beginning(text[::-1], width)[::-1]


def left(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def right(text: str, width: int) -> str:
    return " " * (width - columns(text)) + text


def _columns(character: str) -> int:
    return 2 if east_asian_width(character) in _WIDE else 1
