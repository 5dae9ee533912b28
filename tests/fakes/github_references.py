"""What GitHub finds in the Markdown of an issue: mentions, references to issues and commits, and links.

Written from github/docs ("Autolinked references and URLs", "Linking a pull request to an issue"). GitHub
looks for them in the rendered text, outside code and comments.
"""

import html
import re
from collections.abc import Iterator

_NOT_TEXT = re.compile(r"(?<!\\)<!--.*?-->|```.*?```|`[^`\n]*`|(?<=\])\([^()\s]*\)", re.DOTALL)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FOUND = (
    r"(?<![\w/.@])@[a-z0-9][a-z0-9-]*(?:/[\w.-]+)?",  # a user or a team
    r"[\w.@-]+@[\w-]+\.[\w.-]+",  # an address
    r"(?:[\w.-]+(?:/[\w.-]+)?)?#[0-9]+",
    r"\bgh-[0-9]+",
    r"https?://[^\s<]+",
    r"www\.[\w-]+\.[^\s<]+",
    r"(?:[\w.-]+/?[\w.-]*@)?\b[0-9a-f]{7,40}\b",
)
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in _FOUND), re.IGNORECASE)


def references(markdown: str) -> Iterator[str]:
    """Yield what is found, in its order."""
    text = html.unescape(_ESCAPE.sub(lambda found: f"&#{ord(found[1])};", _NOT_TEXT.sub(" ", markdown)))
    yield from in_plain_text(text)


def in_plain_text(text: str) -> Iterator[str]:
    """Yield what is found in a title, which is no Markdown."""
    yield from _ANY.findall(text)
