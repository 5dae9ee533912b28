"""The SSH server and the login in the history."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.domain.status.verdict import KnownServer

LOGIN_HELD_BACK_FOR = timedelta(hours=1)


class Server(Struct, frozen=True):
    """`digest` is that of the address, `keyed_by` that of the key by which it was made."""

    digest: str | None = None
    keyed_by: str | None = None
    reached: bool = False
    scheduler_seen: bool = False


class Login(Struct, frozen=True):
    """When a login last worked, and which credential, by its digest, was last refused."""

    worked_at: Instant | None = None
    refused_at: Instant | None = None
    refused: str | None = None


class SshState(Struct, frozen=True):
    """`host_key` is the type and fingerprint of a key that is not pinned."""

    server: Server = Server()
    login: Login = Login()
    host_key: str | None = None

    def known_server(self, digests: Digests) -> KnownServer:
        """Return what is known of the server with this digest: nothing if it is a different one."""
        same_key = self.server.keyed_by == digests.key  # otherwise the digests cannot be compared
        if same_key and self.server.digest and self.server.digest != digests.server:
            return KnownServer()
        return KnownServer(self.server.reached, self.server.scheduler_seen)

    def remembered_login(self, digests: Digests, now: datetime) -> RememberedLogin:
        """Return what the probe has to respect; without digests to compare, time alone counts."""
        refused_at, refused = self.login.refused_at, self.login.refused
        within_the_hour = refused_at is not None and abs(now - refused_at) < LOGIN_HELD_BACK_FOR
        is_the_same = refused is None or digests.login is None or refused == digests.login
        return RememberedLogin(self.host_key, within_the_hour and is_the_same)


def remember(state: SshState, result: ProbeResult, digests: Digests, at: datetime) -> SshState:
    """Return the state after a probe."""
    return SshState(
        server=_server(state.known_server(digests), result, digests),
        login=_login(state.login, result, digests, at),
        host_key=_host_key(state.host_key, result),
    )


def _server(known: KnownServer, result: ProbeResult, digests: Digests) -> Server:
    sinfo_answered = not isinstance(result.outcome, ProbeFailure) or result.cause is Cause.SCHEDULER_DOWN
    return Server(
        digest=digests.server,
        keyed_by=digests.key,
        reached=known.reached or result.reached,
        scheduler_seen=known.scheduler_seen or sinfo_answered,
    )


def _login(login: Login, result: ProbeResult, digests: Digests, at: datetime) -> Login:
    if result.cause is Cause.LOGIN_REFUSED and result.credential_offered:
        return replace(login, refused_at=at, refused=digests.login)
    return Login(worked_at=at) if result.logged_in else login


def _host_key(remembered: str | None, result: ProbeResult) -> str | None:
    """Remember the first key that was trusted with a login, and only while none is pinned."""
    if not (result.logged_in and result.host_key):
        return remembered
    return (remembered or result.host_key.type_and_fingerprint) if result.line_to_pin else None
