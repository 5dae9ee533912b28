"""Channels as a user sets them, from the inputs to what arrives: issues at GitHub, and another program."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_status import wiring
from cluster_status.errors import ExitStatus
from cluster_status.settings import load
from tests.fakes.clock import VirtualClock
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub
from tests.fakes.probe import ONLINE, ScriptedProbe
from tests.fakes.runner import RecordingRunner
from tests.fakes.webhook_receiver import KEY, WebhookReceiver

CLUSTERS = """\
channels:
  incidents: {issues: true}
  program: {webhook: $HOOK, events: [outage, recovery]}
clusters: [{name: hpc, host: hpc.example.org, user: u, password: $HPC_PASSWORD}]
"""


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub() as github:
        yield github


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver(time.time) as receiver:
        yield receiver


def sent(github: LoopbackGitHub, tmp_path: Path, **environ: str) -> tuple[ExitStatus, RecordingRunner]:
    run = github.start_run()
    variables = {
        **run.environment,
        "INPUT_GITHUB-TOKEN": run.github_token,
        "INPUT_COMMAND": "test",
        "GITHUB_WORKSPACE": str(tmp_path),
        **environ,
    }
    runner = RecordingRunner()
    return wiring.run(load.read(variables), runner), runner


def test_samples_arrive_as_an_issue_and_at_another_program(
    github: LoopbackGitHub, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    status, runner = sent(
        github, tmp_path, INPUT_CLUSTERS=CLUSTERS, HOOK=receiver.url, HPC_PASSWORD="s3cret-of-hpc"
    )
    assert status is ExitStatus.OK
    issue = github.issues.only
    assert (issue.title, issue.state) == ("Sample: hpc is offline", "closed")
    events = [one["notifications"][0]["event"] for one in receiver.accepted.values()]
    assert {"outage", "recovery"} <= set(events)
    assert "monitor-lost" not in events
    assert runner.sections[0].splitlines() == [
        "incidents: 4 of 4 sample messages delivered",
        f"program: {len(events)} of {len(events)} sample messages delivered",
    ]


def test_the_inputs_of_a_single_cluster_have_these_channels_too(
    github: LoopbackGitHub, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    inputs = {
        "INPUT_CLUSTER-HOST": "hpc.example.org",
        "INPUT_CLUSTER-USER": "u",
        "INPUT_CLUSTER-PASSWORD": "s3cret-of-hpc",
        "INPUT_INCIDENT-ISSUES": "true",
        "INPUT_WEBHOOK-URL": receiver.url,
    }
    assert sent(github, tmp_path, **inputs)[0] is ExitStatus.OK
    assert github.issues.only.state == "closed"
    assert receiver.accepted


def test_a_channel_that_refuses_messages_is_named_without_its_secrets(
    github: LoopbackGitHub, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    github.issues.permission = "none"
    receiver.fail_next(403)
    status, runner = sent(github, tmp_path, INPUT_CLUSTERS=CLUSTERS, HOOK=receiver.url, HPC_PASSWORD="s3cret")
    assert status is ExitStatus.UNDELIVERED
    shown = f"{runner.annotations} {runner.sections}"
    assert "Channel incidents: github-token may not write issues" in shown
    assert "Channel program: The program refuses messages (HTTP 403)" in shown
    assert KEY not in shown
    assert receiver.url.partition("#")[0] not in shown


FLEET = """\
defaults: {host: hpc.example.org, user: u, password: $HPC_PASSWORD}
channels: {users: {discord-webhook: $DISCORD, mode: live}}
clusters: [{name: alpha}, {name: beta}]
"""


def test_several_clusters_share_one_live_message_at_discord(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "cluster_status.wiring.clusters.SlurmProbe", lambda *_: ScriptedProbe(VirtualClock(), ONLINE)
    )
    with LoopbackDiscord() as discord:
        environ = {
            "INPUT_CLUSTERS": FLEET,
            "INPUT_HISTORY-STORE": "file",
            "GITHUB_WORKSPACE": str(tmp_path),
            "DISCORD": discord.webhook_url,
            "HPC_PASSWORD": "s3cret-of-hpc",
        }
        for _ in range(2):
            assert wiring.run(load.read(environ), RecordingRunner()) is ExitStatus.OK
        titles = [message["embeds"][0]["title"] for message in discord.messages]
    assert titles == ["🟢 alpha is online", "🟢 beta is online", "🟢 2 clusters\\: 2 online"]
