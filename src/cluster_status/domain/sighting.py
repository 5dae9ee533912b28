"""What one look at the cluster brought back, before anybody judges it."""

from msgspec import Struct

from cluster_status.domain.cause import Cause
from cluster_status.domain.cluster import Listing
from cluster_status.domain.host_key import HostKey


class Obstacle(Struct, frozen=True):
    """What a look ran into.

    `detail` is cleaned text for the log and the summary of this run only: it may name hosts, which
    the history and the channel must not. `remedy` stands in for that of the cause where it would mislead.
    """

    cause: Cause
    detail: str = ""
    remedy: str = ""


class Sighting(Struct, frozen=True, kw_only=True):
    """One look: what was seen, and how far it got."""

    seen: Listing | Obstacle
    reached: bool = False  # the server's SSH banner was read
    host_key: HostKey | None = None  # the one the server showed, if it was the expected one
    line_to_pin: str = ""  # of that key, where none is pinned
    credential_offered: bool = False
    logged_in: bool = False
    runner_online: bool = (
        True  # this run reached anything at all; only asked when the cluster was not reached
    )

    @property
    def cause(self) -> Cause | None:
        return self.seen.cause if isinstance(self.seen, Obstacle) else None


class Recollection(Struct, frozen=True):
    """What earlier runs left for a look to mind."""

    host_key: str | None = None  # HostKey.identity, remembered where none is pinned
    login_held_back: bool = False  # this very credential was refused within the last hour
