"""What a probe of the cluster brings back, before it is judged."""

from msgspec import Struct

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause

MAX_UNANSWERED_PASSWORDS = 3  # within an hour, for any reason: servers lock accounts


class ProbeFailure(Struct, frozen=True):
    """Why a probe has no cluster state.

    `detail` is cleaned text for the log and the summary of this run only: it may name hosts, which
    the history and the channels must not. `remedy` replaces that of the cause where it would mislead.
    """

    cause: Cause
    detail: str = ""
    remedy: str = ""


class ProbeFailed(Exception):  # noqa: N818 - a failed probe is a result, not an error
    """Ends a probe early. The probe turns it into a result."""

    def __init__(self, failure: ProbeFailure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class LoginProgress(Struct, frozen=True, kw_only=True):
    """How far the login to the head node got."""

    reached: bool = False  # the server's SSH banner was read
    host_key: HostKey | None = None  # of the server, if it was the expected one
    line_to_pin: str = ""  # for that key, if no key is pinned
    credential_offered: bool = False
    prompts_unanswered: bool = False  # the server asked for something that it did not get
    logged_in: bool = False
    login_spent: bool = False  # the next attempt would have to offer a credential again, and must not
    unanswered_passwords: int = 0  # offers of this run without a reply, since the last accepted login


class ProbeResult(LoginProgress, frozen=True, kw_only=True):
    """The outcome of one probe, and how far its login got."""

    outcome: ClusterState | ProbeFailure
    runner_online: bool = (
        True  # whether this run reached anything; checked only if the cluster was not reached
    )

    @property
    def cause(self) -> Cause | None:
        return self.outcome.cause if isinstance(self.outcome, ProbeFailure) else None


class RememberedLogin(Struct, frozen=True):
    """What earlier runs learned about the login."""

    host_key: str | None = None  # HostKey.type_and_fingerprint, remembered if no key is pinned
    login_held_back: bool = False  # this credential was refused within the last hour
    login_worked: bool = False  # this credential was accepted the last time that one was
    logins_closed: bool = False  # since the last accepted login
    passwords_left: int = MAX_UNANSWERED_PASSWORDS  # that may be offered within this hour
