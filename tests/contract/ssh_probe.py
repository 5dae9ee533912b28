"""One probe, looking at a server of a test; it leaves nothing behind, whatever the server does."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import paramiko
from msgspec.structs import replace

from cluster_status.adapters.ssh.probe import SshProbe, Target
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.ssh.host_key import HostKey, Pins
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from tests.fakes.ssh import HOST, PASSWORD, USER, Loopback, Play, ed25519
from tests.servers.daemon import wait_until

PATIENCE_SECONDS = 10.0  # longer than anything that is not to be waited for


class Check(NamedTuple):
    """What one look brought, and how long it took."""

    result: ProbeResult
    took: float

    @property
    def cause(self) -> Cause | None:
        return self.result.cause

    @property
    def failure(self) -> ProbeFailure:
        assert isinstance(self.result.outcome, ProbeFailure), self.result.outcome
        return self.result.outcome

    @property
    def told(self) -> tuple[Cause, str]:
        return self.failure.cause, self.failure.detail


def probe_at(
    play: Play, load_remembered: Callable[[], RememberedLogin | None] = RememberedLogin, **changes: Any
) -> Check:
    """Let a server of its own play for one look."""
    seconds = changes.pop("seconds", 3 * PATIENCE_SECONDS)
    with Loopback(play) as server, probing(server.port, **changes) as probe:
        return check(probe, load_remembered, seconds=seconds)


def check(
    probe: SshProbe,
    load_remembered: Callable[[], RememberedLogin | None] = RememberedLogin,
    *,
    seconds: float = 3 * PATIENCE_SECONDS,
) -> Check:
    begun = time.monotonic()
    result = probe.probe(load_remembered, seconds=seconds)
    return Check(result, time.monotonic() - begun)


@contextlib.contextmanager
def probing(port: int, **changes: Any) -> Iterator[SshProbe]:
    """Have a probe; by default it knows the host key and the password, and has time."""
    target = Target(
        host=HOST,
        port=port,
        user=USER,
        password=Secret(PASSWORD),
        pins=pinned(ed25519()),
        connect_timeout_seconds=PATIENCE_SECONDS,
        command_timeout_seconds=PATIENCE_SECONDS,
    )
    with nothing_left():
        probe = SshProbe(replace(target, **changes))
        try:
            yield probe
        finally:
            probe.close()


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """See that threads and sockets are gone by the end, on both sides of a connection."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield

    def left() -> list[object]:
        return [*(set(threading.enumerate()) - threads), *(open_sockets() - sockets)]

    wait_until(lambda: not left(), timeout_seconds=3, explain=lambda: f"still there: {left()}")


def open_sockets() -> set[str]:
    """Return the names of this process's sockets: unlike their numbers, they are not used again."""
    names = set()
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists them has gone
            names.add(str(link.readlink()))
    return {name for name in names if name.startswith("socket:")}


def is_listed(seen: Check) -> bool:
    return isinstance(seen.result.outcome, ClusterState)


def pinned(*keys: paramiko.PKey) -> Pins:
    return Pins.parse("\n".join(f"{key.get_name()} {key.get_base64()}" for key in keys))


def host_key(key: paramiko.PKey) -> HostKey:
    return HostKey(key.get_name(), key.asbytes())


def remembering(key: paramiko.PKey) -> Callable[[], RememberedLogin]:
    return lambda: RememberedLogin(host_key(key).identity)
