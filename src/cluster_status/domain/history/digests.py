"""Keyed digests, by which a later run recognizes a server and a login that the history must not contain."""

import hashlib
import hmac

from msgspec import Struct

_COST = 2**14  # 16 MB and about 50 ms


class Digests(Struct, frozen=True):
    """Digests of the server and of the login; `key` is that of the secret by which they were made.

    `hint` is one byte of a digest without a key: it distinguishes servers, and does not identify one.
    """

    server: str | None = None
    login: str | None = None
    key: str | None = None
    hint: str | None = None


class ServerDigest(Struct, frozen=True):
    """How a history recognizes a server."""

    digest: str | None = None
    keyed_by: str | None = None
    hint: str | None = None

    def differs_from(self, digests: Digests) -> bool:
        """Return whether these are digests of another server, for all that is known.

        Digests with different keys cannot be compared, but their hints can.
        """
        if self.digest is None or digests.server is None:
            return False
        if self.keyed_by == digests.key:
            return self.digest != digests.server
        return self.hint is not None and digests.hint is not None and self.hint != digests.hint


def digest_of(secret: str) -> str:
    """Return a plain digest. It is safe for a long random secret only, such as the URL of a webhook."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def keyed_digests(*, key: str, server: str, login: str) -> Digests:
    """Return the digests of a server and a login, keyed by a long random secret.

    Without a key the login has no digest, since it may contain a password that can be guessed. The digest
    of the server then costs time and memory, so that host names cannot be tried by the million.
    """
    hint = hashlib.sha256(f"hint\0{server}".encode()).hexdigest()[:2]
    if not key:
        costly = hashlib.scrypt(server.encode(), salt=b"cluster-status", n=_COST, r=8, p=1, dklen=16).hex()
        return Digests(costly, hint=hint)
    return Digests(_keyed(key, f"server\0{server}"), _keyed(key, f"login\0{login}"), digest_of(key), hint)


def _keyed(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
