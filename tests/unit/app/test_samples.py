"""Trying out channels: a sample of each message, and what arrived."""

from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.adapters.github.issues import GitHubIssues
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.app.cluster import Channel
from cluster_status.app.samples import send_samples
from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.notification.event import OF_ISSUES, Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.samples import samples
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.secret import Secret
from cluster_status.errors import PENDING, DeliveryError, ExitStatus
from cluster_status.ports import Level
from tests.fakes.clock import VirtualClock
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_wire import HttpWire
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.runner import RecordingRunner

SENT = len(set(Event) - OF_ISSUES)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
REFUSED = DeliveryError("Discord was not reached.", cause="no answer", remedy=f"Wait. {PENDING}")


def channel(id_: str, notifier: RecordingNotifier, *kinds: Kind) -> Channel:
    return Channel(ChannelPolicy(id_, kinds=frozenset(kinds)), notifier)


def test_there_is_a_sample_of_each_event() -> None:
    assert {one.event for one in samples(NOON)} == set(Event)


def test_each_sample_can_be_composed_and_says_that_it_is_one() -> None:
    notifier, runner = RecordingNotifier(), RecordingRunner()
    assert send_samples("hpc", [channel("users", notifier)], runner, NOON) is ExitStatus.OK
    headlines = [message.headline for message in notifier.messages]
    assert headlines == [
        f"Sample: {compose(one, 'hpc', ChannelPolicy('x'), None).headline}"
        for one in samples(NOON)
        if one.event not in OF_ISSUES
    ]
    assert "Sample: hpc is offline" in headlines
    assert not any(fact.value == timedelta(0) for message in notifier.messages for fact in message.facts)
    [not_saved] = [one for one in notifier.messages if "cannot save its history" in one.headline]
    assert "messages may repeat" in not_saved.sentence
    assert runner.sections == [f"users: {SENT} of {SENT} sample messages delivered"]


def test_a_channel_gets_samples_of_the_kinds_that_it_has_chosen() -> None:
    notifier = RecordingNotifier()
    send_samples("hpc", [channel("users", notifier, Kind.MONITOR)], RecordingRunner(), NOON)
    headlines = [message.headline for message in notifier.messages]
    assert "Sample: hpc: status unknown" in headlines
    assert "Sample: hpc is offline" not in headlines


def test_a_channel_with_an_overview_gets_a_sample_of_it() -> None:
    notifier = RecordingNotifier()
    live = Channel(ChannelPolicy("users", live=True, overview=True), notifier, notifier)
    send_samples("hpc", [live], RecordingRunner(), NOON)
    assert [one.headline for one in notifier.messages if one.is_overview] == ["Sample: 1 cluster: 1 online"]
    assert "Sample: hpc is still online" not in notifier.headlines


def test_a_channel_that_fails_is_an_error_without_a_next_run_and_does_not_affect_others() -> None:
    broken, works, runner = RecordingNotifier(), RecordingNotifier(), RecordingRunner()
    broken.fail_next(REFUSED)
    channels = [channel("admins", broken), channel("users", works)]
    assert send_samples("hpc", channels, runner, NOON) is ExitStatus.UNDELIVERED
    assert runner.of(Level.ERROR) == ["Channel admins: Discord was not reached. Wait."]
    counts = [line.partition(" sample")[0] for line in runner.sections[0].splitlines()]
    assert counts == [f"admins: 0 of {SENT}", f"users: {SENT} of {SENT}"]


def test_a_channel_that_crashes_does_not_hide_the_results_of_others() -> None:
    class Crashing(RecordingNotifier):
        def send(self, message: Message) -> MessageRef:
            raise ZeroDivisionError(message.headline)

    runner = RecordingRunner()
    with pytest.raises(ZeroDivisionError):
        send_samples("hpc", [channel("a", Crashing()), channel("b", RecordingNotifier())], runner, NOON)
    assert runner.of(Level.ERROR) == ["Channel a: The delivery failed with an unexpected ZeroDivisionError."]
    assert runner.sections == [f"b: {SENT} of {SENT} sample messages delivered"]


def test_a_channel_of_issues_shows_the_course_of_one_incident() -> None:
    github = LoopbackGitHub().without_sockets()
    token = github.start_run().github_token
    http = RetryingHttp(HttpWire(github), VirtualClock())  # type: ignore[arg-type]  # implements request
    issues = GitHubIssues(http, github.api_url, github.repository, Secret(token), "cluster")
    policy = ChannelPolicy("issues", issues=digest_of(github.repository))
    assert send_samples("hpc", [Channel(policy, issues)], RecordingRunner(), NOON) is ExitStatus.OK
    issue = github.issues.only
    assert (issue.title, issue.state, len(issue.comments)) == ("Sample: hpc is offline", "closed", 3)
