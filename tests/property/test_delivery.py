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
AN_HOUR = timedelta(hours=1)  # between polls: no change is damped
FAILURE_RATE = 0.4  # share of the requests
CHANGE_RATE = 0.3  # share of the polls
DELETION_RATE = 0.05  # share of the polls
TIMEOUT_SECONDS = 0.15
SILENT_MESSAGE = 4096  # the flag of a message without a sound
RESULTS = {
    "online": listed(partition(idle=8)),
    "allocated": listed(partition(allocated=8)),
    "degraded": listed(partition(draining=2, down=6)),
    "maintenance": listed(partition(idle=2, maintenance=6)),
    "offline": failed(Cause.REFUSED),
}
STATUS_OF = {"allocated": "online"}
SHOWN = {
    "online": "debug*       8     0    0     8 1d",
    "allocated": "debug*       0     8    0     8 1d",
    "degraded": "debug*       0     2    6     8 1d",
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
    Broken(502, after_accepting=True),
    Broken(503, after_accepting=True),
    Refused(400, 50035, "Invalid Form Body"),
    Refused(429, 30046, "Maximum number of edits to messages older than 1 hour reached."),
    Reset(),
    Reset(after_accepting=True),
    Silent(),
    Silent(after_accepting=True),
)


class HastyHttp(Http):
    """Has a short time-out; `acknowledged` are the ids of the messages whose response arrived."""

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
    """Fails at random while `is_failing`; `accepted` are all messages by id, with those deleted later."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self.is_failing = True
        self.faults = 0
        self.accepted: dict[str, dict[str, Any]] = {}

    def receive(self, request: Any) -> Any:
        if self.is_failing and self._random.random() < FAILURE_RATE:
            self.faults += 1
            self.fail_next(self._random.choice(FAULTS))
        response = super().receive(request)
        self.accepted |= {
            message["id"]: message for message in self.messages if message["id"] not in self.accepted
        }
        return response


class DiscordMonitor(Monitor):
    """Notifies a loopback Discord with a new client in each run, because a client has a time budget."""

    def __init__(self, discord: Discord, http: HastyHttp) -> None:
        super().__init__()
        self._discord = discord
        self._http = http

    def channel(self) -> Channel:
        url = self._discord.webhook_url
        webhook = DiscordWebhook(url, self._http, self.clock, username="", avatar_url="")
        return Channel(self.policy, webhook, webhook if self.policy.live else None)


class PollSequence:
    """The polls and their messages; `changes` has the time and the status of each change."""

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
                discord.is_failing = False  # so that the last messages are delivered
            elif self._random.random() < CHANGE_RATE:
                self.current = self._random.choice(list(RESULTS))
            if self.live and self._random.random() < DELETION_RATE:
                discord.delete_messages()
            at = (monitor.clock.now() + AN_HOUR).isoformat()
            status = STATUS_OF.get(self.current, self.current)
            if not self.changes or self.changes[-1][1] != status:
                self.changes.append((at, status))
            monitor.poll(RESULTS[self.current], later=AN_HOUR)
        self.pending = monitor.store.history.outbox.channel("discord").pending

    def changes_sent(self) -> list[str]:
        """Return the times of the messages with a sound, in the order of their acceptance."""
        return [_time_of(message) for message in self._accepted if message.get("flags") != SILENT_MESSAGE]

    def reminders_sent(self) -> list[str]:
        return [_time_of(message) for message in self._accepted if message.get("flags") == SILENT_MESSAGE]


def _time_of(message: dict[str, Any]) -> str:
    return str(message["embeds"][0]["timestamp"])


@pytest.fixture(scope="module", params=["post", "live"])
def sequence(request: pytest.FixtureRequest) -> PollSequence:
    return PollSequence(seed=7, live=request.param == "live")


def test_the_polls_have_many_faults_and_changes(sequence: PollSequence) -> None:
    assert sequence.faults > 150
    assert len(sequence.changes) > 150


def test_every_change_is_notified_in_order_and_nothing_else(sequence: PollSequence) -> None:
    assert [at for at, _ in groupby(sequence.changes_sent())] == [at for at, _ in sequence.changes]
    assert sequence.pending == ()


def test_only_a_message_whose_response_was_lost_is_sent_twice(
    sequence: PollSequence, record_property: Any
) -> None:
    sent = sequence.changes_sent()
    twice = {before for before, after in pairwise(sent) if before == after}
    assert all(sequence.acknowledged.count(at) <= 1 for at in {*sent, *sequence.reminders_sent()})
    record_property("messages", len(sent))
    record_property("messages sent twice", len(sent) - len(sequence.changes))
    assert len(twice) < len(sequence.changes) / 4  # few messages


def test_the_last_message_shows_the_current_status(sequence: PollSequence) -> None:
    [embed] = sequence.left[-1]["embeds"]
    assert embed["title"].endswith(sequence.changes[-1][1])
    if sequence.live:
        assert SHOWN[sequence.current] in embed["description"]
