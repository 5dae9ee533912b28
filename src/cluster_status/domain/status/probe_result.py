"""What one look at the cluster brought back, before anybody judges it."""

from msgspec import Struct

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause


class ProbeFailure(Struct, frozen=True):
    """What a look ran into.

    `detail` is cleaned text for the log and the summary of this run only: it may name hosts, which
    the history and the channel must not. `remedy` stands in for that of the cause where it would mislead.
    """

    cause: Cause
    detail: str = ""
    remedy: str = ""


class ProbeResult(Struct, frozen=True, kw_only=True):
    """One look: what was seen, and how far it got."""

    outcome: ClusterState | ProbeFailure
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
        return self.outcome.cause if isinstance(self.outcome, ProbeFailure) else None


class RememberedLogin(Struct, frozen=True):
    """What earlier runs left for a look to mind."""

    host_key: str | None = None  # HostKey.identity, remembered where none is pinned
    login_held_back: bool = False  # this very credential was refused within the last hour
