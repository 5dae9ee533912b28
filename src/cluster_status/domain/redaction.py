"""Text from outside, ready to be shown: cleaned, without secrets, hosts, users and addresses."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from msgspec import Struct

from cluster_status.domain.secret import Secret
from cluster_status.domain.text import clean

REPLACEMENT = "***"
_SHORTEST_PART = 8  # characters; a shorter secret may be a part of any word
_READ = 4_000  # characters, more than are ever shown

_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)"
_IPV6 = r"(?<![\w:.])[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%\w+)?(?![\w:])"
_ADDRESS = re.compile(f"{_IPV4}|{_IPV6}")


class Redaction(Struct, frozen=True):
    """Replaces what no text from outside may show.

    `secrets` are those of the run. `names` are hosts and users, in any case. A name, and a secret of fewer
    than eight characters, is replaced where it is a word of its own.
    """

    secrets: tuple[Secret, ...] = ()
    names: tuple[str, ...] = ()

    def clean(self, text: str | bytes, *, limit: int = 300) -> str:
        """Return `text` as one line of at most `limit` characters; see `domain.text.clean`."""
        plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        # before the text is cut, which may leave a part of a secret, and after its blanks are joined
        return clean(self._replace(clean(self._replace(plain[:_READ]), limit=_READ)), limit=limit)

    def without_secrets(self, output: bytes) -> bytes:
        """Return the output of a command without long secrets; the parsers need the rest as it is."""
        for part in self._secret_parts():
            if len(part) >= _SHORTEST_PART:
                output = output.replace(part.encode(), REPLACEMENT.encode())
        return output

    def _replace(self, text: str) -> str:
        for pattern in self._patterns():
            text = re.sub(pattern, REPLACEMENT, text)
        return _ADDRESS.sub(_replace_address, text)

    def _patterns(self) -> Iterator[str]:
        for part in self._secret_parts():
            yield re.escape(part) if len(part) >= _SHORTEST_PART else rf"(?<!\w){re.escape(part)}(?!\w)"
        for name in sorted(filter(None, self.names), key=len, reverse=True):
            yield rf"(?i)(?<![\w-]){re.escape(name)}(?![\w-])"

    def _secret_parts(self) -> list[str]:
        parts = {part for secret in self.secrets for part in _parts(secret.reveal())}
        return sorted(parts, key=len, reverse=True)


def _parts(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and the lines of one that has several."""
    yield from filter(None, {secret, secret.strip()})
    lines = [line.strip() for line in secret.splitlines()]
    yield from (line for line in lines if len(line) >= _SHORTEST_PART and "-----" not in line)


def _replace_address(found: re.Match[str]) -> str:
    for text in (found[0], found[0].rstrip(".:")):
        try:
            ip_address(text)
        except ValueError:
            continue
        return REPLACEMENT + found[0][len(text) :]
    return found[0]
