"""A thousand polls of a cluster that changes often, while Discord fails at random.

Every change is notified, in order. A message is sent twice only if Discord accepted it and its response was
lost.
"""

import contextlib
from datetime import timedelta
from itertools import groupby, pairwise
from random import Random
from typing import Any, Unpack

import pytest

from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.http import Http, HttpResponse, RequestOptions
from cluster_status.app.cluster import Channel
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
from tests.fakes.probe import failed, listed, partition
from tests.unit.app.monitor import Monitor

POLLS = 1_000
FAILING = 0.4  # of all requests
CHANGING = 0.3  # of all polls
DELETING = 0.05
TIMEOUT_SECONDS = 0.15
SILENT_MESSAGE = 4096  # the flag of a message without a sound
RESULTS = {
    "online": listed(partition(idle=8)),
    "allocated": listed(partition(allocated=8)),
    "degraded": listed(partition(idle=2, down=6)),
    "maintenance": listed(partition(idle=2, maintenance=6)),
    "offline": failed(Cause.REFUSED),
}
STATUS_OF = {"allocated": "online"}
SHOWN = {
    "online": "debug*       8     0    0     8 1d",
    "allocated": "debug*       0     8    0     8 1d",
    "degraded": "debug*       2     0    6     8 1d",
    "maintenance": "debug*       2     0    6     8 1d",
    "offline": "SSH connections refused.",
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


class HastyHttp(Http):
    """Waits for a short time only; `acknowledged` are the messages whose response arrived, by id."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: list[str] = []

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        options["timeout_seconds"] = TIMEOUT_SECONDS
        response = super().request(method, url, **options)
        if method == "POST" and response.ok:
            self.acknowledged.append(response.json()["id"])
        return response


class Discord(LoopbackDiscord):
    """Fails at random while `is_failing`; `accepted` are all messages by id, even those deleted later."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self.is_failing = True
        self.faults = 0
        self.accepted: dict[str, dict[str, Any]] = {}

    def receive(self, request: Any) -> Any:
        if self.is_failing and self._random.random() < FAILING:
            self.faults += 1
            self.fail_next(self._random.choice(FAULTS))
        response = super().receive(request)
        self.accepted |= {
            message["id"]: message for message in self.messages if message["id"] not in self.accepted
        }
        return response


class DiscordMonitor(Monitor):
    """Notifies a loopback Discord, by a new client in each run, since a client has a time budget."""

    def __init__(self, discord: Discord, http: HastyHttp) -> None:
        super().__init__()
        self._discord = discord
        self._http = http

    def channel(self) -> Channel:
        url = self._discord.webhook_url
        webhook = DiscordWebhook(url, self._http, self.clock, username="", avatar_url="")
        return Channel(self.policy, webhook, webhook if self.policy.live else None)


class Course:
    """The polls, and what came of them; `changes` has the time and the status of each change."""

    def __init__(self, seed: int, *, live: bool) -> None:
        self._random = Random(seed)  # noqa: S311  # the same at every run
        self.live = live
        self.changes: list[tuple[str, str]] = []
        self.current = "online"
        with Discord(self._random) as discord, contextlib.closing(HastyHttp()) as http:
            self._poll(DiscordMonitor(discord, http), discord)
            self.faults = discord.faults
            self.left = discord.messages
            self._accepted = list(discord.accepted.values())
            self.acknowledged = [_time_of(discord.accepted[message]) for message in http.acknowledged]

    def _poll(self, monitor: Monitor, discord: Discord) -> None:
        monitor.set_retries(attempts=1)
        monitor.set_policy(live=self.live)
        for number in range(POLLS + 3):
            if number >= POLLS:
                discord.is_failing = False  # so that all is delivered in the end
            elif self._random.random() < CHANGING:
                self.current = self._random.choice(list(RESULTS))
            if self.live and self._random.random() < DELETING:
                discord.delete_messages()
            at = (monitor.clock.now() + timedelta(minutes=5)).isoformat()
            status = STATUS_OF.get(self.current, self.current)
            if not self.changes or self.changes[-1][1] != status:
                self.changes.append((at, status))
            monitor.poll(RESULTS[self.current])
        self.pending = monitor.store.history.outbox.channel("discord").pending

    def changes_sent(self) -> list[str]:
        """Return the times of the messages with a sound, as they were accepted."""
        return [_time_of(message) for message in self._accepted if message.get("flags") != SILENT_MESSAGE]

    def reminders_sent(self) -> list[str]:
        return [_time_of(message) for message in self._accepted if message.get("flags") == SILENT_MESSAGE]


def _time_of(message: dict[str, Any]) -> str:
    return str(message["embeds"][0]["timestamp"])


@pytest.fixture(scope="module", params=["post", "live"])
def course(request: pytest.FixtureRequest) -> Course:
    return Course(seed=7, live=request.param == "live")


def test_there_were_many_faults_and_many_changes(course: Course) -> None:
    assert course.faults > 150
    assert len(course.changes) > 150


def test_every_change_is_notified_in_order_and_nothing_else(course: Course) -> None:
    assert [at for at, _ in groupby(course.changes_sent())] == [at for at, _ in course.changes]
    assert course.pending == ()


def test_only_a_message_whose_response_was_lost_is_sent_twice(course: Course, record_property: Any) -> None:
    sent = course.changes_sent()
    twice = {before for before, after in pairwise(sent) if before == after}
    assert all(course.acknowledged.count(at) <= 1 for at in {*sent, *course.reminders_sent()})
    record_property("messages", len(sent))
    record_property("messages sent twice", len(sent) - len(course.changes))
    assert len(twice) < len(course.changes) / 4  # and that is rare


def test_in_the_end_the_channel_shows_the_current_status(course: Course) -> None:
    [embed] = course.left[-1]["embeds"]
    assert embed["title"].endswith(course.changes[-1][1])
    if course.live:
        assert SHOWN[course.current] in embed["description"]
