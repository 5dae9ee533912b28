"""Builders of what the tests of the domain talk about, with everything that does not matter filled in."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain import delivery
from cluster_status.domain.announcement import Announcement
from cluster_status.domain.cause import TRAITS, Cause, Status
from cluster_status.domain.cluster import Bucket, Details, Listing, NodeCounts, Partition, Reservation
from cluster_status.domain.history import History, Login, Server, Terms, advance
from cluster_status.domain.host_key import HostKey
from cluster_status.domain.identity import Identity
from cluster_status.domain.sighting import Obstacle, Sighting
from cluster_status.domain.standing import Doubt, Spell, Standing
from cluster_status.domain.transitions import Telling
from cluster_status.domain.verdict import Verdict, judge

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
IDENTITY = Identity("server-digest", "login-digest", "webhook-digest")
TERMS = Terms(IDENTITY)
CHANNEL = "discord"
BEFORE_THE_LOGIN = frozenset(
    {cause for cause, traits in TRAITS.items() if traits.network}
    | {Cause.HOST_KEY, Cause.INCOMPATIBLE_SSH, Cause.LOGIN_REFUSED}
)


def noon_plus(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def counts(**by_bucket: int) -> NodeCounts:
    nodes = NodeCounts()
    for bucket, number in by_bucket.items():
        nodes = nodes.plus(Bucket(bucket), number)
    return nodes


def partition(
    name: str = "batch", *, default: bool = False, availability: str = "up", **nodes: int
) -> Partition:
    return Partition(name, default, availability, "1-00:00:00", counts(**nodes))


def listing(*partitions: Partition, **nodes: int) -> Listing:
    """List these nodes; without partitions, in one default partition that is up."""
    whole = replace(partition(default=True), nodes=counts(**nodes))
    return Listing(partitions or (whole,), counts(**nodes))


def listed(*partitions: Partition, **nodes: int) -> Sighting:
    """See a listing, which takes a login."""
    return _logged_in(listing(*partitions, **nodes))


def reserved(begin: datetime, *, hours: float = 2, nodes: int = 4, name: str = "cooling") -> Reservation:
    return Reservation(name, begin, begin + timedelta(hours=hours), nodes)


def forewarned(*reservations: Reservation, **nodes: int) -> Sighting:
    """See these nodes, and reservations for maintenance."""
    return _logged_in(replace(listing(**nodes), details=Details(reservations=reservations)))


def met(
    cause: Cause, detail: str = "", *, reached: bool | None = None, offered: bool | None = None
) -> Sighting:
    """Meet an obstacle, having got as far as one gets before it."""
    if cause not in BEFORE_THE_LOGIN:
        return _logged_in(Obstacle(cause, detail))
    return Sighting(
        seen=Obstacle(cause, detail),
        reached=not TRAITS[cause].network if reached is None else reached,
        credential_offered=cause is Cause.LOGIN_REFUSED if offered is None else offered,
    )


def shown(sighting: Sighting, key: HostKey, *, pinned: bool = False) -> Sighting:
    """See this, and the server's host key before it."""
    return replace(sighting, host_key=key, line_to_pin="" if pinned else key.line("login.hpc.example", 22))


def _logged_in(seen: Listing | Obstacle) -> Sighting:
    return Sighting(seen=seen, reached=True, credential_offered=True, logged_in=True)


def caused(cause: Cause) -> Verdict:
    """Judge as this cause does where the server was reached before."""
    return Verdict(TRAITS[cause].status, cause)


ONLINE = Verdict(Status.ONLINE)


def spell(status: Status, *causes: Cause, since: datetime = NOON) -> Spell:
    return Spell(status, since, causes)


def announcement(  # noqa: PLR0913 - one argument a part of it
    telling: Telling,
    told_of: Spell,
    *,
    at: datetime = NOON,
    before: Spell | None = None,
    doubt: Doubt | None = None,
    login_worked_at: datetime | None = None,
    nodes: NodeCounts | None = None,
    left_out: int = 0,
) -> Announcement:
    return Announcement(telling, at, told_of, before, doubt, login_worked_at, nodes, left_out)


def history(confirmed: Status | None = None, *causes: Cause) -> History:
    """Return the history of a server that was reached, logged in to and asked before."""
    return History(
        cluster="Deep Thought",
        standing=Standing(spell(confirmed, *causes) if confirmed else None),
        server=Server(IDENTITY.server, IDENTITY.webhook, reached=True, scheduler_seen=True),
        login=Login(worked_at=NOON),
    )


def polled(
    before: History,
    *sightings: Sighting,
    start: datetime = NOON,
    every: timedelta = timedelta(minutes=5),
    terms: Terms = TERMS,
) -> History:
    """Return the history after polls that saw these, judged as a run judges them."""
    after = before
    for number, sighting in enumerate(sightings):
        after = step(after, sighting, start + number * every, terms=terms)
    return after


def step(
    before: History, sighting: Sighting, at: datetime, *, terms: Terms = TERMS, in_turn: bool = False
) -> History:
    judged = judge(sighting, before.knowledge(terms.identity), degraded_below=50)
    return advance(before, sighting, judged, terms, at, in_turn=in_turn)


def told(history: History, announcement: Announcement) -> History:
    """Tell the only channel there is."""
    return delivery.told(history, announcement, CHANNEL, due_to=[CHANNEL])


def untold(history: History, reason: str, at: datetime, *, webhook_gone: str | None = None) -> History:
    return delivery.untold(history, CHANNEL, reason, at, gone=webhook_gone)


def tellings(pending: Iterable[Announcement]) -> list[Telling]:
    return [one.telling for one in pending]


def host_key(kind: str = "ssh-ed25519", secret: bytes = b"K" * 36) -> HostKey:
    """Return a key in its wire form: its type, and what makes it its own, each after its length."""
    return HostKey(kind, b"".join(len(part).to_bytes(4, "big") + part for part in (kind.encode(), secret)))


EVENTFUL = (
    shown(listed(free=4), host_key()),
    listed(free=1, unavailable=3),
    met(Cause.TIMEOUT),
    *[met(Cause.LOGIN_REFUSED)] * 3,
)
"""Polls that leave something in each part of a history."""
