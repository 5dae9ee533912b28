"""What the action does without: a file system to write to, a network, anything of the image but its own."""

from tests.image import docker
from tests.image.workflow import Workflow


def test_where_it_cannot_write_to_the_image_it_works_and_where_it_can_it_does_not(workflow: Workflow) -> None:
    first = workflow.poll(options=("--rm", "--read-only"))
    assert first.exit_status == 0, first.log
    with workflow.start(options=()) as step:  # kept when it has ended, to look at
        second = step.end()
        changes = docker.ask("diff", step.name).splitlines()
    assert (second.exit_status, second.outputs["previous-status"]) == (0, "online")
    assert [line for line in changes if not line.endswith(" /github") and " /github/" not in line] == []


def test_without_a_network_the_status_is_unknown_and_no_outage_is_notified(workflow: Workflow) -> None:
    workflow.inputs["history-store"] = "file"  # GitHub would be asked for half a minute
    workflow.poll()
    first, second = (workflow.poll(network="none") for _ in range(2))
    assert (first.exit_status, second.exit_status) == (3, 0)  # it fails when the unknown period begins
    assert (first.outputs["status"], second.outputs["status"]) == ("unknown", "unknown")
    assert workflow.poll().outputs["previous-status"] == "online"
    assert workflow.headlines() == ["mscluster is online"]
