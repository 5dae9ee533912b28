"""Host keys, and those that a user pinned: known_hosts lines, or fingerprints as `ssh-keygen -l` prints."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Self

from msgspec import Struct

from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.text import clean

_FINGERPRINT = "SHA256:"
_DIGEST_BYTES = 32
_DEFAULT_PORT = 22
_HASHED = "|1|"


class HostKey(Struct, frozen=True):
    """A public host key: its type, such as ``ssh-ed25519``, and its wire format."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.blob).digest()
        return _FINGERPRINT + base64.b64encode(digest).decode().rstrip("=")

    @property
    def type_and_fingerprint(self) -> str:
        """The form in which the history holds a key."""
        return f"{self.type} {self.fingerprint}"

    def line(self, host: str, port: int) -> str:
        """Return the known_hosts line that pins this key, ready to paste."""
        return f"{_name(host, port)} {self.type} {base64.b64encode(self.blob).decode()}"


class Pin(Struct, frozen=True):
    """One line: a key or a fingerprint, and the host names before it, which may be hashed or patterns."""

    key: HostKey | None = None
    fingerprint: str = ""
    names: str = ""

    @property
    def description(self) -> str:
        """The key as a fingerprint, with its type if that is known."""
        return self.key.type_and_fingerprint if self.key else self.fingerprint

    def names_server(self, name: str) -> bool:
        """Return whether the line has this name, in lower case, or a pattern that matches it."""
        if self.names.startswith(_HASHED):
            return _hashes_to(self.names, name)
        return any(_matches(pattern, name) for pattern in self.names.split(","))

    def excludes_server(self, *names: str) -> bool:
        """Return whether a pattern after `!` matches one of these names of a server."""
        patterns = [pattern[1:] for pattern in self.names.split(",") if pattern.startswith("!")]
        return any(_matches(pattern, name) for pattern in patterns for name in names)


class Pins(Struct, frozen=True):
    """The accepted keys; a server has to show one of them. Empty: no key is pinned."""

    lines: tuple[Pin, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one pin per line; raise ValueError with the line number for a line without a key."""
        lines = []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            _check_marker(words[0], number)
            fingerprint = next((word for word in words if word.startswith(_FINGERPRINT)), None)
            if fingerprint:
                lines.append(Pin(fingerprint=_checked_fingerprint(fingerprint, number)))
            else:
                names, key = _names_and_key(words, number)
                lines.append(Pin(key, names=names))
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

    def for_server(self, server: Endpoint) -> Self:
        """Return the pins that apply to `server`: lines that name it, and lines without a name.

        As with OpenSSH, lines with the name alone count for another port than 22 if none has the port.
        """
        name, host = _name(server.host, server.port).lower(), server.host.lower()
        lines = [line for line in self.lines if not line.excludes_server(name, host)]
        with_port = [line for line in lines if line.names_server(name)]
        named = with_port or [line for line in lines if line.names_server(host)]
        return type(self)(tuple(line for line in lines if line in named or not line.names))

    def for_none_of(self, servers: Iterable[Endpoint]) -> Self:
        """Return the pins that apply to none of `servers`."""
        applied = [line for server in servers for line in self.for_server(server).lines]
        return type(self)(tuple(line for line in self.lines if line not in applied))

    def accept(self, key: HostKey) -> bool:
        return key in self.keys or key.fingerprint in self.fingerprints

    @property
    def types(self) -> tuple[str, ...]:
        """The key types to negotiate; empty if a fingerprint is pinned, which does not contain the type."""
        return () if self.fingerprints else tuple(dict.fromkeys(key.type for key in self.keys))


def _name(host: str, port: int) -> str:
    """Return the name of a server in known_hosts."""
    return host if port == _DEFAULT_PORT else f"[{host}]:{port}"


def _matches(pattern: str, name: str) -> bool:
    wild = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, name) is not None


def _hashes_to(hashed: str, name: str) -> bool:
    """Compare with a name hashed by `ssh-keygen -H`: `|1|salt|digest`."""
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


def _check_marker(word: str, number: int) -> None:
    if word.lower() == "@cert-authority":
        raise ValueError(
            f"line {number} is for a certificate authority (@cert-authority), which is not supported: "
            "replace it by a line for the key of the server, as ssh-keyscan prints it"
        )
    if word.startswith("@"):
        marker = clean(word, limit=40)
        raise ValueError(f"line {number} has the marker {marker}, but only plain keys can be pinned")


def _names_and_key(words: list[str], number: int) -> tuple[str, HostKey]:
    """Find the host names, separated by commas, and the key in a known_hosts line."""
    for position, (kind, text) in enumerate(pairwise(words)):
        try:
            blob = base64.b64decode(text, validate=True)
        except ValueError:
            continue
        if _fields(blob)[:1] == [kind.encode()]:
            return ",".join(words[:position]), HostKey(kind, blob)
    raise ValueError(f"line {number} {_why_without_key(words)}")


def _why_without_key(words: list[str]) -> str:
    """Return what is wrong with a line without a host key, and what to write instead."""
    text = " ".join(words)
    if re.search(r"(?i)\b(md5:)?([0-9a-f]{2}:){15}[0-9a-f]{2}\b", text):
        return "is an MD5 fingerprint, which is not secure: use the one that ssh-keygen -l prints"
    if re.fullmatch("[A-Za-z0-9+/]{43}=?", text):
        return "is a fingerprint without its algorithm: write SHA256: before it"
    if any(word.startswith("AAAA") for word in words):
        return "has a key that is not complete, or without its type, such as ssh-ed25519, before it"
    return "has no host key"


def _fields(blob: bytes) -> list[bytes]:
    """Split the wire format into its fields, each after its length; empty if incomplete (RFC 4253, 6.6)."""
    fields, begin = [], 0
    while begin < len(blob):
        end = begin + 4 + int.from_bytes(blob[begin : begin + 4], "big")
        if len(blob) < end:
            return []
        fields.append(blob[begin + 4 : end])
        begin = end
    return fields if len(fields) > 1 else []
