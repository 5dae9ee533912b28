"""The weekly report as a Discord embed."""

from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.adapters.discord.embed import card
from cluster_status.domain.notification.combined import weekly
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.weekly.week import Quiet, Week
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod
from tests.fakes.discord_limits import refusals

BEGIN = datetime(2026, 11, 16, tzinfo=UTC)
BAD = Week(
    BEGIN,
    coverage=1.0,
    up=0.9917,
    up_before=0.9958,
    outages=12,
    longest=83_940,
    time_to_recover=2_400,
    maintenance=115_140,
    idle_nodes=0.34,
    idle_gpus=0.12,
    quiet=Quiet(166, idle=1234),
)
GOOD = Week(BEGIN, coverage=1.0, up=1.0, up_before=1.0, idle_nodes=0.34)


def report(name: str, week: Week = BAD) -> Message:
    period = StatusPeriod(Status.ONLINE, BEGIN)
    return compose(
        Notification("report.2026-W48", Event.REPORT, BEGIN + timedelta(days=7), period, week=week),
        name,
        ChannelPolicy("discord"),
        None,
    )


@pytest.mark.parametrize("number", [2, 8, 9, 30])
def test_each_of_thirty_clusters_is_shown_within_the_limits(number: int) -> None:
    weeks = [BAD if place < 20 else GOOD for place in range(number)]
    shown = card(weekly([report(f"cluster-{place:02}", week) for place, week in enumerate(weeks)]))
    assert refusals(shown) == []
    assert shown["embeds"][0]["description"].count("**cluster-") == number


@pytest.mark.parametrize("number", [40, 1000])
def test_more_clusters_than_fit_are_counted(number: int) -> None:
    shown = card(weekly([report("*" * 50) for _ in range(number)]))
    assert refusals(shown) == []
    assert "more" in shown["embeds"][0]["description"]


def test_the_lowest_uptime_is_first_and_an_unknown_one_before_it() -> None:
    weeks = [Week(BEGIN, up=1.0), Week(BEGIN), Week(BEGIN, up=0.5)]
    whole = weekly([report(f"c{number}", week) for number, week in enumerate(weeks)])
    assert [one.headline for one in whole.changes] == ["c1: uptime not known", "c2: up 50 %", "c0: up 100 %"]


def test_the_report_of_one_cluster_is_a_message_with_its_numbers() -> None:
    shown = card(report("mscluster"))
    assert refusals(shown) == []
    assert shown["embeds"][0]["title"] == "🟢 Weekly report of mscluster\\: up 99.17 % (-0.41)"
