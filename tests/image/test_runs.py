"""Run after run of the image: what is told, what is kept, and what a workflow can go on with."""

import json

from demo.cluster import DemoCluster
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub, Silent
from tests.image.site import Site
from tests.image.workflow import Workflow
from tests.servers.daemon import wait_until


def test_on_a_real_cluster_it_tells_the_first_status_once_and_each_change_once(
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
    assert names == ["cluster-status-mscluster", "cluster-status-mscluster.2"]  # before and after it told
    assert [poll["status"] for poll in workflow.history()["polls"]] == ["online"]


def test_the_second_run_restores_what_the_first_has_saved_and_tells_nothing(workflow: Workflow) -> None:
    workflow.poll()
    first = workflow.history()
    run = workflow.poll()
    assert (run.exit_status, run.outputs["previous-status"]) == (0, "online")
    assert workflow.history()["polls"][:-1] == first["polls"]
    assert workflow.history()["tracker"] == first["tracker"]
    assert workflow.headlines() == ["mscluster is online"]


def test_a_poll_that_is_to_keep_two_runs_deletes_older_ones_when_its_own_history_is_saved(
    workflow: Workflow, github: LoopbackGitHub
) -> None:
    older = [github.plant("coverage", b"").run.id for _ in range(4)]
    run = workflow.poll(inputs={"prune-keep": "2"})
    assert run.exit_status == 0, run.log
    assert run.outputs["status"] == "online"
    assert [each.id for each in github.runs[:-1]] == older[2:]
    assert "| poll.yml | 5 | 2 | 1 | 2 | 0 |" in run.summary
    assert github.operations.index("finalize") < github.operations.index("delete-run")
    assert [poll["status"] for poll in workflow.history()["polls"]] == ["online"]


def test_of_two_runs_that_overlap_both_polls_are_kept_and_the_change_is_told_once(
    workflow: Workflow, cluster: DemoCluster, github: LoopbackGitHub
) -> None:
    workflow.poll()
    cluster.stop()
    asked = len(github.requests)

    def wait_for(operation: str, count: int) -> None:
        wait_until(lambda: github.operations[asked:].count(operation) == count, 10)

    github.fail_next(Silent(), on="blob-get")
    with workflow.start() as slow:
        wait_for("blob-get", 1)
        github.fail_next(Silent(), on="list")  # its next list, by which it looks for a newer history
        github.release()
        wait_for("list", 2)
        quick = workflow.poll()
        assert github.operations[asked:].count("blob-get") == 2  # both have restored the same history
        github.release()
        slow_ending = slow.end()
    assert [run.exit_status for run in (quick, slow_ending)] == [0, 0], slow_ending.log
    assert [poll["status"] for poll in workflow.history()["polls"]] == ["online", "offline", "offline"]
    assert workflow.headlines() == ["mscluster is online", "mscluster is offline"]


def test_without_inputs_it_says_which_ones_are_required(workflow: Workflow) -> None:
    run = workflow.poll(inputs=dict.fromkeys(workflow.inputs, ""))
    assert run.exit_status == 2
    assert run.outputs == {}
    for name in ("cluster-host", "cluster-user", "cluster-password", "discord-webhook"):
        assert f"::error::{name} is" in run.log
    assert "Traceback" not in run.log


def test_files_of_the_runner_that_cannot_be_written_are_warned_of(
    workflow: Workflow, discord: LoopbackDiscord
) -> None:
    nowhere = "/github/file_commands/nowhere/file"
    run = workflow.poll(instead={"GITHUB_OUTPUT": nowhere, "GITHUB_STEP_SUMMARY": nowhere})
    assert run.exit_status == 0, run.log
    assert "::warning::The outputs could not be written" in run.log
    assert "::warning::The job summary could not be written" in run.log
    assert len(discord.messages) == 1


def test_without_any_file_of_the_runner_it_polls_all_the_same(
    workflow: Workflow, discord: LoopbackDiscord
) -> None:
    run = workflow.poll(instead={"GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""})
    assert run.exit_status == 0, run.log
    assert len(discord.messages) == 1
