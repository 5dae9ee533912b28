"""Width of text in columns, and its length in UTF-16 units.

Uses Python's own Unicode data; a test compares it with the package wcwidth, which has 6 MB.
"""

from unicodedata import bidirectional, category, east_asian_width

_MARKS_EACH = 2  # combining marks kept per character; more of them would cover other lines
_LONGEST = 8  # characters examined per column
_LEFT_TO_RIGHT = "\u200e"  # a mark without width


def columns(text: str) -> int:
    """Return the number of columns in a monospace font."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def units(text: str) -> int:
    """Return the length in UTF-16 units, as JavaScript counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def fitted(text: str, width: int) -> str:
    """Return `text` in at most `width` columns; an ellipsis shows that it was cut."""
    text = text if text.isascii() else "".join(_without_extra_marks(text[: _LONGEST * width]))
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
    """Mark right-to-left text, so that the rest of the line stays left to right."""
    if text.isascii() or not any(bidirectional(character) in {"R", "AL"} for character in text):
        return text
    return f"{_LEFT_TO_RIGHT}{text}{_LEFT_TO_RIGHT}"


def _columns(character: str) -> int:
    if _joins_the_one_before(character):
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def _joins_the_one_before(character: str) -> bool:
    # Hangul syllables can be written as separate parts
    return category(character)[0] == "M" or category(character) == "Cf" or "\u1160" <= character <= "\u11ff"


def _without_extra_marks(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if _joins_the_one_before(character) else 0
        if marks <= _MARKS_EACH:
            kept.append(character)
    return kept
