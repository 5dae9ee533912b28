"""A probe that plays a script of sightings, and minds what the real one minds about keys and credentials."""

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

_BEFORE_THE_CREDENTIAL = {Cause.HOST_KEY, Cause.INCOMPATIBLE_SSH}


def listed(*partitions: Partition, unknown_states: tuple[str, ...] = ()) -> ProbeResult:
    """Return the sighting of a cluster whose partitions share no node."""
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


def met(cause: Cause, detail: str = "") -> ProbeResult:
    """Return the sighting of a look that got as far as this cause lets it."""
    seen = ProbeFailure(cause, detail)
    if CAUSES[cause].network:
        return ProbeResult(outcome=seen)
    if cause in _BEFORE_THE_CREDENTIAL:
        return ProbeResult(outcome=seen, reached=True)
    if cause is Cause.LOGIN_REFUSED:
        return ProbeResult(outcome=seen, reached=True, host_key=HOST_KEY, credential_offered=True)
    return _logged_in(seen)


def _logged_in(seen: ClusterState | ProbeFailure) -> ProbeResult:
    return ProbeResult(outcome=seen, reached=True, host_key=HOST_KEY, credential_offered=True, logged_in=True)


ONLINE = listed(partition(idle=8))


class ScriptedProbe:
    """Implements ports.Probe: one sighting of the script a look, and the last one for good.

    An exception in the script is raised. Each look takes `look_seconds`, or all it is given if that is less.
    """

    def __init__(
        self,
        clock: VirtualClock,
        *script: ProbeResult | BaseException,
        pinned: bool = True,
        probe_seconds: float = 0.0,
    ) -> None:
        self._clock = clock
        self._script = list(script)
        self._pinned = pinned
        self._look_seconds = probe_seconds
        self._logged_in = False
        self.allowed: list[float] = []  # seconds, of each look
        self.loads = 0
        self.offers = 0
        self.closed = False

    @property
    def checks(self) -> int:
        return len(self.allowed)

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> ProbeResult:
        self.allowed.append(deadline.left)
        self._clock.advance(timedelta(seconds=min(self._look_seconds, deadline.left)))
        played = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(played, BaseException):
            raise played
        if self._logged_in or not played.credential_offered:
            return self._with_line_to_pin(played)
        return self._with_line_to_pin(self._offer(played, load_remembered))

    def close(self) -> None:
        self.closed = True

    def _offer(
        self, played: ProbeResult, load_remembered: Callable[[], RememberedLogin | None]
    ) -> ProbeResult:
        """Go on as the script says, unless what is remembered forbids to offer the credential."""
        self.loads += 1
        memory = load_remembered()
        key = played.host_key
        strange = memory is None or (key and memory.host_key not in {None, key.type_and_fingerprint})
        if not self._pinned and strange:
            return ProbeResult(outcome=ProbeFailure(Cause.HOST_KEY), reached=True)
        if memory and memory.login_held_back:
            return ProbeResult(
                outcome=ProbeFailure(Cause.LOGIN_REFUSED, "held back"), reached=True, host_key=key
            )
        self.offers += 1
        self._logged_in = played.logged_in
        return played

    def _with_line_to_pin(self, result: ProbeResult) -> ProbeResult:
        if self._pinned or result.host_key is None:
            return result
        return replace(result, line_to_pin=result.host_key.line("head.example.org", 22))
