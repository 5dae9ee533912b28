"""Untrusted text is cleaned once, where it enters."""

import re
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

# ECMA-48: control sequences such as colours, strings such as titles of a window, choices of a character set
_ESCAPE_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    "|\x1b[]PX^_][^\x07\x1b]{0,256}(?:\x07|\x1b\\\\)"
    "|\x1b(?:[()*+][0-9A-Za-z]|[=>78])"
)


def clean(text: str | bytes, *, limit: int = _LIMIT) -> str:
    """Return `text` as one line of valid, visible Unicode of at most `limit` characters.

    Escape sequences of a terminal are left out: a colour may begin within a word. Line ends, direction marks
    and broken UTF-8 become single blanks or U+FFFD; an ellipsis shows that the end was cut.
    """
    if isinstance(text, bytes):
        text = text[: 8 * limit].decode("utf-8", "replace")
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text.strip()
    plain = _ESCAPE_SEQUENCE.sub("", text[: 8 * limit])
    visible = "".join(" " if unicodedata.category(c) in _NOT_SHOWN else c for c in plain)
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def is_short(name: str) -> bool:
    """Return whether the history may store a name of the cluster as it is."""
    return len(name.encode()) <= _NAME_BYTES and clean(name) == name
