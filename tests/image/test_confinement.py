"""The action with a read-only image, and without a network."""

from tests.image import docker
from tests.image.workflow import Workflow


def test_the_action_works_with_a_read_only_image_and_writes_only_to_its_mounts(workflow: Workflow) -> None:
    first = workflow.poll(options=("--rm", "--read-only"))
    assert first.exit_status == 0, first.log
    with workflow.start(options=()) as step:  # the container is kept for `docker diff`
        second = step.end()
        changes = docker.run("diff", step.name).splitlines()
    assert (second.exit_status, second.outputs["previous-status"]) == (0, "online")
    assert [line for line in changes if not line.endswith(" /github") and " /github/" not in line] == []


def test_without_a_network_the_status_is_unknown_and_no_outage_is_notified(workflow: Workflow) -> None:
    workflow.inputs["history-store"] = (
        "file"  # without a network, retries of requests to GitHub take half a minute
    )
    workflow.poll()
    first, second = (workflow.poll(network="none") for _ in range(2))
    assert (first.exit_status, second.exit_status) == (0, 3)  # a single failure may be the network's
    assert (first.outputs["status"], second.outputs["status"]) == ("unknown", "unknown")
    assert workflow.poll().outputs["previous-status"] == "online"
    assert workflow.headlines() == ["mscluster is online"]
