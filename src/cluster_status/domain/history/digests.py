"""Keyed digests: how a later run recognises what must never be written down."""

import hashlib
import hmac
from collections.abc import Callable

from msgspec import Struct

_COST = 2**14  # 16 MB, and some 50 ms


class Digests(Struct, frozen=True):
    """What this run was given, as digests, which a history that is public may hold.

    `webhook` is None where none is set.
    """

    server: str | None = None
    login: str | None = None
    webhook: str | None = None


def keyed_digests(*, webhook: str, server: str, login: str) -> Digests:
    """Return the digests of a run's server, login and webhook.

    The webhook's own secret is the key. Without one, as in a shell, whose history stays on its disk, each
    digest costs time and memory instead, so that a password could not be guessed from it by the million.
    """
    digest = _keyed_by(webhook) if webhook else _costly
    return Digests(
        digest(f"server\0{server}"), digest(f"login\0{login}"), digest("webhook\0") if webhook else None
    )


def _keyed_by(key: str) -> Callable[[str], str]:
    return lambda text: hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def _costly(text: str) -> str:
    return hashlib.scrypt(text.encode(), salt=b"cluster-status", n=_COST, r=8, p=1, dklen=16).hex()
