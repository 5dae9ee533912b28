"""How wide a text is on a screen, and how long where UTF-16 is counted.

With what Python knows of Unicode: the package wcwidth, which a test compares this with, is 6 MB.
"""

from unicodedata import bidirectional, category, east_asian_width

_MARKS_EACH = 2  # that a character keeps; no script of today needs more, and towers of them hide other lines
_LONGEST = 8  # characters a column that are looked at
_LEFT_TO_RIGHT = "\u200e"  # a mark without width


def columns(text: str) -> int:
    """Return how many columns of monospace text this takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def units(text: str) -> int:
    """Return the length as JavaScript counts it: never fewer than there are characters."""
    return len(text) + sum(character > "\uffff" for character in text)


def fitted(text: str, width: int) -> str:
    """Return `text` in at most `width` columns; what is cut off shows as an ellipsis."""
    text = text if text.isascii() else "".join(_without_towers(text[: _LONGEST * width]))
    if columns(text) <= width:
        return text
    kept, used = "", 0
    for character in text:
        used += _columns(character)
        if used >= width:
            break
        kept += character
    return kept + "…"


def left(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def right(text: str, width: int) -> str:
    return " " * (width - columns(text)) + text


def isolated(text: str) -> str:
    """Return a text after which a line goes on from left to right, whatever script it is in."""
    if text.isascii() or not any(bidirectional(character) in {"R", "AL"} for character in text):
        return text
    return f"{_LEFT_TO_RIGHT}{text}{_LEFT_TO_RIGHT}"


def _columns(character: str) -> int:
    if _joins_the_one_before(character):
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def _joins_the_one_before(character: str) -> bool:
    # a Hangul syllable is also written as its parts
    return category(character)[0] == "M" or category(character) == "Cf" or "\u1160" <= character <= "\u11ff"


def _without_towers(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if _joins_the_one_before(character) else 0
        if marks <= _MARKS_EACH:
            kept.append(character)
    return kept
