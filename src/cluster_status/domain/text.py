"""Untrusted text is cleaned once, where it enters."""

import unicodedata

_LIMIT = 300
_NAME_BYTES = 64
_NOT_SHOWN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
}  # control, format, surrogate, private, unassigned, breaks


def clean(text: str | bytes, *, limit: int = _LIMIT) -> str:
    """Return `text` as one line of valid, visible Unicode of at most `limit` characters.

    Escape sequences, line ends, direction marks and broken UTF-8 become single blanks or U+FFFD;
    an ellipsis shows that the end was cut.
    """
    if isinstance(text, bytes):
        text = text[: 8 * limit].decode("utf-8", "replace")
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text.strip()
    visible = "".join(" " if unicodedata.category(c) in _NOT_SHOWN else c for c in text[: 8 * limit])
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def is_short(name: str) -> bool:
    """Return whether the history may store a name of the cluster as it is."""
    return len(name.encode()) <= _NAME_BYTES and clean(name) == name
