"""Builders of what the tests of the domain talk about, with everything that does not matter filled in."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.history import History, Login, Server, Terms, advance
from cluster_status.domain.notification import outbox
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    NodeCounts,
    NodeGroup,
    Partition,
    Reservation,
)
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker, UnknownPeriod
from cluster_status.domain.status.verdict import Verdict, judge

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
IDENTITY = Digests("server-digest", "login-digest", "webhook-digest")
TERMS = Terms(IDENTITY)
CHANNEL = "discord"
BEFORE_THE_LOGIN = frozenset(
    {cause for cause, info in CAUSES.items() if info.network}
    | {Cause.HOST_KEY, Cause.INCOMPATIBLE_SSH, Cause.LOGIN_REFUSED}
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
    """List these nodes; without partitions, in one default partition that is up."""
    whole = replace(partition(default=True), nodes=counts(**nodes))
    return ClusterState(partitions or (whole,), counts(**nodes))


def listed(*partitions: Partition, **nodes: int) -> ProbeResult:
    """See a listing, which takes a login."""
    return _logged_in(cluster_state(*partitions, **nodes))


def reserved(begin: datetime, *, hours: float = 2, nodes: int = 4, name: str = "cooling") -> Reservation:
    return Reservation(name, begin, begin + timedelta(hours=hours), nodes)


def forewarned(*reservations: Reservation, **nodes: int) -> ProbeResult:
    """See these nodes, and reservations for maintenance."""
    return _logged_in(replace(cluster_state(**nodes), details=Details(reservations=reservations)))


def met(
    cause: Cause, detail: str = "", *, reached: bool | None = None, offered: bool | None = None
) -> ProbeResult:
    """Meet an obstacle, having got as far as one gets before it."""
    if cause not in BEFORE_THE_LOGIN:
        return _logged_in(ProbeFailure(cause, detail))
    return ProbeResult(
        outcome=ProbeFailure(cause, detail),
        reached=not CAUSES[cause].network if reached is None else reached,
        credential_offered=cause is Cause.LOGIN_REFUSED if offered is None else offered,
    )


def shown(result: ProbeResult, key: HostKey, *, pinned: bool = False) -> ProbeResult:
    """See this, and the server's host key before it."""
    return replace(result, host_key=key, line_to_pin="" if pinned else key.line("login.hpc.example", 22))


def _logged_in(seen: ClusterState | ProbeFailure) -> ProbeResult:
    return ProbeResult(outcome=seen, reached=True, credential_offered=True, logged_in=True)


def caused(cause: Cause) -> Verdict:
    """Judge as this cause does where the server was reached before."""
    return Verdict(CAUSES[cause].status, cause)


ONLINE = Verdict(Status.ONLINE)


def period(status: Status, *causes: Cause, since: datetime = NOON) -> StatusPeriod:
    return StatusPeriod(status, since, causes)


def notification(  # noqa: PLR0913 - one argument a part of it
    event: Event,
    told_of: StatusPeriod,
    *,
    at: datetime = NOON,
    before: StatusPeriod | None = None,
    unknown_period: UnknownPeriod | None = None,
    login_worked_at: datetime | None = None,
    nodes: NodeCounts | None = None,
    dropped: int = 0,
) -> Notification:
    return Notification(event, at, told_of, before, unknown_period, login_worked_at, nodes, dropped)


def history(confirmed: Status | None = None, *causes: Cause) -> History:
    """Return the history of a server that was reached, logged in to and asked before."""
    return History(
        cluster="Deep Thought",
        tracker=StatusTracker(period(confirmed, *causes) if confirmed else None),
        server=Server(IDENTITY.server, IDENTITY.webhook, reached=True, scheduler_seen=True),
        login=Login(worked_at=NOON),
    )


def polled(
    before: History,
    *results: ProbeResult,
    start: datetime = NOON,
    every: timedelta = timedelta(minutes=5),
    terms: Terms = TERMS,
) -> History:
    """Return the history after polls that saw these, judged as a run judges them."""
    after = before
    for number, result in enumerate(results):
        after = step(after, result, start + number * every, terms=terms)
    return after


def step(
    before: History, result: ProbeResult, at: datetime, *, terms: Terms = TERMS, in_turn: bool = False
) -> History:
    judged = judge(result, before.known_server(terms.identity), degraded_below=50)
    return advance(before, result, judged, terms, at, in_turn=in_turn)


def told(history: History, notification: Notification) -> History:
    """Tell the only channel there is."""
    return outbox.told(history, notification, CHANNEL, due_to=[CHANNEL])


def delivery_failed(
    history: History, reason: str, at: datetime, *, webhook_gone: str | None = None
) -> History:
    return outbox.delivery_failed(history, CHANNEL, reason, at, gone=webhook_gone)


def events(pending: Iterable[Notification]) -> list[Event]:
    return [one.event for one in pending]


def host_key(kind: str = "ssh-ed25519", secret: bytes = b"K" * 36) -> HostKey:
    """Return a key in its wire form: its type, and what makes it its own, each after its length."""
    return HostKey(kind, b"".join(len(part).to_bytes(4, "big") + part for part in (kind.encode(), secret)))


EVENTFUL = (
    shown(listed(idle=4), host_key()),
    listed(idle=1, down=3),
    met(Cause.TIMEOUT),
    *[met(Cause.LOGIN_REFUSED)] * 3,
)
"""Polls that leave something in each part of a history."""
