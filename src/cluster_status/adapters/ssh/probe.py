"""One look at a cluster: connect, check the host key, log in, ask Slurm."""

import time
from collections.abc import Callable

import paramiko
from msgspec import Struct
from msgspec.structs import replace

from cluster_status.adapters.ssh.connect import connect
from cluster_status.adapters.ssh.deadline import Deadline, ProbeFailed
from cluster_status.adapters.ssh.jump_host import at_jump_host, connect_through
from cluster_status.adapters.ssh.session import Session
from cluster_status.adapters.ssh.slurm import ask_for_details, inquire
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import ClusterState, Details
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.ssh.host_key import HostKey, Pins
from cluster_status.domain.ssh.target import Endpoint
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin


class Target(Struct, frozen=True):
    """The server to look at, and the login to use; each step has its limit in seconds."""

    host: str
    port: int
    user: str
    password: Secret  # empty where there is only a key
    pins: Pins
    connect_timeout_seconds: float  # for connecting, for the handshake, and for the login
    command_timeout_seconds: float
    partition_filter: PartitionFilter = PartitionFilter()
    key: paramiko.PKey | None = None
    jump: Endpoint | None = None  # the host it is reached through, by the same password and key


class SshProbe:
    """Looks over SSH. Another look uses the sessions of the one before: each credential is offered once.

    Details are asked for once, too, and not of a controller that does not know its nodes yet.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._here = Endpoint(target.user, target.host, target.port)
        self._pins = target.pins.for_server(target.jump, self._here) if target.jump else target.pins
        self._jump: Session | None = None
        self._is_through = False  # logged in to the jump host
        self._session: Session | None = None
        self._so_far = ProbeResult(outcome=ClusterState())
        self._details: Details | None = None

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], *, seconds: float) -> ProbeResult:
        """See ports.Probe."""
        whole = Deadline(seconds)
        try:
            if not self._so_far.logged_in:
                self._log_in(_off_the_clock(load_remembered, whole), whole)
            outcome: ClusterState | ProbeFailure = self._ask(whole)
        except ProbeFailed as failed:
            outcome = failed.failure
            if CAUSES[outcome.cause].network and self._jump and self._jump.is_lost():
                outcome = ProbeFailure(Cause.JUMP_HOST, "the connection to the jump host was lost")
        return replace(self._so_far, outcome=outcome)

    def close(self) -> None:
        for session in (self._session, self._jump):
            if session:
                session.close()
        self._session = self._jump = None

    def _log_in(self, load_remembered: Callable[[], RememberedLogin | None], whole: Deadline) -> None:
        target = self._target
        if target.jump and not self._is_through:
            self._login_to_jump_host(target.jump, load_remembered, whole)
        memory = None if self._pins else load_remembered()
        session, key = self._connect(memory, whole)
        if self._pins:
            memory = load_remembered()
            if not session.is_open:  # no server waits for a login as long as it took
                session, key = self._connect(memory, whole)
        self._check(key, memory)
        self._note(host_key=key, line_to_pin="" if self._pins else key.line(target.host, target.port))
        self._check_hold_back(memory)
        try:
            session.log_in(target.user, target.key, target.password, self._limit(whole))
        finally:
            self._note(credential_offered=session.has_offered)
        self._note(logged_in=True)

    def _login_to_jump_host(
        self, jump: Endpoint, load_remembered: Callable[[], RememberedLogin | None], whole: Deadline
    ) -> None:
        """Log in to the jump host. It has to be pinned: what is remembered is the cluster's own key."""
        if self._jump:
            self._jump.close()
        pins = self._target.pins.for_server(self._here, jump)
        try:
            self._check_hold_back(load_remembered())
            self._jump = session = Session(connect(jump.host, jump.port, self._limit(whole)), "jump")
            key = session.shake_hands(pins.types, self._limit(whole))
            if not pins.accept(key):
                raise _untrusted_key(
                    key, jump, "" if pins else "Make sure that it is the right one, and pin it."
                )
            try:
                session.log_in(jump.user, self._target.key, self._target.password, self._limit(whole))
            except ProbeFailed:
                self._note(credential_offered=session.has_offered)
                raise
        except ProbeFailed as failed:
            raise at_jump_host(failed.failure, jump) from None
        self._is_through = True

    def _connect(self, memory: RememberedLogin | None, whole: Deadline) -> tuple[Session, HostKey]:
        if self._session:
            self._session.close()
        address = (self._target.host, self._target.port, self._limit(whole))
        self._session = session = Session(
            connect_through(self._jump, *address) if self._jump else connect(*address)
        )
        try:
            return session, session.shake_hands(_types_to_ask_for(self._pins, memory), self._limit(whole))
        finally:
            self._note(reached=self._so_far.reached or session.reached)

    def _check(self, key: HostKey, memory: RememberedLogin | None) -> None:
        """Make sure of the host key: nothing secret has left yet, and nothing will to a stranger."""
        if self._pins:
            expected = self._pins.accept(key)
        elif memory is None:
            raise ProbeFailed(
                Cause.HOST_KEY,
                "none is pinned, and the history that would remember it is out of reach",
                remedy="Mend what is wrong with the history, or pin the key by cluster-host-key: "
                f"{key.line(self._here.host, self._here.port)}",
            )
        else:
            expected = memory.host_key in {None, key.identity}
        if not expected:
            raise _untrusted_key(key, self._here)

    def _check_hold_back(self, memory: RememberedLogin | None) -> None:
        if memory and memory.login_held_back:
            raise ProbeFailed(Cause.LOGIN_REFUSED, "refused within the last hour, and not tried again yet")

    def _limit(self, whole: Deadline) -> Deadline:
        return Deadline(self._target.connect_timeout_seconds, within=whole)

    def _ask(self, whole: Deadline) -> ClusterState | ProbeFailure:
        if self._session is None:
            raise ProbeFailed(Cause.SINFO_FAILED, "the session is closed")
        transport, partition_filter = self._session.transport, self._target.partition_filter
        seconds = self._target.command_timeout_seconds
        outcome = inquire(transport, partition_filter, seconds, whole)
        if (
            not (isinstance(outcome, ClusterState) and partition_filter.details)
            or outcome.nodes.mostly_unknown
        ):
            return outcome
        self._details = self._details or ask_for_details(transport, partition_filter, outcome, seconds, whole)
        return replace(outcome, details=self._details)

    def _note(self, **facts: object) -> None:
        self._so_far = replace(self._so_far, **facts)


def _untrusted_key(key: HostKey, server: Endpoint, remedy: str = "") -> ProbeFailed:
    line = key.line(server.host, server.port)
    what = f"it showed {key.fingerprint}; the line for cluster-host-key is: {line}"
    return ProbeFailed(Cause.HOST_KEY, what, remedy=remedy)


def _off_the_clock(
    load_remembered: Callable[[], RememberedLogin | None], whole: Deadline
) -> Callable[[], RememberedLogin | None]:
    """Let waiting for the history take nothing from the time for the look: the server has no part in it."""

    def ask() -> RememberedLogin | None:
        begin = time.monotonic()
        memory = load_remembered()
        whole.postpone(time.monotonic() - begin)
        return memory

    return ask


def _types_to_ask_for(pins: Pins, memory: RememberedLogin | None) -> tuple[str, ...]:
    """Return the types of known keys: a server has several, and the others look like a stranger's."""
    if memory and memory.host_key and not pins:
        return (memory.host_key.partition(" ")[0],)
    return pins.types
