"""The SSH server and the login in the history."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.history.digests import Digests, ServerDigest
from cluster_status.domain.history.slurm_state import SlurmState, remember_answer
from cluster_status.domain.instant import Instant
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import AFTER_THE_SHELL, Cause
from cluster_status.domain.status.probe_result import MAX_UNANSWERED_PASSWORDS, ProbeResult, RememberedLogin
from cluster_status.domain.status.verdict import KnownServer

LOGIN_HELD_BACK_FOR = timedelta(hours=1)
UNANSWERED_COUNT_FOR = timedelta(hours=1)
LOGINS_CLOSED_FOR = timedelta(hours=24)


class Server(ServerDigest, frozen=True):
    """The server that the history is of."""

    reached: bool = False
    scheduler_seen: bool = False
    shell_seen: bool = False
    slurm: SlurmState = SlurmState()


class Login(Struct, frozen=True):
    """When a login last worked, and which credentials, by their digests, were last accepted and refused.

    `unanswered_at`: when passwords were offered without a response. `closed_until`: until when closed logins
    count as maintenance.
    """

    worked_at: Instant | None = None
    worked: str | None = None
    refused_at: Instant | None = None
    refused: str | None = None
    unanswered_at: tuple[Instant, ...] = ()
    closed_until: Instant | None = None

    def is_closed_too_long(self, now: datetime, maintenance_until: datetime | None) -> bool:
        """Return whether closed logins no longer count as maintenance.

        `maintenance_until` is the end of a maintenance window that has begun.
        """
        closed_until = maintenance_until or self.closed_until
        return closed_until is not None and now >= closed_until

    def unanswered_within_the_hour(self, now: datetime) -> tuple[Instant, ...]:
        return tuple(at for at in self.unanswered_at if abs(now - at) < UNANSWERED_COUNT_FOR)


class SshState(Struct, frozen=True):
    """`host_key` is the type and fingerprint of a key that is not pinned."""

    server: Server = Server()
    login: Login = Login()
    host_key: str | None = None

    def known_server(self, digests: Digests) -> KnownServer:
        """Return what is known of the server with this digest: nothing if it is a different one."""
        server = self.server_of(digests)
        return KnownServer(
            reached=server.reached,
            scheduler_seen=server.scheduler_seen,
            shell_seen=server.shell_seen or server.scheduler_seen,  # earlier versions did not store it
            nodes_seen=server.slurm.nodes_seen,
            empty_is_usual=server.slurm.empty_is_usual,
            partitions_seen=frozenset(server.slurm.partitions),
        )

    def server_of(self, digests: Digests) -> Server:
        return Server() if self.server.differs_from(digests) else self.server

    def remembered_login(
        self, digests: Digests, now: datetime, *, of_any_login: bool = False
    ) -> RememberedLogin:
        """Return what the probe has to respect; without digests to compare, time alone counts.

        With `of_any_login`, the refusal of another login counts, too.
        """
        refused_at, refused = self.login.refused_at, self.login.refused
        within_the_hour = refused_at is not None and abs(now - refused_at) < LOGIN_HELD_BACK_FOR
        is_the_same = of_any_login or None in {refused, digests.login} or refused == digests.login
        unanswered = self.login.unanswered_within_the_hour(now)
        return RememberedLogin(
            self.host_key,
            within_the_hour and is_the_same,
            login_shell=self.server_of(digests).slurm.login_shell,
            login_worked=digests.login is not None and self.login.worked == digests.login,
            logins_closed=self.login.closed_until is not None,
            passwords_left=max(0, MAX_UNANSWERED_PASSWORDS - len(unanswered)),
        )


def remember(
    state: SshState,
    result: ProbeResult,
    digests: Digests,
    at: datetime,
    *,
    maintenance_until: datetime | None = None,
) -> SshState:
    """Return the state after a probe; `maintenance_until` is the end of a known maintenance window."""
    return SshState(
        server=_server(state.server_of(digests), result, digests),
        login=_login(state.login, result, digests, at, maintenance_until),
        host_key=_host_key(state.host_key, result),
    )


def remember_refusal(state: SshState, result: ProbeResult, digests: Digests, at: datetime) -> SshState:
    """Return the state after a probe that must not change anything but how a login is held back."""
    if result.logged_in:
        return state
    after = _login(state.login, result, digests, at, None)
    held_back = replace(
        state.login, refused_at=after.refused_at, refused=after.refused, unanswered_at=after.unanswered_at
    )
    return replace(state, login=held_back)


def _server(known: Server, result: ProbeResult, digests: Digests) -> Server:
    state = result.outcome if isinstance(result.outcome, ClusterState) else None
    answer = None if state is None or state.login_only else state
    return Server(
        digest=digests.server,
        keyed_by=digests.key,
        hint=digests.hint,
        reached=known.reached or result.reached,
        scheduler_seen=known.scheduler_seen or answer is not None,
        shell_seen=known.shell_seen or state is not None or result.cause in AFTER_THE_SHELL,
        slurm=remember_answer(known.slurm, answer, login_shell=bool(result.login_shell))
        if answer
        else known.slurm,
    )


def _login(
    login: Login, result: ProbeResult, digests: Digests, at: datetime, maintenance_until: datetime | None
) -> Login:
    is_refused = result.credential_offered or result.prompts_unanswered
    if result.cause is Cause.LOGIN_REFUSED and is_refused:
        login = replace(login, refused_at=at, refused=digests.login)
    elif result.logged_in:
        login = Login(worked_at=at, worked=digests.login)
    unanswered = (*login.unanswered_within_the_hour(at), *[at] * result.unanswered_passwords)
    login = replace(login, unanswered_at=unanswered[-MAX_UNANSWERED_PASSWORDS:])
    if result.cause is not Cause.LOGINS_CLOSED:
        return login
    return replace(login, closed_until=maintenance_until or login.closed_until or at + LOGINS_CLOSED_FOR)


def _host_key(remembered: str | None, result: ProbeResult) -> str | None:
    """Remember the first key that was trusted with a login, and only while none is pinned."""
    if not (result.logged_in and result.host_key):
        return remembered
    return (remembered or result.host_key.type_and_fingerprint) if result.line_to_pin else None
