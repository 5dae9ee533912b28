"""How a server can disguise a secret in its texts, and a search for secrets in what a run shows.

The search shares no code with the action: it decodes with the standard library.
"""

import base64
import html
import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, unquote

WINDOW = 8  # letters and digits in a row

DISGUISES: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "in upper case": str.upper,
    "in the other case": str.swapcase,
    "with blanks between": " ".join,
    "with punctuation between": "-/".join,
    "with control characters between": "\x1b\0".join,
    "with colours between": "\x1b[1;31m".join,
    "over lines": lambda secret: "\r\n".join(textwrap.wrap(secret, 10, break_on_hyphens=False)),
    "one character a line": "\n".join,
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a URL, each byte": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "in HTML": html.escape,
    "in HTML, each character": lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    "in HTML, in hexadecimal": lambda secret: "".join(f"&#x{ord(character):X};" for character in secret),
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in JSON, each character": lambda secret: "".join(f"\\u{ord(character):04x}" for character in secret),
    "in a string of C": lambda secret: "".join(f"\\{byte:03o}" for byte in secret.encode()),
    "in quoted-printable": lambda secret: "".join(f"={byte:02X}" for byte in secret.encode()),
    "in quotes of a shell": "\\".join,
    "in base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "in base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "in base64, after one byte": lambda secret: base64.b64encode(b":" + secret.encode()).decode(),
    "in base64, after two bytes": lambda secret: base64.b64encode(b"u:" + secret.encode()).decode(),
    "in base64, over lines": lambda secret: "\n".join(
        textwrap.wrap(base64.b64encode(secret.encode()).decode(), 7)
    ),
}


def leaks(text: str, *secrets: str) -> set[str]:
    """Return the letters and digits of secrets that a text shows: eight in a row, or all of fewer."""
    said = _decoded(text)
    short = {one for one in map(_folded, secrets) if one and len(one) < WINDOW}
    wanted = {window for secret in secrets for window in _windows(_folded(secret))}
    shown = {window for one in said for window in _windows(one)}
    return (wanted & shown) | {one for one in short for decoded in said if one in decoded}


def _windows(folded: str) -> Iterator[str]:
    return (folded[begin : begin + WINDOW] for begin in range(len(folded) - WINDOW + 1))


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))


def _decoded(text: str) -> set[str]:
    """Return what a text says, decoded up to twice, as letters and digits."""
    found = {text}
    for _ in range(2):
        found |= {one for known in found for one in _once_decoded(known)}
    return set(map(_folded, found))


def _once_decoded(text: str) -> Iterator[str]:
    yield unquote(text)
    yield re.sub("\x1b\\[[0-9;]*m", "", text)
    yield html.unescape(text)
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda one: chr(int(one[1], 16)), text)
    yield unquote(re.sub("=([0-9A-F]{2})", r"%\1", text))
    yield unquote(re.sub(r"\\([0-3][0-7]{2})", lambda one: f"%{int(one[1], 8):02x}", text))
    for run in re.findall(r"[A-Za-z0-9+/_-]{6,}", text) + re.findall(r"[A-Za-z0-9+/_\s-]{6,}", text):
        word = re.sub(r"\s", "", run).replace("-", "+").replace("_", "/")
        for offset in range(4):
            part = word[offset:]
            part = part[: -1 if len(part) % 4 == 1 else None]
            yield base64.b64decode(f"{part}==").decode("utf-8", "ignore")
