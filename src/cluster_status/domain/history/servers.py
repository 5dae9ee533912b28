"""Which server a history is of, and what happens if another one is polled under its name.

Two clusters with one name would share a history, and each poll would report an outage or a recovery of the
other one.
"""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.history.digests import Digests, ServerDigest
from cluster_status.domain.instant import Instant

ALONE_FOR = timedelta(hours=24)


class ServerMismatch(StrEnum):
    """The polled server is not the one of the history: such a poll changes no status and notifies nothing."""

    FIRST_POLL = "first-poll"  # of another server
    CONFLICT = "conflict"


class PolledServer(ServerDigest, frozen=True, kw_only=True):
    at: Instant


class Servers(Struct, frozen=True, omit_defaults=True):
    """The servers that were polled under the name of a history, besides the one that it is of.

    `other` was polled last, and for the first time. `left` is the one before the history followed another
    one, at that time. `conflict` is the one that was polled last, and since when it is the only one.
    """

    other: PolledServer | None = None
    left: PolledServer | None = None
    conflict: PolledServer | None = None


def attributed(
    servers: Servers, own: ServerDigest, digests: Digests, at: Instant
) -> tuple[Servers, ServerMismatch | None]:
    """Return the servers after a poll of the one with these digests; `own` is that of the history.

    The history follows another server after two polls in a row there. If the server then changes back, it is
    a conflict, until one of them was polled alone for a day.
    """
    polled = PolledServer(digest=digests.server, keyed_by=digests.key, hint=digests.hint, at=at)
    in_conflict = Servers(conflict=polled), ServerMismatch.CONFLICT
    if servers.conflict:
        return _after_conflict(servers, servers.conflict, polled, digests) or in_conflict
    left = servers.left if servers.left and abs(at - servers.left.at) < ALONE_FOR else None
    if not own.differs_from(digests):
        return in_conflict if servers.other else (Servers(left=left), None)
    if left and not left.differs_from(digests):
        return in_conflict
    if servers.other is None:
        return Servers(other=polled, left=left), ServerMismatch.FIRST_POLL
    if servers.other.differs_from(digests):
        return in_conflict
    before = PolledServer(digest=own.digest, keyed_by=own.keyed_by, hint=own.hint, at=at)
    return Servers(left=before), None


def _after_conflict(
    servers: Servers, last: PolledServer, polled: PolledServer, digests: Digests
) -> tuple[Servers, ServerMismatch | None] | None:
    """Return the servers after a poll of the one that was polled last; None if it is another one."""
    if last.differs_from(digests) or polled.at < last.at:
        return None
    if polled.at - last.at < ALONE_FOR:
        return replace(servers, conflict=last), ServerMismatch.CONFLICT
    return Servers(), None
