"""The overview of several clusters as a Discord embed, on a phone and within Discord's limits."""

from datetime import datetime, timedelta

import pytest

from cluster_status.adapters.discord.embed import card
from cluster_status.domain.maintenance.plan import Plan
from cluster_status.domain.notification.combined import overview
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose, with_plan
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.render.table import PHONE_WIDTH
from cluster_status.render.width import columns
from tests.fakes.clock import START
from tests.fakes.discord_channel import mentions
from tests.fakes.discord_limits import refusals

A_YEAR_AGO = START - timedelta(days=400)
CRAB = "\U0001f980"  # two UTF-16 units, and two columns


def row(
    name: str,
    status: Status = Status.ONLINE,
    cause: Cause | None = None,
    since: datetime = START,
    nodes: tuple[int, int] | None = (8, 8),
) -> Message:
    counts = NodeCounts(total=nodes[1], idle=nodes[0], down=nodes[1] - nodes[0]) if nodes else None
    period = StatusPeriod(status, since, (cause,) if cause else ())
    one = Notification("1.overview", Event.REMINDER, START + timedelta(days=1), period, nodes=counts)
    return compose(one, name, ChannelPolicy("discord"), None)


def table_of(message: Message) -> list[str]:
    text = card(message)["embeds"][0]["description"]
    return str(text).split("```")[1].strip("\n").split("\n")


def test_the_worst_clusters_are_first_and_each_that_is_not_online_has_its_cause_below() -> None:
    shown = card(
        overview(
            [
                row("alpha", nodes=(1204, 1210), since=START - timedelta(days=12)),
                row("beta", Status.OFFLINE, Cause.REFUSED, nodes=None),
                row(
                    "gamma_2",
                    Status.DEGRADED,
                    Cause.NODES_DOWN,
                    since=A_YEAR_AGO,
                    nodes=(3, 8),
                ),
            ]
        )
    )
    [embed] = shown["embeds"]
    assert shown["content"] == "❌ 3 clusters: 1 offline, 1 degraded, 1 online"
    assert embed["timestamp"] == START.isoformat()
    assert embed["description"].split("\n") == [
        "```",
        "   CLUSTER     NODES SINCE (UTC)",
        "❌ beta            - 1 Mar 12:00",
        "🔶 gamma_2       3/8 25 Jan 2025",
        "🟢 alpha   1204/1210 17 Feb 12:00",
        "```",
        "",
        "❌ **beta** SSH connections refused.",
        r"🔶 **gamma\_2** Too few nodes in service.",
    ]


def test_a_table_fits_on_a_phone_and_long_names_still_differ() -> None:
    lines = table_of(
        overview([row(f"a-very-long-name-of-a-cluster-{n:02}", nodes=(1500, 1500)) for n in range(30)])
    )
    assert len(lines) == 31
    assert max(map(columns, lines)) <= PHONE_WIDTH
    assert len(set(lines)) == 31


@pytest.mark.parametrize("number", [1, 30, 41, 1000])
def test_any_number_of_clusters_that_are_not_online_is_within_the_limits_of_discord(number: int) -> None:
    names = [f"{'@everyone `x` '[: n % 15]}{CRAB * (n % 40)}{n}"[:50] for n in range(number)]
    shown = card(overview([row(name, Status.DEGRADED, Cause.SCHEDULER_DOWN) for name in names]))
    assert refusals(shown) == []
    assert mentions(shown["content"], None) == []
    lines = table_of(overview([row(name) for name in names]))
    assert lines[-1].startswith("🟢" if number <= 40 else f"… {number - 40} more")


def test_the_notice_of_a_cluster_is_below_the_table() -> None:
    down = with_plan(row("beta", Status.OFFLINE, Cause.REFUSED, nodes=None), Plan(notice="Power *cut*"))
    rows = [with_plan(row("alpha"), Plan(notice="Scratch is read-only")), down, row("gamma")]
    description = card(overview(rows))["embeds"][0]["description"]
    assert description.split("```")[2].strip().split("\n") == [
        "❌ **beta** SSH connections refused. Power \\*cut\\*",
        "🟢 **alpha** Scratch is read-only",
    ]


def test_the_longest_notices_fit() -> None:
    rows = [with_plan(row(f"c{number}"), Plan(notice="*" * 200)) for number in range(50)]
    assert refusals(card(overview(rows))) == []
