"""Keyed digests: how a later run recognises what must never be written down."""

import hashlib
import hmac

from msgspec import Struct


class Identity(Struct, frozen=True):
    """What this run was given, as digests; the history may hold these, and is public.

    All are None where no webhook is set: without a long secret as the key, a password or a host name could
    be guessed from its digest.
    """

    server: str | None = None
    login: str | None = None
    webhook: str | None = None


def identify(*, webhook: str, server: str, login: str) -> Identity:
    """Return the digests of a run's server, login and webhook, keyed by the webhook's own secret."""
    if not webhook:
        return Identity()

    def digest(kind: str, text: str) -> str:
        return hmac.new(webhook.encode(), f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()[:32]

    return Identity(digest("server", server), digest("login", login), digest("webhook", ""))
