"""Keyed digests, by which a later run recognizes a server and a login that the history must not contain."""

import hashlib
import hmac

from msgspec import Struct

_COST = 2**14  # 16 MB and about 50 ms


class Digests(Struct, frozen=True):
    """Digests of the server and of the login; `key` is that of the secret by which they were made."""

    server: str | None = None
    login: str | None = None
    key: str | None = None


def digest_of(secret: str) -> str:
    """Return a plain digest. It is safe for a long random secret only, such as the URL of a webhook."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def keyed_digests(*, key: str, server: str, login: str) -> Digests:
    """Return the digests of a server and a login, keyed by a long random secret.

    Without a key the login has no digest, since it may contain a password that can be guessed. The digest
    of the server then costs time and memory, so that host names cannot be tried by the million.
    """
    if not key:
        costly = hashlib.scrypt(server.encode(), salt=b"cluster-status", n=_COST, r=8, p=1, dklen=16).hex()
        return Digests(costly)
    return Digests(_keyed(key, f"server\0{server}"), _keyed(key, f"login\0{login}"), digest_of(key))


def _keyed(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
