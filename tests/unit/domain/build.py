"""Builders of domain values, with defaults for everything that a test does not mention."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.conditions.condition import Condition
from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.history import History, PollContext, advance
from cluster_status.domain.history.ssh_state import Login, Server, SshState
from cluster_status.domain.maintenance.plan import NO_PLAN, Plan
from cluster_status.domain.notification import outbox
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    MaintenanceListing,
    NodeCounts,
    NodeGroup,
    Partition,
    Reservation,
)
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker
from cluster_status.domain.status.verdict import Criteria, Verdict, judge

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DIGESTS = Digests("server-digest", "login-digest", "key-digest")
CHANNEL = "discord"
POLICY = ChannelPolicy(CHANNEL, digest="channel-digest")
AT_THE_LOGIN = frozenset({Cause.LOGIN_REFUSED, Cause.LOGIN_HANGS, Cause.LOGINS_CLOSED, Cause.BOOTING})
BEFORE_THE_LOGIN = AT_THE_LOGIN.union(
    {cause for cause, info in CAUSES.items() if info.network},
    {Cause.HOST_KEY, Cause.INCOMPATIBLE_SSH},
)


def noon_plus(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def counts(**by_group: int) -> NodeCounts:
    nodes = NodeCounts()
    for group, number in by_group.items():
        nodes = nodes.plus(NodeGroup(group), number)
    return nodes


def partition(
    name: str = "batch", *, default: bool = False, availability: str = "up", **nodes: int
) -> Partition:
    return Partition(name, default, availability, "1-00:00:00", counts(**nodes))


def cluster_state(*partitions: Partition, **nodes: int) -> ClusterState:
    """Return a state with these nodes. Without partitions, all are in a default partition that is up."""
    whole = replace(partition(default=True), nodes=counts(**nodes))
    return ClusterState(partitions or (whole,), counts(**nodes))


def listed(*partitions: Partition, **nodes: int) -> ProbeResult:
    """Return the result of a probe that logged in and listed these nodes."""
    return _logged_in(cluster_state(*partitions, **nodes))


def site(
    *partitions: Partition, named: tuple[str, ...] = (), nodes: dict[str, frozenset[str]] | None = None
) -> ProbeResult:
    """Return a listing of partitions that share no nodes in its numbers; `nodes` are their names."""
    total = {group: sum(getattr(one.nodes, group) for one in partitions) for group in NodeGroup}
    state = cluster_state(*partitions, **total)
    return _logged_in(replace(state, named=named, partition_nodes=nodes or {}))


def reserved(begin: datetime, *, hours: float = 2, nodes: int = 4, name: str = "cooling") -> Reservation:
    return Reservation(name, begin, begin + timedelta(hours=hours), nodes)


def listed_with(*reservations: Reservation, **nodes: int) -> ProbeResult:
    """Return the result of a probe that listed these nodes, and reservations for maintenance."""
    return _logged_in(replace(cluster_state(**nodes), maintenance=MaintenanceListing(reservations)))


def failed(
    cause: Cause, detail: str = "", *, reached: bool | None = None, offered: bool | None = None
) -> ProbeResult:
    """Return the result of a probe that failed for this cause; the steps before the failure succeeded."""
    if cause not in BEFORE_THE_LOGIN:
        return _logged_in(ProbeFailure(cause, detail))
    return ProbeResult(
        outcome=ProbeFailure(cause, detail),
        reached=not CAUSES[cause].network if reached is None else reached,
        credential_offered=cause in AT_THE_LOGIN if offered is None else offered,
    )


def with_host_key(result: ProbeResult, key: HostKey, *, pinned: bool = False) -> ProbeResult:
    return replace(result, host_key=key, line_to_pin="" if pinned else key.line("login.hpc.example", 22))


def _logged_in(outcome: ClusterState | ProbeFailure) -> ProbeResult:
    return ProbeResult(outcome=outcome, reached=True, credential_offered=True, logged_in=True)


def verdict_of(cause: Cause) -> Verdict:
    """Return the verdict for a failure of a server that was reached before."""
    return Verdict(CAUSES[cause].status, cause)


ONLINE = Verdict(Status.ONLINE)


def period(status: Status, *causes: Cause, since: datetime = NOON) -> StatusPeriod:
    return StatusPeriod(status, since, causes)


class Setup(Struct, frozen=True):
    """The settings that affect the history."""

    digests: Digests = DIGESTS
    confirm_after: int = 2
    channels: tuple[ChannelPolicy, ...] = (POLICY,)
    plan: Plan = NO_PLAN
    conditions: tuple[Condition, ...] = ()
    mute: MuteRequest = MuteRequest()


SETUP = Setup()
ALWAYS = Setup(channels=(replace(POLICY, always=True),))


def notification(event: Event, status: StatusPeriod, *, at: datetime = NOON, **parts: Any) -> Notification:
    """Return a notification with the id that it gets from `step`."""
    return Notification(f"{poll_id(at)}.0", event, at, status, **parts)


def poll_id(at: datetime, *, after: History = History()) -> str:  # noqa: B008 - it is frozen
    """Return an id that differs from the ids of other polls in the same second."""
    same_second = sum(poll.at == at for poll in after.record.polls)
    return f"{at:%Y%m%dT%H%M%S}-{same_second}"


def history(confirmed: Status | None = None, *causes: Cause) -> History:
    """Return the history of a cluster with this status, whose server, login and scheduler worked before."""
    return History(
        tracker=StatusTracker(period(confirmed, *causes) if confirmed else None),
        ssh=SshState(
            server=Server(DIGESTS.server, DIGESTS.key, reached=True, scheduler_seen=True),
            login=Login(worked_at=NOON),
        ),
    )


def polled(
    before: History,
    *results: ProbeResult,
    start: datetime = NOON,
    every: timedelta = timedelta(minutes=5),
    setup: Setup = SETUP,
) -> History:
    """Return the history after polls with these results."""
    after = before
    for number, result in enumerate(results):
        after = step(after, result, start + number * every, setup=setup)
    return after


def step(
    before: History, result: ProbeResult, at: datetime, *, setup: Setup = SETUP, in_turn: bool = False
) -> History:
    """Return the history after one poll, judged as a run judges it."""
    criteria = Criteria(at=at, degraded_below=50, confirm_after=setup.confirm_after)
    verdict = judge(result, before.known_server(setup.digests, at, result, setup.plan), criteria)
    context = PollContext(
        id=poll_id(at, after=before),
        at=at,
        digests=setup.digests,
        confirm_after=setup.confirm_after,
        channels=setup.channels,
        plan=setup.plan,
        conditions=setup.conditions,
        mute=setup.mute,
        in_turn=in_turn,
    )
    return advance(before, result, verdict, context)


def pending(history: History, channel: str = CHANNEL) -> tuple[Notification, ...]:
    return history.outbox.channel(channel).pending


def delivered(history: History, notification: Notification, channel: str = CHANNEL) -> History:
    """Return the history after the channel has accepted a notification."""
    return replace(history, outbox=outbox.delivered(history.outbox, channel, notification.id))


def delivery_failed(
    history: History, cause: str, at: datetime, *, refused_by: str | None = None, channel: str = CHANNEL
) -> History:
    return replace(history, outbox=outbox.failed(history.outbox, channel, cause, at, refused_by=refused_by))


def events(notifications: Iterable[Notification]) -> list[Event]:
    return [one.event for one in notifications]


def host_key(kind: str = "ssh-ed25519", secret: bytes = b"K" * 36) -> HostKey:
    """Return a key in its wire form: its type and its content, each after its length."""
    return HostKey(kind, b"".join(len(part).to_bytes(4, "big") + part for part in (kind.encode(), secret)))
