"""Host keys a user pinned: known_hosts lines, or fingerprints as `ssh-keygen -l` prints them."""

import base64
import hashlib
from itertools import pairwise
from typing import Self

from msgspec import Struct

from cluster_status.domain.text import clean

_FINGERPRINT = "SHA256:"
_DIGEST_BYTES = 32


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
        name = host if port == 22 else f"[{host}]:{port}"  # noqa: PLR2004 - ssh's own port
        return f"{name} {self.type} {base64.b64encode(self.blob).decode()}"


class Pins(Struct, frozen=True):
    """The keys that are accepted; any of them will do. Empty: none is pinned."""

    keys: tuple[HostKey, ...] = ()
    fingerprints: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one pin a line; raise ValueError, naming the line's number, for one that is none.

        The host names of known_hosts lines do not matter, nor do hashed ones: what is pasted here is meant
        for this cluster.
        """
        keys, fingerprints = [], []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            fingerprint = next((word for word in words if word.startswith(_FINGERPRINT)), None)
            if fingerprint:
                fingerprints.append(_checked_fingerprint(fingerprint, number))
            else:
                keys.append(_key_among(words, number))
        if not (keys or fingerprints):
            raise ValueError("there is no key in it")
        return cls(tuple(keys), tuple(fingerprints))

    def __bool__(self) -> bool:
        return bool(self.keys or self.fingerprints)

    def accept(self, key: HostKey) -> bool:
        return key in self.keys or key.fingerprint in self.fingerprints

    @property
    def types(self) -> tuple[str, ...]:
        """The types to negotiate; empty where a fingerprint is pinned, which does not tell its type."""
        return () if self.fingerprints else tuple(dict.fromkeys(key.type for key in self.keys))


def _checked_fingerprint(word: str, number: int) -> str:
    digest = word.removeprefix(_FINGERPRINT).rstrip("=")
    try:
        size = len(base64.b64decode(digest + "=", validate=True))
    except ValueError:
        size = 0
    if size != _DIGEST_BYTES:
        raise ValueError(f"line {number} is no whole SHA256 fingerprint")
    return _FINGERPRINT + digest


def _key_among(words: list[str], number: int) -> HostKey:
    """Find the type and the key in a known_hosts line, with or without its host names and marker."""
    if words[0].startswith("@"):
        raise ValueError(
            f"line {number} is marked {clean(words[0], limit=40)}: only plain host keys can be pinned"
        )
    for kind, text in pairwise(words):
        try:
            blob = base64.b64decode(text, validate=True)
        except ValueError:
            continue
        if _fields(blob)[:1] == [kind.encode()]:
            return HostKey(kind, blob)
    raise ValueError(f"line {number} holds no host key")


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
