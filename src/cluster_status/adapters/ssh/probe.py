"""One look at a cluster: connect, check the host key, log in, ask Slurm."""

import time
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.adapters.ssh.address import connect
from cluster_status.adapters.ssh.inquiry import inquire
from cluster_status.adapters.ssh.session import Session
from cluster_status.adapters.ssh.stop import Deadline, Stopped
from cluster_status.domain.cause import Cause
from cluster_status.domain.cluster import Listing
from cluster_status.domain.host_key import HostKey, Pins
from cluster_status.domain.interest import Interest
from cluster_status.domain.secret import Secret
from cluster_status.domain.sighting import Obstacle, Recollection, Sighting


class Target(Struct, frozen=True):
    """The server to look at, and the login to use; each step has its limit in seconds."""

    host: str
    port: int
    user: str
    password: Secret
    pins: Pins
    connect_timeout_seconds: float  # for connecting, for the handshake, and for the login
    command_timeout_seconds: float
    interest: Interest = Interest()


class SshProbe:
    """Looks over SSH. Another look uses the session of the one before: the password is offered once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._session: Session | None = None
        self._so_far = Sighting(seen=Listing())

    def look(self, recall: Callable[[], Recollection | None], *, seconds: float) -> Sighting:
        """See ports.Probe."""
        whole = Deadline(seconds)
        try:
            if not self._so_far.logged_in:
                self._log_in(_off_the_clock(recall, whole), whole)
            seen: Listing | Obstacle = self._ask(whole)
        except Stopped as stopped:
            seen = stopped.obstacle
        return replace(self._so_far, seen=seen)

    def close(self) -> None:
        if self._session:
            self._session.close()
            self._session = None

    def _log_in(self, recall: Callable[[], Recollection | None], whole: Deadline) -> None:
        target = self._target
        memory = None if target.pins else recall()
        session, key = self._meet(memory, whole)
        if target.pins:
            memory = recall()
            if not session.is_open:  # no server waits for a login as long as it took
                session, key = self._meet(memory, whole)
        self._check(key, memory)
        self._note(host_key=key, line_to_pin="" if target.pins else key.line(target.host, target.port))
        if memory and memory.login_held_back:
            raise Stopped(Cause.LOGIN_REFUSED, "refused within the last hour, and not tried again yet")
        limit = Deadline(target.connect_timeout_seconds, within=whole)
        try:
            session.log_in(target.user, target.password, limit)
        finally:
            self._note(credential_offered=session.has_offered)
        self._note(logged_in=True)

    def _meet(self, memory: Recollection | None, whole: Deadline) -> tuple[Session, HostKey]:
        target, seconds = self._target, self._target.connect_timeout_seconds
        self.close()
        self._session = session = Session(connect(target.host, target.port, Deadline(seconds, within=whole)))
        try:
            types = _types_to_ask_for(target.pins, memory)
            return session, session.shake_hands(types, Deadline(seconds, within=whole))
        finally:
            self._note(reached=self._so_far.reached or session.reached)

    def _check(self, key: HostKey, memory: Recollection | None) -> None:
        """Make sure of the host key: nothing secret has left yet, and nothing will to a stranger."""
        pins = self._target.pins
        if pins:
            expected = pins.accept(key)
        elif memory is None:
            raise Stopped(
                Cause.HOST_KEY,
                "none is pinned, and the history that would remember it is out of reach",
                remedy="Mend what is wrong with the history, or pin the key by cluster-host-key: "
                f"{key.line(self._target.host, self._target.port)}",
            )
        else:
            expected = memory.host_key in {None, key.identity}
        if not expected:
            line = key.line(self._target.host, self._target.port)
            raise Stopped(
                Cause.HOST_KEY, f"it showed {key.fingerprint}; the line for cluster-host-key is: {line}"
            )

    def _ask(self, whole: Deadline) -> Listing | Obstacle:
        if self._session is None:
            raise Stopped(Cause.SINFO_FAILED, "the session is closed")
        target = self._target
        return inquire(self._session.transport, target.interest, target.command_timeout_seconds, whole)

    def _note(self, **facts: object) -> None:
        self._so_far = replace(self._so_far, **facts)


def _off_the_clock(
    recall: Callable[[], Recollection | None], whole: Deadline
) -> Callable[[], Recollection | None]:
    """Let waiting for the history take nothing from the time for the look: the server has no part in it."""

    def ask() -> Recollection | None:
        begin = time.monotonic()
        memory = recall()
        whole.postpone(time.monotonic() - begin)
        return memory

    return ask


def _types_to_ask_for(pins: Pins, memory: Recollection | None) -> tuple[str, ...]:
    """Return the types of known keys: a server has several, and the others look like a stranger's."""
    if memory and memory.host_key and not pins:
        return (memory.host_key.partition(" ")[0],)
    return pins.types
