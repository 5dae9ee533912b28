"""Host keys a user pinned: known_hosts lines, or fingerprints as `ssh-keygen -l` prints them."""

import base64
import hashlib
import hmac
import re
from itertools import pairwise
from typing import Self

from msgspec import Struct

from cluster_status.domain.ssh.target import Endpoint
from cluster_status.domain.text import clean

_FINGERPRINT = "SHA256:"
_DIGEST_BYTES = 32
_HASHED = "|1|"


class HostKey(Struct, frozen=True):
    """A public host key: its type, such as ``ssh-ed25519``, and its wire form."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.blob).digest()
        return _FINGERPRINT + base64.b64encode(digest).decode().rstrip("=")

    @property
    def identity(self) -> str:
        """What is remembered of it."""
        return f"{self.type} {self.fingerprint}"

    def line(self, host: str, port: int) -> str:
        """Return the known_hosts line that pins this key, ready to paste."""
        return f"{_name(host, port)} {self.type} {base64.b64encode(self.blob).decode()}"


class Pin(Struct, frozen=True):
    """One line: a key or a fingerprint, and the host names ahead of it, which may be hashed or patterns."""

    key: HostKey | None = None
    fingerprint: str = ""
    names: str = ""

    def is_for(self, host: str, port: int) -> bool:
        """Tell whether it names this server; one without names is for none in particular."""
        name = _name(host, port).lower()
        if self.names.startswith(_HASHED):
            return _hashes_to(self.names, name)
        patterns = self.names.split(",")
        if any(_matches(pattern[1:], name) for pattern in patterns if pattern.startswith("!")):
            return False
        return any(_matches(pattern, name) for pattern in patterns)


class Pins(Struct, frozen=True):
    """The keys that are accepted; any of them will do. Empty: none is pinned."""

    lines: tuple[Pin, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one pin a line; raise ValueError, naming the line's number, for one that is none."""
        lines = []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            fingerprint = next((word for word in words if word.startswith(_FINGERPRINT)), None)
            if fingerprint:
                lines.append(Pin(fingerprint=_checked_fingerprint(fingerprint, number)))
            else:
                key = _key_among(words, number)
                lines.append(Pin(key, names="" if words[0] == key.type else words[0]))
        if not lines:
            raise ValueError("it has no key")
        return cls(tuple(lines))

    def __bool__(self) -> bool:
        return bool(self.lines)

    @property
    def keys(self) -> tuple[HostKey, ...]:
        return tuple(line.key for line in self.lines if line.key)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        return tuple(line.fingerprint for line in self.lines if line.fingerprint)

    def for_server(self, other: Endpoint, this: Endpoint) -> Self:
        """Return those that serve for `this` server, where there is another one beside it.

        A line that names the other one is for that one alone. Any other line is taken for both: what is
        pasted here is meant for this cluster, whatever name it had where it was copied from.
        """
        return type(self)(
            tuple(
                line
                for line in self.lines
                if line.is_for(this.host, this.port) or not line.is_for(other.host, other.port)
            )
        )

    def accept(self, key: HostKey) -> bool:
        return key in self.keys or key.fingerprint in self.fingerprints

    @property
    def types(self) -> tuple[str, ...]:
        """The types to negotiate; empty where a fingerprint is pinned, which does not tell its type."""
        return () if self.fingerprints else tuple(dict.fromkeys(key.type for key in self.keys))


def _name(host: str, port: int) -> str:
    """Return the name that known_hosts has for a server."""
    return host if port == 22 else f"[{host}]:{port}"  # noqa: PLR2004 - ssh's own port


def _matches(pattern: str, name: str) -> bool:
    wild = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, name) is not None


def _hashes_to(hashed: str, name: str) -> bool:
    """Compare with a name that `ssh-keygen -H` has hashed: `|1|salt|digest`."""
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in hashed[len(_HASHED) :].split("|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)


def _checked_fingerprint(word: str, number: int) -> str:
    digest = word.removeprefix(_FINGERPRINT).rstrip("=")
    try:
        size = len(base64.b64decode(digest + "=", validate=True))
    except ValueError:
        size = 0
    if size != _DIGEST_BYTES:
        raise ValueError(f"line {number} is not a complete SHA256 fingerprint")
    return _FINGERPRINT + digest


def _key_among(words: list[str], number: int) -> HostKey:
    """Find the type and the key in a known_hosts line, with or without its host names and marker."""
    if words[0].startswith("@"):
        raise ValueError(
            f"line {number} has the marker {clean(words[0], limit=40)}, but only plain keys can be pinned"
        )
    for kind, text in pairwise(words):
        try:
            blob = base64.b64decode(text, validate=True)
        except ValueError:
            continue
        if _fields(blob)[:1] == [kind.encode()]:
            return HostKey(kind, blob)
    raise ValueError(f"line {number} has no host key")


def _fields(blob: bytes) -> list[bytes]:
    """Split the wire form, fields with their lengths ahead; empty if it is no whole one (RFC 4253, 6.6)."""
    fields, begin = [], 0
    while begin < len(blob):
        end = begin + 4 + int.from_bytes(blob[begin : begin + 4], "big")
        if len(blob) < end:
            return []
        fields.append(blob[begin + 4 : end])
        begin = end
    return fields if len(fields) > 1 else []
