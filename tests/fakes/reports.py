"""Reports of clusters with a year of history, as the status page shows them."""

import math
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from cluster_status.domain.capacity.series import Means, rounded
from cluster_status.domain.report.report import (
    Day,
    Finding,
    Report,
    ReportedIncident,
    ReportedMaintenance,
    ReportedPartition,
    Trend,
    Use,
)
from cluster_status.domain.slug import slug
from cluster_status.domain.slurm.cluster_state import Gpus, NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.uptime.roll_up import RollUp
from cluster_status.domain.uptime.uptime import Uptime

NOW = datetime(2026, 11, 28, 14, 5, tzinfo=UTC)
NODES = NodeCounts(total=212, idle=37, allocated=158, reserved=6, draining=3, maintenance=2, down=6)
A100, H100, L40S = Gpus("a100", 128, 19), Gpus("h100", 64, 2), Gpus("l40s", 96, 41)


def report(name: str = "Levante", *, partition_count: int = 6, **changes: Any) -> Report:
    """Return the report of a large cluster that is online."""
    whole = Report(
        name=name,
        slug=slug(name.casefold()),
        group="",
        checked_at=NOW,
        fresh_until=NOW + timedelta(hours=2),
        shown=Finding(Status.ONLINE, since=NOW - timedelta(days=11, hours=3)),
        shown_at=NOW,
        nodes=NODES,
        partitions=_partitions(partition_count),
        gpus=(A100, L40S, H100),
        maintenance=(
            ReportedMaintenance(
                NOW + timedelta(days=3, hours=18), NOW + timedelta(days=4), 212, all_nodes=True
            ),
            ReportedMaintenance(
                NOW + timedelta(days=12),
                NOW + timedelta(days=12, hours=4),
                16,
                all_nodes=False,
                partitions=("gpu",),
            ),
        ),
        uptimes={
            "24 h": Uptime(1.0, 1.0),
            "7 d": Uptime(0.9987, 0.998),
            "30 d": Uptime(0.9931, 0.984, 0.01),
            "90 d": Uptime(0.9974, 0.971),
            "365 d": Uptime(0.9958, 0.989),
        },
        incidents=_incidents(slug(name.casefold())),
        days=_days(Random(name)),  # noqa: S311 - the same at every run
        trend=_trend(Random(name)),  # noqa: S311 - as above
    )
    return replace(whole, **changes)


def fleet() -> list[Report]:
    """Return clusters with each status, in two groups."""
    hour = timedelta(hours=1)
    return [
        report("Levante", group="Production"),
        report(
            "Mistral",
            group="Production",
            shown=Finding(
                Status.DEGRADED, Cause.PARTITION_DOWN, "no node of gpu is in service", NOW - 5 * hour
            ),
        ),
        report(
            "Helix",
            group="Production",
            shown=Finding(Status.OFFLINE, Cause.TIMEOUT, "SSH connection timed out", NOW - hour / 2),
            nodes=None,
            partitions=(),
            gpus=(),
        ),
        report(
            "Justus",
            group="Teaching and tests",
            shown=Finding(Status.MAINTENANCE, Cause.MAINTENANCE, "nodes in maintenance", NOW - 2 * hour),
            nodes=NodeCounts(total=40, maintenance=40),
            gpus=(),
            maintenance=(ReportedMaintenance(NOW - 2 * hour, NOW + 6 * hour, 40, all_nodes=True),),
        ),
        report(
            "Binac",
            group="Teaching and tests",
            shown=Finding(Status.UNKNOWN, Cause.LOGIN_REFUSED, "login refused", NOW - 3 * hour),
            last_known=Finding(Status.ONLINE, since=NOW - 90 * hour),
            nodes=None,
            partitions=(),
            gpus=(),
            maintenance=(),
        ),
    ]


