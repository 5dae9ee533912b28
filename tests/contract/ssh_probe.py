"""Probes of a test server over SSH, which leave nothing behind."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import paramiko

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.deadline import Deadline
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import HostKey, Pins
from cluster_status.domain.ssh.target import Credentials, SshTarget
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.slots import Place
from tests.fakes.ssh import HOST, PASSWORD, USER, Handler, LoopbackServer, ed25519
from tests.servers.daemon import wait_until

LONG_SECONDS = 10.0  # longer than any step that succeeds


class TimedResult(NamedTuple):
    """The result of one probe, and how long it took."""

    result: ProbeResult
    seconds: float

    @property
    def cause(self) -> Cause | None:
        return self.result.cause

    @property
    def failure(self) -> ProbeFailure:
        assert isinstance(self.result.outcome, ProbeFailure), self.result.outcome
        return self.result.outcome

    @property
    def cause_and_detail(self) -> tuple[Cause, str]:
        return self.failure.cause, self.failure.detail

    @property
    def lists_nodes(self) -> bool:
        return isinstance(self.result.outcome, ClusterState)


def probe_server(
    handler: Handler, load_remembered: Callable[[], RememberedLogin | None] = RememberedLogin, **changes: Any
) -> TimedResult:
    """Probe a server with this handler once; `changes` are those of `new_probe`."""
    seconds = changes.pop("seconds", 3 * LONG_SECONDS)
    with LoopbackServer(handler) as server, new_probe(server.port, **changes) as probe:
        return run_probe(probe, load_remembered, seconds=seconds)


def run_probe(
    probe: SlurmProbe,
    load_remembered: Callable[[], RememberedLogin | None] = RememberedLogin,
    *,
    seconds: float = 3 * LONG_SECONDS,
) -> TimedResult:
    """Probe once. As in a check, waiting for the history does not count."""
    deadline = Deadline(seconds)

    def load_while_paused() -> RememberedLogin | None:
        with deadline.paused():
            return load_remembered()

    begin = time.monotonic()
    result = probe.probe(load_while_paused, deadline)
    return TimedResult(result, time.monotonic() - begin)


@contextlib.contextmanager
def new_probe(
    port: int, *, query: SlurmQuery | None = None, place: Place | None = None, **changes: Any
) -> Iterator[SlurmProbe]:
    """Yield a probe; by default it has the host key and the password, and long timeouts."""
    target = ssh_target(port, **changes)
    with nothing_left_behind():
        query = query or SlurmQuery(timeout_seconds=LONG_SECONDS)
        probe = SlurmProbe(SshExecutor(target, place=place), query, target.redaction())
        try:
            yield probe
        finally:
            probe.close()


def ssh_target(  # noqa: PLR0913 - the parts of a target
    port: int,
    *,
    host: str = HOST,
    user: str = USER,
    password: str = PASSWORD,
    key: str = "",
    pins: Pins | None = None,
    jump_hosts: Sequence[Endpoint] = (),
    connect_timeout_seconds: float = LONG_SECONDS,
) -> SshTarget:
    return SshTarget(
        (*jump_hosts, Endpoint(user, host, port)),
        Credentials(Secret(password), Secret(key)),
        pinned(ed25519()) if pins is None else pins,
        connect_timeout_seconds,
    )


@contextlib.contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Check that threads and sockets end with the context, on both sides of a connection."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield

    def left() -> list[object]:
        return [*(set(threading.enumerate()) - threads), *(open_sockets() - sockets)]

    wait_until(lambda: not left(), timeout_seconds=3, explain=lambda: f"still there: {left()}")


def open_sockets() -> set[str]:
    """Return the names of this process's sockets: unlike their numbers, they are not used again."""
    names = set()
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the descriptor of this listing is closed by now
            names.add(str(link.readlink()))
    return {name for name in names if name.startswith("socket:")}


def pinned(*keys: paramiko.PKey) -> Pins:
    return Pins.parse("\n".join(f"{key.get_name()} {key.get_base64()}" for key in keys))


def host_key(key: paramiko.PKey) -> HostKey:
    return HostKey(key.get_name(), key.asbytes())


def remembering(key: paramiko.PKey) -> Callable[[], RememberedLogin]:
    return lambda: RememberedLogin(host_key(key).type_and_fingerprint)
