"""The situations that a channel is told of, for a small and for a large cluster."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.adapters.discord.card import card
from cluster_status.domain.announcement import Announcement, Window
from cluster_status.domain.cause import Cause, Status
from cluster_status.domain.cluster import Details, DrainReason, Gpus, Listing, NodeCounts, Partition
from cluster_status.domain.message import Wording, compose
from cluster_status.domain.standing import Doubt, Spell
from cluster_status.domain.transitions import Telling
from cluster_status.domain.uptime import Uptime

SIZES = (3, 200)
NOW = datetime(2026, 11, 23, 15, 50, tzinfo=UTC)
_EARLIER = NOW - timedelta(minutes=80)
_LONG_AGO = NOW - timedelta(days=3, hours=5, minutes=20)
_NIGHT = Window(NOW + timedelta(days=2), NOW + timedelta(days=2, hours=8), nodes=24)
_PING = "<@&123456789012345678>"

_ONLINE = Spell(Status.ONLINE, _LONG_AGO)
_OFFLINE = Spell(Status.OFFLINE, NOW, (Cause.REFUSED,))
_BACK = Spell(Status.ONLINE, NOW)


class Situation(Struct, frozen=True):
    """`gone` of each ten nodes are out of service: in `bucket`; None where Slurm lists nothing."""

    slug: str
    title: str
    announcement: Announcement
    gone: int | None = None
    bucket: str = "unavailable"
    reasons: tuple[DrainReason, ...] = ()


SITUATIONS = (
    Situation("first", "The first poll that worked", Announcement(Telling.FIRST, NOW, _BACK), gone=0),
    Situation(
        "offline",
        "It goes down: whoever `discord-ping` names is called",
        Announcement(Telling.OUTAGE, NOW, _OFFLINE, before=_ONLINE, uptime=Uptime(0.9943, 1.0)),
    ),
    Situation(
        "back",
        "It is back",
        Announcement(
            Telling.RECOVERY,
            NOW,
            _BACK,
            before=Spell(Status.OFFLINE, _EARLIER, (Cause.TIMEOUT, Cause.REFUSED)),
            uptime=Uptime(0.9922, 1.0),
        ),
        gone=0,
    ),
    Situation(
        "no-node",
        "The head node answers, and not one node is in service",
        Announcement(
            Telling.OUTAGE,
            NOW,
            Spell(Status.OFFLINE, NOW, (Cause.NO_NODES_IN_SERVICE,)),
            before=_ONLINE,
            uptime=Uptime(0.9943, 1.0),
        ),
        gone=10,
        reasons=(DrainReason("cooling water", _EARLIER, 30),),
    ),
    Situation(
        "degraded",
        "Too few nodes are left",
        Announcement(
            Telling.IMPAIRED,
            NOW,
            Spell(Status.DEGRADED, NOW, (Cause.NODES_DOWN,)),
            before=_ONLINE,
            uptime=Uptime(0.9943, 0.41),
        ),
        gone=6,
        reasons=(
            DrainReason("switch sw3 is replaced", _EARLIER, 8, "n[03-10]", "root"),
            DrainReason("bad DIMM", NOW - timedelta(days=5), 1, "n01", "jdoe"),
            DrainReason("Not responding", None, 10),
        ),
    ),
    Situation(
        "scheduler",
        "Slurm's controller is down",
        Announcement(
            Telling.IMPAIRED,
            NOW,
            Spell(Status.DEGRADED, NOW, (Cause.SCHEDULER_DOWN,)),
            before=_ONLINE,
            uptime=Uptime(0.9943, 1.0),
        ),
    ),
    Situation(
        "coming",
        "A maintenance is coming (with `details: full`)",
        Announcement(Telling.COMING, NOW, _ONLINE, window=_NIGHT),
        gone=0,
    ),
    Situation(
        "maintenance",
        "It is in maintenance",
        Announcement(
            Telling.MAINTENANCE,
            NOW,
            Spell(Status.MAINTENANCE, NOW, (Cause.MAINTENANCE,)),
            before=_ONLINE,
            window=Window(NOW, NOW + timedelta(hours=8), nodes=24),
        ),
        gone=6,
        bucket="maintenance",
    ),
    Situation(
        "partly-back",
        "It is back, but not wholly",
        Announcement(
            Telling.PARTLY_BACK,
            NOW,
            Spell(Status.DEGRADED, NOW, (Cause.NODES_DOWN,)),
            before=Spell(Status.MAINTENANCE, _EARLIER, (Cause.MAINTENANCE,)),
            uptime=Uptime(0.9943, 1.0),
        ),
        gone=7,
    ),
    Situation(
        "cannot-tell",
        "The monitor cannot tell: it may be up",
        Announcement(Telling.BLIND, NOW, _ONLINE, doubt=Doubt(_EARLIER, 3, Cause.HOST_KEY, told=True)),
    ),
    Situation(
        "login-refused",
        "The monitor can no longer log in",
        Announcement(
            Telling.BLIND,
            NOW,
            _ONLINE,
            doubt=Doubt(_EARLIER, 3, Cause.LOGIN_REFUSED, told=True),
            login_worked_at=_EARLIER - timedelta(minutes=10),
        ),
    ),
    Situation(
        "sees-again",
        "The monitor can tell again, after polls that never came",
        Announcement(
            Telling.SIGHTED,
            NOW,
            _ONLINE,
            missed_polls=17,
            uptime=Uptime(1.0, 0.86),
            left_out=2,
            blind_since=_EARLIER,
        ),
        gone=0,
    ),
)


def cards() -> Iterator[tuple[Situation, int, dict[str, Any]]]:
    """Yield each situation for each size of a cluster, which is its number of partitions."""
    for situation in SITUATIONS:
        for size in SIZES:
            yield situation, size, _card(situation, size)


def _card(situation: Situation, size: int) -> dict[str, Any]:
    announcement, listing = situation.announcement, None
    if situation.gone is not None:
        listing = _listing(situation, situation.gone, size)
        announcement = replace(announcement, nodes=listing.nodes)
    return card(compose(announcement, Wording("mscluster"), listing), ping=_PING)


def _listing(situation: Situation, gone: int, size: int) -> Listing:
    partitions = tuple(_partition(number, gone, situation.bucket) for number in range(size))
    total = NodeCounts()
    for partition in partitions:
        for bucket in ("free", "busy", "unavailable", "maintenance"):
            total = total.plus(bucket, getattr(partition.nodes, bucket))  # type: ignore[arg-type]
    free_gpus = 0 if gone else 3
    gpus: dict[str, tuple[Gpus, ...]] = {"gpu": (Gpus("a100", 8, free_gpus), Gpus("h100", 4, 0))}
    return Listing(partitions, total, details=Details(gpus, situation.reasons))


def _partition(number: int, gone: int, bucket: str) -> Partition:
    """Make one of a few that have names of their own, or one of many that belong to a group each."""
    names = ("batch", "gpu", "long-running")
    limits = ("3-00:00:00", "1-00:00:00", "14-00:00:00")
    total = (20, 2, 10)[number] if number < len(names) else 2 + number * 7 % 30
    lost = total * gone // 10
    left = total - lost
    free = left * ((number + 1) % 4) // 5
    nodes = replace(NodeCounts(total=total, free=free, busy=left - free), **{bucket: lost})
    name = names[number] if number < len(names) else f"group{number:03}"
    limit = limits[number] if number < len(names) else ("7-00:00:00", "12:00:00", "infinite")[number % 3]
    return Partition(name, default=number == 0, availability="up", time_limit=limit, nodes=nodes)