def _partitions(number: int) -> tuple[ReportedPartition, ...]:
    known = [
        ("compute", Use.UP, NodeCounts(total=160, idle=22, allocated=130, reserved=4, down=4), ()),
        ("gpu", Use.UP, NodeCounts(total=32, idle=5, allocated=25, draining=2), (A100, H100)),
        ("bigmem", Use.UP, NodeCounts(total=12, idle=9, allocated=3), ()),
        ("vis", Use.OUT, NodeCounts(total=8, down=8), (L40S,)),
        ("test", Use.MAINTENANCE, NodeCounts(total=4, maintenance=4), ()),
        ("retired", Use.USUALLY_OUT, NodeCounts(total=16, down=16), ()),
    ]
    limits = ("8:00:00", "1-00:00:00", "infinite", "7-00:00:00", "30:00", "1-00:00:00")
    parts = [
        ReportedPartition(name, use, name == "compute", limit, nodes, gpus)
        for (name, use, nodes, gpus), limit in zip(known, limits, strict=True)
    ]
    more = [
        replace(parts[index % 3], name=f"project-{index:03}", default=False) for index in range(6, number)
    ]
    return (*parts[:number], *more)


def _incidents(prefix: str) -> tuple[ReportedIncident, ...]:
    known = [
        (Status.OFFLINE, (Cause.TIMEOUT,), 11.1, 0.14),
        (Status.DEGRADED, (Cause.SCHEDULER_DOWN,), 23.4, 0.02),
        (Status.MAINTENANCE, (Cause.MAINTENANCE,), 40.2, 0.5),
        (Status.OFFLINE, (Cause.REFUSED, Cause.BOOTING), 62.9, 0.9),
    ]
    return tuple(
        ReportedIncident(
            f"{prefix}-{NOW - timedelta(days=ago):%Y%m%dT%H%M%SZ}",
            status,
            causes,
            NOW - timedelta(days=ago),
            NOW - timedelta(days=ago - length),
        )
        for status, causes, ago, length in known
    )


def _days(random: Random) -> tuple[Day, ...]:
    days = []
    for ago in range(89, -1, -1):
        date = (NOW - timedelta(days=ago)).date()
        begin = datetime.combine(date, datetime.min.time(), UTC)
        whole = 86_400 if ago else 50_700
        if ago > 83 or ago in {33, 34}:
            days.append(Day(date, None))
            continue
        bad = {11: 12_000, 62: 70_000, 23: 1_800}.get(ago, 300 if random.random() < 0.04 else 0)
        kind = "degraded" if ago == 23 else "offline"
        maintenance = 43_000 if ago == 40 else 0
        one = RollUp(begin, online=whole - bad - maintenance, maintenance=maintenance)
        days.append(Day(date, replace(one, **{kind: bad})))
    return tuple(days)


def _trend(random: Random) -> Trend:
    hour, day = int(NOW.timestamp()) // 3_600, int(NOW.timestamp()) // 86_400

    def means(load: float) -> Means:
        idle, down = 212 * (1 - load), 6 + random.randrange(4)
        free = {kind: total * (1 - load) for kind, total in (("a100", 128), ("h100", 64), ("l40s", 96))}
        return Means(
            rounded(idle - down), rounded(212 - idle), down, {one: rounded(free[one]) for one in free}
        )

    def load(at: int) -> float:
        weekend = 0.2 if at // 24 % 7 in {5, 6} else 0.0
        return max(
            0.3, 0.8 - weekend + 0.12 * math.sin((at % 24 - 10) / 24 * 2 * math.pi) + random.random() / 20
        )

    return Trend(
        tuple(
            (at, means(load(at - 4 * 24)))
            for at in range(hour - 23, hour + 1)
            if at not in {hour - 9, hour - 8}
        ),
        tuple(
            (at, means(load((at - 4) * 24 + 12) + random.random() / 10)) for at in range(day - 29, day + 1)
        ),
        tuple((at, means(load(at))) for at in range(168)),
    )
