"""A thousand polls of a restless cluster, while Discord fails at random: nothing lost, nothing out of order.

What is told twice is counted, and has its reason: Discord had accepted it, and its answer did not arrive.
"""

import contextlib
from datetime import timedelta
from itertools import groupby, pairwise
from random import Random
from typing import Any, Unpack

import pytest

from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.http import Http, HttpResponse, RequestOptions
from cluster_status.app.plan import Channel
from cluster_status.domain.status.cause import Cause
from tests.fakes.discord import (
    Broken,
    CloudflareLimited,
    Fault,
    LoopbackDiscord,
    RateLimited,
    Refused,
    Reset,
    Silent,
)
from tests.fakes.probe import listed, met, partition
from tests.unit.app.monitor import Monitor

POLLS = 1_000
FAILING = 0.4  # of all requests
CHANGING = 0.3  # of all polls
DELETING = 0.05
TIMEOUT_SECONDS = 0.15
QUIET = 4096
SIGHTS = {
    "online": listed(partition(idle=8)),
    "allocated": listed(partition(allocated=8)),
    "degraded": listed(partition(idle=2, down=6)),
    "maintenance": listed(partition(idle=2, maintenance=6)),
    "offline": met(Cause.REFUSED),
}
STATUS_OF = {"allocated": "online"}
SHOWN = {
    "online": "debug*       8     0    0     8 1d",
    "allocated": "debug*       0     8    0     8 1d",
    "degraded": "debug*       2     0    6     8 1d",
    "maintenance": "debug*       2     0    6     8 1d",
    "offline": "It refuses SSH connections.",
}
FAULTS: tuple[Fault, ...] = (
    RateLimited(1.5),
    RateLimited(40.0, "global"),
    RateLimited(0.2, "shared"),
    CloudflareLimited(2.0),
    CloudflareLimited(),
    Broken(500),
    Broken(502),
    Broken(503, after_accepting=True),
    Refused(403, 50013, "Missing Permissions"),
    Refused(429, 30046, "Maximum number of edits to messages older than 1 hour reached."),
    Reset(),
    Reset(after_accepting=True),
    Silent(),
    Silent(after_accepting=True),
)


class Line(Http):
    """Waits for nobody as long as the adapter would; `acknowledged` are the messages that it heard of."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: list[str] = []

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        options["timeout_seconds"] = TIMEOUT_SECONDS
        answer = super().request(method, url, **options)
        if method == "POST" and answer.ok:
            self.acknowledged.append(answer.json()["id"])
        return answer


class Discord(LoopbackDiscord):
    """Fails at random while it is `moody`. `posted` is all that it ever accepted, deleted or not."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self.moody = True
        self.faults = 0
        self.posted: dict[str, dict[str, Any]] = {}

    def receive(self, request: Any) -> Any:
        if self.moody and self._random.random() < FAILING:
            self.faults += 1
            self.fail_next(self._random.choice(FAULTS))
        answer = super().receive(request)
        self.posted |= {
            message["id"]: message for message in self.messages if message["id"] not in self.posted
        }
        return answer


class Watch(Monitor):
    """Tells a Discord, by a new webhook each run, since a run has so much time for it."""

    def __init__(self, discord: Discord, line: Line) -> None:
        super().__init__()
        self._discord = discord
        self._line = line

    def channel(self) -> Channel:
        url = self._discord.webhook_url
        webhook = DiscordWebhook(url, self._line, self.clock, username="", avatar_url="")
        identity = self.plan.terms.identity.webhook
        return Channel("discord", webhook, identity, webhook if self.live else None)


class Course:
    """What came of it all; `changes` has when each change came about, and to which status."""

    def __init__(self, seed: int, *, live: bool) -> None:
        random = Random(seed)  # noqa: S311  # the same at every run
        self.live = live
        self.changes: list[tuple[str, str]] = []
        seen = "online"
        with Discord(random) as discord, contextlib.closing(Line()) as line:
            monitor = Watch(discord, line)
            monitor.set_patience(attempts=1)
            if live:
                monitor.keep_up_to_date()
            for number in range(POLLS + 3):
                if number >= POLLS:
                    discord.moody = False  # let it get over it
                elif random.random() < CHANGING:
                    seen = random.choice(list(SIGHTS))
                if live and random.random() < DELETING:
                    discord.delete_messages()
                at = (monitor.clock.now() + timedelta(minutes=5)).isoformat()
                status = STATUS_OF.get(seen, seen)
                if not self.changes or self.changes[-1][1] != status:
                    self.changes.append((at, status))
                monitor.poll(SIGHTS[seen])
            self.faults = discord.faults
            self.left = discord.messages
            self.posted = list(discord.posted.values())
        self.acknowledged = [
            discord.posted[message]["embeds"][0]["timestamp"] for message in line.acknowledged
        ]
        self.pending = monitor.store.history.pending
        self.outcome = seen

    def news(self) -> list[str]:
        """Return when what was told came about, without what is no news."""
        return [message["embeds"][0]["timestamp"] for message in self.posted if message.get("flags") != QUIET]

    def repeats(self) -> list[str]:
        return [message["embeds"][0]["timestamp"] for message in self.posted if message.get("flags") == QUIET]


@pytest.fixture(scope="module", params=["post", "live"])
def course(request: pytest.FixtureRequest) -> Course:
    return Course(seed=7, live=request.param == "live")


def test_discord_failed_often_and_much_was_to_be_told(course: Course) -> None:
    assert course.faults > 150
    assert len(course.changes) > 150


def test_every_change_was_told_in_order_and_nothing_else(course: Course) -> None:
    assert [at for at, _ in groupby(course.news())] == [at for at, _ in course.changes]
    assert course.pending == ()


def test_nothing_was_told_twice_but_what_discord_had_accepted_without_a_word(
    course: Course, record_property: Any
) -> None:
    news = course.news()
    twice = {before for before, after in pairwise(news) if before == after}
    assert all(course.acknowledged.count(at) <= 1 for at in {*news, *course.repeats()})
    record_property("told in all", len(news))
    record_property("told twice, since an answer was lost", len(news) - len(course.changes))
    assert len(twice) < len(course.changes) / 4  # and that is rare


def test_in_the_end_the_channel_shows_what_there_is(course: Course) -> None:
    [embed] = course.left[-1]["embeds"]
    assert embed["title"].endswith(course.changes[-1][1])
    if course.live:
        assert SHOWN[course.outcome] in embed["description"]
