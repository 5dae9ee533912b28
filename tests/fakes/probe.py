"""A probe with scripted results that offers a credential by the rules of the real one."""

from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from cluster_status.deadline import Deadline
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, Partition
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from tests.fakes.clock import VirtualClock

HOST_KEY = HostKey("ssh-ed25519", b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32))

_AT_THE_LOGIN = {Cause.LOGIN_REFUSED, Cause.LOGIN_HANGS, Cause.LOGINS_CLOSED, Cause.BOOTING}
_BEFORE_THE_CREDENTIAL = {Cause.HOST_KEY, Cause.INCOMPATIBLE_SSH}


def listed(*partitions: Partition, unknown_states: tuple[str, ...] = ()) -> ProbeResult:
    """Return the result for a cluster whose partitions share no node."""
    counts = {
        field: sum(getattr(partition.nodes, field) for partition in partitions)
        for field in NodeCounts.__struct_fields__
    }
    return _logged_in(ClusterState(partitions, NodeCounts(**counts), unknown_states))


def partition(
    name: str = "debug", *, default: bool = True, availability: str = "up", **nodes: int
) -> Partition:
    counts = NodeCounts(total=sum(nodes.values()), **nodes)
    return Partition(name, default, availability, "1-00:00:00", counts)


def failed(cause: Cause, detail: str = "") -> ProbeResult:
    """Return the result of a probe that fails; the steps before the failure succeed."""
    failure = ProbeFailure(cause, detail)
    if CAUSES[cause].network:
        return ProbeResult(outcome=failure)
    if cause in _BEFORE_THE_CREDENTIAL:
        return ProbeResult(outcome=failure, reached=True)
    if cause in _AT_THE_LOGIN:
        return ProbeResult(outcome=failure, reached=True, host_key=HOST_KEY, credential_offered=True)
    return _logged_in(failure)


def _logged_in(outcome: ClusterState | ProbeFailure) -> ProbeResult:
    return ProbeResult(
        outcome=outcome, reached=True, host_key=HOST_KEY, credential_offered=True, logged_in=True
    )


ONLINE = listed(partition(idle=8))


class ScriptedProbe:
    """Implements ports.Probe: each call returns the next result of the script, and then always the last one.

    An exception in the script is raised. Each call takes `probe_seconds`, but ends at its deadline.
    """

    def __init__(
        self,
        clock: VirtualClock,
        *script: ProbeResult | BaseException,
        pinned: bool = True,
        probe_seconds: float = 0.0,
        during_probe: Callable[[], object] = lambda: None,
    ) -> None:
        self._clock = clock
        self._script = list(script)
        self._pinned = pinned
        self._probe_seconds = probe_seconds
        self._during_probe = during_probe
        self._logged_in = False
        self.allowed: list[float] = []  # seconds, of each call
        self.loads = 0
        self.offers = 0

    @property
    def calls(self) -> int:
        return len(self.allowed)

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> ProbeResult:
        self.allowed.append(deadline.left)
        self._during_probe()
        self._clock.advance(timedelta(seconds=min(self._probe_seconds, deadline.left)))
        result = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(result, BaseException):
            raise result
        if self._logged_in or not result.credential_offered:
            return self._with_line_to_pin(result)
        return self._with_line_to_pin(self._offer(result, load_remembered))

    def close(self) -> None: ...

    def _offer(
        self, result: ProbeResult, load_remembered: Callable[[], RememberedLogin | None]
    ) -> ProbeResult:
        """Return the result, unless the remembered login forbids to offer the credential."""
        self.loads += 1
        remembered = load_remembered()
        key = result.host_key
        trusted = {None, key.type_and_fingerprint} if key else {None}
        if not self._pinned and (remembered is None or remembered.host_key not in trusted):
            cause = Cause.NO_HISTORY if remembered is None else Cause.HOST_KEY
            return ProbeResult(outcome=ProbeFailure(cause), reached=True)
        if remembered and remembered.login_held_back:
            failure = ProbeFailure(Cause.LOGIN_REFUSED, "held back")
            return ProbeResult(outcome=failure, reached=True, host_key=key)
        self.offers += 1
        self._logged_in = result.logged_in
        return result

    def _with_line_to_pin(self, result: ProbeResult) -> ProbeResult:
        if self._pinned or result.host_key is None:
            return result
        return replace(result, line_to_pin=result.host_key.line("head.example.org", 22))
