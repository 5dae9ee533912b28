"""A cancelled run ends within five seconds at any moment, and no message is sent twice."""

import os
import signal
import time
from pathlib import Path

import pytest

from demo.cluster import DemoCluster
from tests.fakes import discord as discord_fakes
from tests.fakes import github as github_fakes
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub
from tests.image.container import Ending, Step
from tests.image.intermediary import silent_server
from tests.image.site import Site
from tests.image.workflow import Workflow
from tests.servers.daemon import wait_until

GRACE_SECONDS = 5.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)  # what GitHub's runner sends, in this order

both = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


def cancel(step: Step, number: signal.Signals) -> Ending:
    """Send a signal, and make sure that the run ends in time, with the exit status of that signal."""
    begin = time.monotonic()
    step.cancel(number)
    ending = step.end(timeout_seconds=3 * GRACE_SECONDS)
    seconds = time.monotonic() - begin
    assert ending.exit_status == 128 + number, ending.log
    assert seconds < GRACE_SECONDS, ending.log
    assert "Traceback" not in ending.log
    return ending


@both
def test_a_signal_during_the_imports_ends_the_run(workflow: Workflow, number: signal.Signals) -> None:
    with silent_server() as server:
        workflow.inputs["cluster-port"] = str(server.getsockname()[1])
        # a share of a CPU, so that the imports take seconds
        with workflow.start(options=("--rm", "--cpus", "0.2")) as step:
            libraries = Path(f"/proc/{step.process_id()}/maps")
            wait_until(lambda: "/msgspec/" in libraries.read_text(encoding="utf-8"), 10)
            ending = cancel(step, number)
    assert ending.log == ""  # the masks of the secrets are the first lines of a log


@both
def test_a_signal_while_the_ssh_server_is_silent_ends_the_run(
    workflow: Workflow, number: signal.Signals
) -> None:
    with silent_server() as server:
        workflow.inputs["cluster-port"] = str(server.getsockname()[1])
        with workflow.start() as step, server.accept()[0]:
            ending = cancel(step, number)
    assert f"Cancelled by {number.name}" in ending.log
    assert workflow.headlines() == []


@both
def test_a_signal_while_sinfo_is_silent_ends_the_run(
    site_workflow: Workflow, site: Site, number: signal.Signals
) -> None:
    begun = site.directory / f"begun-{number.name}"
    os.mkfifo(begun)
    begun.chmod(0o666)
    site.replace_sinfo(f"echo > '{begun}'; exec sleep 60")
    with site_workflow.start() as step:
        begun.read_bytes()  # waits for the script
        ending = cancel(step, number)
    assert f"Cancelled by {number.name}" in ending.log
    assert site_workflow.headlines() == []


@both
def test_a_signal_while_github_lists_no_artifacts_ends_the_run(
    workflow: Workflow, github: LoopbackGitHub, number: signal.Signals
) -> None:
    del workflow.inputs["cluster-host-key"]  # so the login waits for the history, which has the key
    github.fail_next(github_fakes.Silent(), on="list")
    with workflow.start() as step:
        github.wait_for_requests(1, timeout_seconds=10)
        cancel(step, number)
    assert workflow.headlines() == []
    assert github.artifacts == []


@both
def test_a_signal_before_the_history_is_saved_ends_the_run_without_a_message(
    workflow: Workflow, github: LoopbackGitHub, number: signal.Signals
) -> None:
    github.fail_next(github_fakes.Silent(), on="create")
    with workflow.start() as step:
        wait_until(lambda: "create" in github.operations, 10)
        cancel(step, number)
    assert workflow.headlines() == []
    workflow.poll()
    assert workflow.headlines() == ["mscluster is online"]


@both
def test_a_signal_during_a_delivery_ends_the_run_and_the_next_run_delivers(
    workflow: Workflow, discord: LoopbackDiscord, number: signal.Signals
) -> None:
    discord.fail_next(discord_fakes.Silent())
    with workflow.start() as step:
        discord.wait_for_requests(1, timeout_seconds=10)
        cancel(step, number)
    assert workflow.headlines() == []
    workflow.poll()
    assert workflow.headlines() == ["mscluster is online"]


def test_a_signal_during_the_second_delivery_keeps_the_first_one_as_delivered(
    workflow: Workflow, cluster: DemoCluster, discord: LoopbackDiscord
) -> None:
    _leave_two_messages_pending(workflow, cluster, discord)
    sent = len(discord.requests)
    discord.fail_next(discord_fakes.Silent(), discord_fakes.Silent())
    with workflow.start() as step:
        discord.wait_for_requests(sent + 1, timeout_seconds=10)
        discord.release()
        discord.wait_for_requests(sent + 2)
        cancel(step, signal.SIGTERM)
    assert workflow.headlines() == ["mscluster is online"]
    workflow.poll()
    assert workflow.headlines() == ["mscluster is online", "mscluster is offline"]


def test_a_signal_while_a_delivery_is_saved_ends_the_run_after_the_save(
    workflow: Workflow, discord: LoopbackDiscord, github: LoopbackGitHub
) -> None:
    discord.fail_next(discord_fakes.Silent())
    with workflow.start() as step:
        discord.wait_for_requests(1, timeout_seconds=10)
        github.fail_next(github_fakes.Silent(), on="finalize")
        discord.release()
        wait_until(lambda: github.operations.count("finalize") == 2, 10)
        os.kill(step.process_id(), signal.SIGTERM)  # directly, so that it arrives before the response
        github.release()
        ending = step.end(timeout_seconds=GRACE_SECONDS)
    assert ending.exit_status == 128 + signal.SIGTERM, ending.log
    workflow.poll()
    assert workflow.headlines() == ["mscluster is online"]


def test_a_signal_while_a_delivery_cannot_be_saved_ends_the_run(
    workflow: Workflow, discord: LoopbackDiscord, github: LoopbackGitHub
) -> None:
    discord.fail_next(discord_fakes.Silent())
    with workflow.start() as step:
        discord.wait_for_requests(1, timeout_seconds=10)
        github.fail_next(*[github_fakes.Silent()] * 9, on="create")
        discord.release()
        wait_until(lambda: github.operations.count("create") == 2, 10)
        ending = cancel(step, signal.SIGTERM)
    assert f"Cancelled by {signal.SIGTERM.name}" in ending.log


def _leave_two_messages_pending(workflow: Workflow, cluster: DemoCluster, discord: LoopbackDiscord) -> None:
    for change in (cluster.start, cluster.stop):
        change()
        discord.fail_next(discord_fakes.Reset())
        workflow.poll()
    [channel] = workflow.history()["outbox"]["channels"].values()
    assert len(channel["pending"]) == 2
