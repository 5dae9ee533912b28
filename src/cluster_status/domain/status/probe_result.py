"""What a probe of the cluster brings back, before it is judged."""

from msgspec import Struct

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.site_checks.result import CheckResults

MAX_UNANSWERED_PASSWORDS = 3  # within an hour, for any reason: servers lock accounts


class ProbeFailure(Struct, frozen=True):
    """Why a probe has no cluster state.

    `detail` is cleaned text for the log and the summary of this run only: it may name hosts, which
    the history and the channels must not. `remedy` replaces that of the cause where it would mislead.
    `not_found` says that sinfo, its libraries or its configuration were not found: another shell may find
    them. `partitions` are those that the failure is about, as the input has them.
    """

    cause: Cause
    detail: str = ""
    remedy: str = ""
    needs_confirmation: bool = False  # by another poll, also if the cause does not
    of_runner: bool = False  # no packet reached the server, which may be online
    not_found: bool = False
    partitions: tuple[str, ...] = ()


class ProbeFailed(Exception):  # noqa: N818 - a failed probe is a result, not an error
    """Ends a probe early. The probe turns it into a result."""

    def __init__(self, failure: ProbeFailure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class LoginProgress(Struct, frozen=True, kw_only=True):
    """How far the login to the head node got."""

    local: bool = False  # commands run on this machine, without a login
    reached: bool = False  # the server's SSH banner was read
    host_key: HostKey | None = None  # of the server, if it was the expected one
    line_to_pin: str = ""  # for that key, if no key is pinned
    notices: tuple[str, ...] = ()  # for the log of this run, cleaned
    warnings: tuple[str, ...] = ()  # the same
    credential_offered: bool = False
    prompts_unanswered: bool = False  # a prompt of the server got no answer
    logged_in: bool = False  # commands can be run
    login_spent: bool = False  # the next attempt would have to offer a credential again, and must not
    unanswered_passwords: int = 0  # offers of this run without a response, since the last accepted login


class ProbeResult(LoginProgress, frozen=True, kw_only=True):
    """The outcome of one probe, and how far its login got."""

    outcome: ClusterState | ProbeFailure
    site_checks: CheckResults | None = None  # None if they were not run
    login_shell: bool | None = None  # which kind of shell found sinfo; None if none did
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
    login_shell: bool = False  # sinfo was found by a login shell only
    login_worked: bool = False  # this credential was the last one that was accepted
    logins_closed: bool = False  # since the last accepted login
    passwords_left: int = MAX_UNANSWERED_PASSWORDS  # that may be offered within this hour
    usual_partitions: tuple[str, ...] | None = None  # those usually out of service; None: not known yet
