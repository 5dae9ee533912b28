"""Several runs of the image: messages, history, outputs and summary."""

import json

from demo.cluster import DemoCluster
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub, Silent
from tests.image.site import Site
from tests.image.workflow import Workflow
from tests.servers.daemon import wait_until


def test_a_real_cluster_gives_one_message_for_the_first_status_and_for_each_change(
    site_workflow: Workflow, site: Site
) -> None:
    first, second = site_workflow.poll(), site_workflow.poll()
    site.openssh.stop()
    down, still_down = site_workflow.poll(), site_workflow.poll()
    site.openssh.start()
    back = site_workflow.poll()
    runs = (first, second, down, still_down, back)
    assert [run.exit_status for run in runs] == [0] * 5, [run.log for run in runs]
    assert [run.outputs["status"] for run in runs] == ["online", "online", "offline", "offline", "online"]
    assert [run.outputs["changed"] for run in runs] == ["true", "false", "true", "false", "true"]
    assert site_workflow.headlines() == [
        "mscluster is online",
        "mscluster is offline",
        "mscluster is back online",
    ]


def test_the_first_run_leaves_outputs_a_summary_and_an_artifact(
    workflow: Workflow, github: LoopbackGitHub
) -> None:
    run = workflow.poll()
    assert run.exit_status == 0, run.log
    assert {name: run.outputs[name] for name in ("status", "cause", "previous-status", "history-path")} == {
        "status": "online",
        "cause": "",
        "previous-status": "",
        "history-path": "",
    }
    assert [each["name"] for each in json.loads(run.outputs["partitions"])] == ["cpu", "gpu", "long"]
    assert run.summary.startswith("### 🟢 mscluster is online")
    names = [artifact.name for artifact in github.artifacts]
    assert names == [
        "cluster-status-mscluster",
        "cluster-status-mscluster.2",
    ]  # before and after the delivery
    assert workflow.polled_statuses() == ["online"]


def test_the_second_run_continues_the_history_and_sends_nothing(workflow: Workflow) -> None:
    workflow.poll()
    first = workflow.history()
    run = workflow.poll()
    assert (run.exit_status, run.outputs["previous-status"]) == (0, "online")
    second = workflow.history()
    assert second["record"]["polls"][:-1] == first["record"]["polls"]
    assert second["tracker"] == first["tracker"]
    assert workflow.headlines() == ["mscluster is online"]


def test_a_poll_deletes_older_runs_after_its_history_is_saved(
    workflow: Workflow, github: LoopbackGitHub
) -> None:
    older = [github.plant("coverage", b"").run.id for _ in range(4)]
    run = workflow.poll(inputs={"prune-keep": "2"})
    assert run.exit_status == 0, run.log
    assert run.outputs["status"] == "online"
    assert [each.id for each in github.runs[:-1]] == older[2:]
    assert "| poll.yml | 5 | 2 | 1 | 2 | 0 |" in run.summary
    assert github.operations.index("finalize") < github.operations.index("delete-run")
    assert workflow.polled_statuses() == ["online"]


def test_two_runs_that_overlap_keep_both_polls_and_send_one_message(
    workflow: Workflow, cluster: DemoCluster, github: LoopbackGitHub
) -> None:
    workflow.poll()
    cluster.stop()
    earlier = len(github.requests)

    def wait_for(operation: str, count: int) -> None:
        wait_until(lambda: github.operations[earlier:].count(operation) == count, 10)

    github.fail_next(Silent(), on="blob-get")
    with workflow.start() as slow:
        wait_for("blob-get", 1)
        github.fail_next(Silent(), on="list")  # its next list, for a newer history
        github.release()
        wait_for("list", 2)
        quick = workflow.poll()
        assert github.operations[earlier:].count("blob-get") == 2  # both have loaded the same history
        github.release()
        slow_ending = slow.end()
    assert [run.exit_status for run in (quick, slow_ending)] == [0, 0], slow_ending.log
    assert workflow.polled_statuses() == ["online", "offline", "offline"]
    assert workflow.headlines() == ["mscluster is online", "mscluster is offline"]


def test_a_run_without_inputs_names_the_required_ones(workflow: Workflow) -> None:
    run = workflow.poll(inputs=dict.fromkeys(workflow.inputs, ""))
    assert run.exit_status == 2
    assert run.outputs == {}
    for name in ("cluster-host", "cluster-user", "cluster-password", "discord-webhook"):
        assert f"::error::{name} is" in run.log
    assert "Traceback" not in run.log


def test_outputs_that_cannot_be_written_fail_only_a_check(
    workflow: Workflow, discord: LoopbackDiscord
) -> None:
    nowhere = "/github/file_commands/nowhere/file"
    run = workflow.poll(override={"GITHUB_OUTPUT": nowhere, "GITHUB_STEP_SUMMARY": nowhere})
    assert run.exit_status == 0, run.log
    assert "::error::The outputs could not be written" in run.log
    assert "::warning::The job summary could not be written" in run.log
    assert len(discord.messages) == 1
    check = workflow.poll(inputs={"command": "check"}, override={"GITHUB_OUTPUT": nowhere})
    assert check.exit_status == 3, check.log


def test_a_poll_works_without_the_files_of_the_runner(workflow: Workflow, discord: LoopbackDiscord) -> None:
    run = workflow.poll(override={"GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""})
    assert run.exit_status == 0, run.log
    assert len(discord.messages) == 1
